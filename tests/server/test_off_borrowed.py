"""Software on an account that is not its own: whose its statements are, and what `off` and `trial` say of it."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from server.daemons import running_daemon, write_config
from server.servers import PRACTICE, RunningServer
from server.watching import OFFICE, find_findings, find_integration, repeating, watch_until, watching

from querywatch.analysis.situation import Limits
from querywatch.model import Integration, Kind

pytestmark = pytest.mark.servers("mysql-9.7", "mariadb-10.11")

_API = Integration(name="forms-api", kind=Kind.API, accounts=("odapi",), writes_allowed=True)
_LOCKS = ("ACCOUNT LOCK", "SET PASSWORD", "ALTER USER", "KILL", "DROP USER")
_STAY_SECONDS = 20
_OFFICE_AT = """
[[integrations]]
name = "opendental"
kind = "opendental"
accounts = ["root"]
hosts = ["{host}"]
"""


def run_command(config: Path, *words: str) -> str:
    """What a command prints, on one line."""
    done = subprocess.run(
        [sys.executable, "-m", "querywatch", *words, "--config", str(config)],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


def find_host(server: RunningServer) -> str:
    """Where this machine's sessions come from, as the server sees it."""
    (row,) = server.execute(
        "SELECT SUBSTRING_INDEX(HOST, ':', 1) FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()"
    )
    return str(row[0])


@contextmanager
def agent_on_root(server: RunningServer) -> Iterator[None]:
    """Somebody's software that is root from the server itself, and busy while the block runs."""
    assert server.run is not None
    command = f'mysql --protocol=tcp --host=127.0.0.1 --user=root --execute="SELECT SLEEP({_STAY_SECONDS})"'
    thread = threading.Thread(target=server.run, args=(f"{command} || true",))
    thread.start()
    try:
        yield
    finally:
        agents = server.execute(
            f"SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP({_STAY_SECONDS})'"
        )
        for (session,) in agents:
            server.execute(f"KILL {session}")
        thread.join()


@pytest.mark.parametrize("workstation", [True, False], ids=["open", "closed"])
def test_nobody_is_told_to_lock_root(server: RunningServer, tmp_path: Path, *, workstation: bool) -> None:
    """B02: an agent is root as Open Dental is, whether a workstation is connected just now or not."""
    office = _OFFICE_AT.format(host=find_host(server))
    config = write_config(tmp_path, [server.watcher()], office)
    with agent_on_root(server):
        desk = server.root(database=PRACTICE) if workstation else None
        off = run_command(config, "off", "unknown", "--watch", "1")
        started = run_command(config, "trial", "start", "unknown")
        stopped = run_command(config, "trial", "stop", "unknown")
        if desk is not None:
            desk.close()
    assert "root is shared with opendental" in off
    assert "Do not lock it" in off
    for said in (off, started, stopped):
        assert not [word for word in _LOCKS if word in said], said


def test_heavy_sql_through_the_api_is_the_apis(server: RunningServer, tmp_path: Path) -> None:
    """B12: its findings are the integration's that uses the API; its switch is the API key, never the account."""
    server.create_account("odapi", f"SELECT ON {PRACTICE}.*")
    limits = Limits(running_seconds_warning=1.5, running_seconds_critical=6.0)

    def ask() -> None:
        with closing(server.client("odapi", database=PRACTICE)) as client, client.cursor() as cursor:
            cursor.execute("SELECT LName, SLEEP(2.3) FROM patient LIMIT 1")

    with watching(server, (OFFICE, _API), limits=limits) as watch, repeating(ask):
        snapshot = watch_until(watch, lambda seen: bool(find_findings(seen, "running.long")))
    (found,) = find_findings(snapshot, "running.long")
    assert found.integration == "forms-api"
    assert find_integration(snapshot, "forms-api").integration.kind is Kind.API
    api = '[[integrations]]\nname = "forms-api"\nkind = "api"\naccounts = ["odapi"]\n'
    off = run_command(write_config(tmp_path, [server.watcher()], api), "off", "forms-api", "--watch", "0")
    assert "note this vendor's API key, and disable it" in off
    assert "would stop every integration that uses the API" in off
    assert not [word for word in _LOCKS if word in off], off


def test_a_program_link_that_connects_is_found_and_has_its_switch(
    server: RunningServer, tmp_path: Path
) -> None:
    """B22: from its first connection to the exported finding; it is turned off where Open Dental sets it up."""
    server.create_account("opener", f"SELECT ON {PRACTICE}.*")
    declared = '[[integrations]]\nname = "xray-link"\nkind = "program-link"\naccounts = ["opener"]\n'
    config = write_config(tmp_path, [replace(server.watcher(), name="a")], declared)
    found = re.compile(r'^querywatch_finding\{[^}]*integration="xray-link",rule="access\.kind"', re.MULTILINE)
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: daemon.value('querywatch_up{server="a"}') == 1.0, "a first look")
        assert not found.search(daemon.metrics())
        with closing(server.client("opener", database=PRACTICE)):
            daemon.wait_for(lambda: bool(found.search(daemon.metrics())), "the finding")
    off = run_command(config, "off", "xray-link", "--watch", "0")
    assert "Open Setup, Program Links, choose the program" in off
