"""Whatever a server, its users or a library say: it goes out tamed, or not at all, and ends no command untidily."""

import json
import logging
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from server.daemons import running_daemon, write_config
from server.impostor import PLAUSIBLE, Answer, Refusal, pretending

from querywatch.cli import main
from querywatch.db.connection import connect
from querywatch.db.endpoint import Endpoint
from querywatch.errors import ConfigError, ServerAwayError, ServerError, StateError
from querywatch.findings import FindingBook, OpenFinding
from querywatch.model import Evidence, Finding, Severity
from querywatch.outward import NAME_CHARACTERS, parse_name
from querywatch.service.logs import SafeFormatter
from querywatch.store import Store
from querywatch.store.findings import load_findings, save_findings

CANARY = "Mary Canary 555-0173"
# A terminal's escape sequences (also as one character), a forged line, a turned direction, markup, no end.
EVIL = "evil\x1b[31m\x9b2J\r\n<0>forged: line\u202e\u2028[bold red]:warning:\"\\'`" + "y" * 10_000
EVIL_PLACES: tuple[tuple[str, Answer], ...] = (
    ("PROCESSLIST", [(8, EVIL, EVIL, EVIL, "Query", 300, EVIL, "SELECT 1", 300_000, 0, 0)]),
    ("USER_STATISTICS", [(EVIL, 5, 0, 1, "0.5", 100, 10, 0, 0, 0, 0, 1)]),
    ("SCHEMATA", [(EVIL,)]),
    ("information_schema.TABLES", [(EVIL, EVIL, 32852)]),
    ("information_schema.COLUMNS", [(EVIL, EVIL, EVIL)]),
    ("information_schema.STATISTICS", [(EVIL, EVIL, 1, EVIL, 0, None)]),
    ("SHOW GRANTS", [("GRANT PROCESS ON *.* TO `a`@`%`",), (f"GRANT SELECT ON `{EVIL[:40]}`.* TO `a`@`%`",)]),
    ("'Ssl_version'", [("Ssl_version", EVIL)]),
    ("SELECT VERSION()", [("10.11.6-MariaDB", EVIL, 7)]),
)
INTEGRATIONS = '\n[[integrations]]\nname = "vendor"\naccounts = ["vendor"]\n'

# Answers that no server gives, or that quote somebody's data: for each, everything is asked once.
STRANGE: tuple[Answer, ...] = (
    Refusal(1064, f"near '{CANARY}' at line 1"),
    Refusal(1142, f"SELECT command denied for table '{CANARY}'"),
    Refusal(65535, CANARY),
    [(CANARY,)],
    [(None,) * 12],
    [(CANARY,) * 11],
    [(b"\xff\xfe\0",) * 13],
    CANARY.encode(),
    b"\xff",
    b"\xfb" + CANARY.encode(),
    b"\xfe\xfe\xfe\xfe",
    None,
)


def find_faults(output: str) -> list[str]:
    """What must be in no output."""
    faults = [repr(c) for c in ("\x1b", "\x9b", "\r", "\u202e", "\u2028") if c in output]
    faults += [line for line in output.splitlines() if line.startswith(("<0>", "Traceback"))]
    return faults + [word for word in (CANARY, "y" * (NAME_CHARACTERS + 1)) if word in output]


def test_a_name_is_one_bounded_printable_line() -> None:
    shown = parse_name(EVIL)
    assert shown.isprintable()
    assert len(shown) == NAME_CHARACTERS
    assert parse_name("müller") == "müller"
    assert parse_name(None) == ""
    assert parse_name("root\x1b") != "root"


def test_evil_names_are_tame_in_every_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Accounts, hosts, states, databases, tables, columns, indexes, grants, and what the server says of itself."""
    with pretending(*EVIL_PLACES) as impostor:
        config = write_config(tmp_path, [impostor.endpoint()], INTEGRATIONS)
        for command in (["once"], ["check"], ["once", "--format", "json"], ["check", "--format", "json"]):
            main([*command, "--config", str(config)])
            written = capsys.readouterr()
            assert find_faults(written.out + written.err) == []
            assert "evil" in written.out, command


def test_evil_names_are_tame_in_the_daemon(tmp_path: Path) -> None:
    """Metrics, log and state file; and the daemon counts on."""
    with pretending(*EVIL_PLACES) as impostor:
        config = write_config(tmp_path, [impostor.endpoint()], INTEGRATIONS)
        with running_daemon(config) as daemon:
            daemon.wait_for(lambda: "access.unknown" in daemon.metrics(), "the finding")
            metrics = daemon.metrics()
            daemon.stop()
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert find_faults(metrics) == find_faults(log) == []
    assert "evil" in metrics
    for file in (tmp_path / "state").iterdir():
        assert find_faults(file.read_bytes().decode("utf-8", "ignore").replace("\r", "")) in ([], ["'\\x1b'"])


@pytest.mark.parametrize("answer", STRANGE, ids=range(len(STRANGE)))
def test_strange_answers_end_in_a_sentence(
    answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To whichever statement a server gives it: no traceback, nothing of it in any output, and an exit code."""
    for statement, _ in PLAUSIBLE:
        with pretending((statement, answer)) as impostor:
            config = write_config(tmp_path, [replace(impostor.endpoint(), read_timeout_seconds=0.5)])
            for command in ("once", "check"):
                assert main([command, "--config", str(config)]) in {0, 1}
                written = capsys.readouterr()
                assert find_faults(written.out + written.err) == [], (command, statement)


def test_a_daemon_goes_on_after_strange_answers(tmp_path: Path) -> None:
    """Each statement is answered strangely for a moment; then the server is sane, and is seen again."""
    with pretending() as impostor:
        config = write_config(tmp_path, [impostor.endpoint()], INTEGRATIONS)
        with running_daemon(config) as daemon:
            sane = impostor.answers
            for answer in STRANGE:
                impostor.answers = [(statement, answer) for statement, _ in PLAUSIBLE[3:]]
                daemon.wait_for(lambda: bool(daemon.metrics()), "metrics")
            impostor.answers = sane
            daemon.wait_for(lambda: 'querywatch_up{server="main"} 1.0' in daemon.metrics(), "up again")
            metrics = daemon.metrics()
            daemon.stop()
    assert find_faults(metrics) == []
    assert find_faults((tmp_path / "log").read_text(encoding="utf-8")) == []


def _corrupt(choices: random.Random) -> Iterator[bytes]:
    for _ in range(40):
        head = choices.choice([b"\x00", b"\xff", b"\xfb", b"\xfe", b"\x01", b"\x05", b""])
        yield head + choices.randbytes(choices.randint(0, 40))


def test_noise_is_an_error_of_ours() -> None:
    """Whatever bytes come in place of a greeting or an answer, the driver's troubles stay inside."""
    for noise in _corrupt(random.Random(1)):
        for greeting, answers in ((noise, ()), (None, (("SELECT VERSION()", noise),))):
            with pretending(*answers, greeting=greeting) as impostor:
                endpoint = replace(
                    impostor.endpoint(), read_timeout_seconds=0.05, connect_timeout_seconds=0.05
                )
                with pytest.raises(ServerError) as fault:
                    connect(endpoint)
                assert str(fault.value).startswith("main: ")


@pytest.mark.parametrize("host", ["db..office", "x" * 70, "a\0b", "\udcff"])
def test_a_host_that_is_no_name_is_said_so(host: str) -> None:
    with pytest.raises(ServerAwayError) as fault:
        connect(Endpoint(name="main", host=host, user="watcher"))
    assert fault.value.reason == "unknown-host"


def test_an_address_to_listen_on_that_is_none_is_said_so(tmp_path: Path) -> None:
    config = write_config(tmp_path, [Endpoint(name="main", port=1, user="watcher")])
    config.write_text(config.read_text().replace("127.0.0.1:0", "a..b:1"))
    assert main(["run", "--config", str(config)]) == 78


def test_a_log_line_is_not_forged() -> None:
    """Line breaks and escapes in what fills a record, and messages of other people's exceptions."""
    arguments = (EVIL, ValueError(CANARY), ConfigError("one\ntwo"))
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "%s: %s\n%s", arguments, None)
    written = SafeFormatter("%(message)s").format(record)
    assert find_faults(written.replace("y" * 1000, "")) == []
    assert written.endswith(": ValueError\none\ntwo")
    assert record.args == arguments


@pytest.mark.parametrize(
    "place",
    [
        "raise",
        "import threading; threading.Thread(target=fail).start()",
        "class A:\n def __del__(self): fail()\nA()",
    ],
)
def test_a_fault_that_nobody_foresaw_quotes_nobody(place: str) -> None:
    """One line with the type and the place, from any thread."""
    lines = [
        "from querywatch.service.logs import set_up_last_words",
        "set_up_last_words()",
        f"def fail(): int({CANARY!r})",
        "fail()" if place == "raise" else place,
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert find_faults(done.stderr) == []
    assert done.stderr.startswith("querywatch: a fault that nobody foresaw, ValueError at ")
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode == (1 if place == "raise" else 0)


def test_a_terminal_without_utf8_is_no_fault(tmp_path: Path) -> None:
    """What it lacks is shown as a question mark."""
    with pretending(
        ("PROCESSLIST", [(8, "müller", "h", "d", "Query", 3, "", "SELECT 1", 3, 0, 0)])
    ) as impostor:
        config = write_config(tmp_path, [impostor.endpoint()])
        done = subprocess.run(
            [sys.executable, "-m", "querywatch", "once", "--config", str(config)],
            capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"m?ller" in done.stdout


def test_a_state_with_words_that_mean_nothing_is_said_so(tmp_path: Path) -> None:
    """A severity that a newer version knew, or that somebody wrote there."""
    finding = Finding(
        rule="index.missing", severity=Severity.INFO, integration="vendor", subject="patient",
        message="m", advice="a", evidence=Evidence.COUNTED,
    )  # fmt: skip
    store = Store.open(tmp_path)
    found = FindingBook([OpenFinding(finding=finding, opened_at=1, last_seen_at=1, severe_at=1)]).open
    with store.writing() as connection:
        save_findings(connection, "main", found, 1.0)
        connection.execute("UPDATE findings SET severity = ?", (CANARY,))
    with pytest.raises(StateError) as fault, store.reading() as connection:
        load_findings(connection, "main")
    assert CANARY not in str(fault.value)
    store.close()


def test_json_stays_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Quotes and backslashes of others are data in it."""
    with pretending(*EVIL_PLACES) as impostor:
        config = write_config(tmp_path, [impostor.endpoint()])
        main(["once", "--format", "json", "--config", str(config)])
    (server,) = json.loads(capsys.readouterr().out)
    assert server["running"][0]["account"] == parse_name(EVIL)
