"""No patient's data leaves memory: canaries planted in running statements appear in nothing that comes out."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest
from server.daemons import running_daemon, write_config
from server.servers import PRACTICE, RunningServer

CANARIES = ("zyxwanda", "quillfeather", "5550173999", "1987-03-14", "metformin", "4242424242")

# Each is to run for a second and to carry at least one canary; what does not parse anywhere is here too.
STATEMENTS = (
    "SELECT LName, SLEEP(0.4) FROM patient WHERE LName = 'Zyxwanda'",
    "SELECT LName, SLEEP(0.4) FROM patient WHERE LName = \"Quillfeather\" OR Note LIKE '%metformin%'",
    "SELECT /* call Zyxwanda 5550173999 */ SLEEP(1) -- takes metformin\n",
    "SELECT SLEEP(1) AS `Zyxwanda Quillfeather`, 5550173999 AS Quillfeather",
    "SELECT SLEEP(1) 'Zyxwanda', x.metformin FROM (SELECT 4242424242 AS metformin) AS x",
    "SELECT SLEEP(1), DATE '1987-03-14', '1987-03-14', 19870314, _utf8'Zyxwanda', N'Quillfeather', 0x5A7978",
    "SELECT SLEEP(1), 'it''s Zyxwanda', 'back\\\\', 'Quillfeather\\'s metformin'",
    "SELECT /*!50000 'Zyxwanda', */ SLEEP(1) /*! , 'Quillfeather' */",
    "SELECT SLEEP(1), @zyxwanda := 'Quillfeather', @`metformin`",
    "SELECT SLEEP(1), -5550173999, +4242424242, 4242424242e0, .5550173999",
    "UPDATE patient SET Note = 'metformin', LName = 'Zyxwanda' WHERE PatNum = 1 AND SLEEP(1) = 1",
    "SELECT SLEEP(1) WHERE 'Zyxwanda' IN ('Quillfeather', '5550173999', \"1987-03-14\")",
)
BROKEN = (
    "SELEC 'Zyxwanda' FRM patient",
    "SELECT * FROM zyxwanda WHERE LName = 'Quillfeather",
    'ELECT LName FROM patient WHERE Note = "metformin" /* 5550173999',
    "SELECT zyxwanda('Quillfeather')",
    "CALL metformin('1987-03-14')",
)
INTEGRATIONS = '\n[[integrations]]\nname = "vendor"\naccounts = ["vendor"]\n'


def send(server: RunningServer, statement: str) -> None:
    """Runs one statement as the vendor; that the server refuses some of them is part of the test."""
    with closing(server.client("vendor", database=PRACTICE)) as client, client.cursor() as cursor:
        try:
            cursor.execute(statement)
        except pymysql.MySQLError:
            return


@contextmanager
def talking(server: RunningServer, statements: Sequence[str]) -> Iterator[None]:
    """All of them at once, again and again, while the block runs."""
    over = threading.Event()

    def repeat(number: int, statement: str) -> None:
        over.wait(number * 0.07)  # out of step, or all of them would pause together
        while not over.is_set():
            send(server, statement)
            time.sleep(0.05)

    threads = [threading.Thread(target=repeat, args=each) for each in enumerate(statements)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def run(*arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "querywatch", *arguments],
        capture_output=True,
        check=False,
        input=text,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def find_leaks(name: str, output: str | bytes) -> list[str]:
    text = output.decode("latin-1") if isinstance(output, bytes) else output
    return [f"{canary} in {name}" for canary in CANARIES if canary in text.casefold()]


@pytest.fixture
def vendor(server: RunningServer) -> RunningServer:
    """The server with an account that is let write, for a write has a shape too."""
    server.create_account("vendor", f"SELECT, UPDATE, EXECUTE ON {PRACTICE}.*")
    return server


@pytest.mark.servers(
    "mysql-5.6", "mysql-9.7", "mariadb-10.5", "mariadb-11.8-ps", "mariadb-local", "mariadb-local-ps"
)
def test_no_canary_in_any_output(vendor: RunningServer, tmp_path: Path) -> None:
    """Metrics, pages, log, state file, and every command that shows statements, while and after they run."""
    endpoint = replace(vendor.watcher(), name="main")
    config = write_config(tmp_path, [endpoint], INTEGRATIONS)
    leaks = []
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: 'querywatch_up{server="main"} 1.0' in daemon.metrics(), "up")
        with talking(vendor, (*STATEMENTS, *BROKEN)):
            for _ in range(8):
                time.sleep(0.5)
                leaks += find_leaks("/metrics", daemon.metrics())
            once = run("once", "--watch", "3", "--config", str(config))
            as_json = run("once", "--watch", "3", "--format", "json", "--config", str(config))
        daemon.wait_for(lambda: 'rule="write.forbidden"' in daemon.metrics(), "the write")
        daemon.wait_for(lambda: "SLEEP(?)" in daemon.metrics(), "a shape")
        leaks += find_leaks("/metrics", daemon.metrics())
        leaks += [
            leak for page in ("/", "/healthz", "/readyz") for leak in find_leaks(page, daemon.get(page)[1])
        ]
        daemon.stop()
    leaks += find_leaks("once", once) + find_leaks("once as JSON", as_json)
    leaks += find_leaks("the log", (tmp_path / "log").read_bytes())
    for file in (tmp_path / "state").iterdir():
        leaks += find_leaks(file.name, file.read_bytes())
    assert leaks == []
    # The statements were seen, or the silence proves nothing.
    assert "SLEEP(?)" in once
    assert "SLEEP(?)" in as_json


def test_no_canary_in_what_redact_prints() -> None:
    text = ";\n".join((*STATEMENTS, *BROKEN))
    for more in ((), ("--format", "json")):
        output = run("redact", "-", *more, text=text)
        assert find_leaks("redact", output) == []
        assert "SLEEP(?)" in output
