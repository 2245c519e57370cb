"""What `off` prints really turns an integration off and on again, and never costs the office its own account."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest
from server.daemons import write_config
from server.servers import RunningServer

PASSWORD = "the vendor's own"
CONFIGURED = """
[[integrations]]
name = "opendental"
kind = "opendental"
accounts = ["root"]
[[integrations]]
name = "texter"
accounts = ["texter"]
off_steps = ["Stop the service 'Texter Agent'"]
[[integrations]]
name = "charts"
accounts = ["root"]
hosts = ["10.9.9.9"]
"""
_REFUSED = (pymysql.err.OperationalError, pymysql.err.InternalError)


def run_off(server: RunningServer, directory: Path, name: str, *more: str) -> dict[str, Any]:
    config = write_config(directory, [server.watcher()], CONFIGURED)
    command = [sys.executable, "-m", "querywatch", "off", name, "--config", str(config), "--format", "json"]
    done = subprocess.run([*command, *more], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    (switch,) = json.loads(done.stdout)
    return dict(switch)


def follow(server: RunningServer, steps: Sequence[dict[str, Any]], kept: list[str]) -> list[Any]:
    """Does what an administrator would; the first value that each command answers."""
    answers = []
    for step in (step for step in steps if step["place"].startswith("on the database server")):
        for statement in step["commands"] or kept:
            rows = server.execute(statement)
            answers += [row[0] for row in rows[:1]]
            if "Keep what this prints" in step["what"]:
                kept += [row[0] for row in rows]
            elif "run what it prints" in step["what"]:
                for (printed,) in rows:
                    server.execute(printed)
    return answers


def look_until_none(server: RunningServer, steps: Sequence[dict[str, Any]], kept: list[str]) -> bool:
    """Whether no session is left; one that is told to end takes a moment, in which it still shows."""
    deadline = time.monotonic() + 10
    while follow(server, steps, kept) != [0]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture
def texter(server: RunningServer) -> Iterator[RunningServer]:
    """A vendor with its account made for two hosts, as installers do."""
    server.create_account("texter", "SELECT ON opendental.*", password="x")
    server.execute(
        f"SET PASSWORD FOR 'texter'@'%' = PASSWORD({server_quote(PASSWORD)})"
        if server.name != "mysql-9.7"
        else f"ALTER USER 'texter'@'%' IDENTIFIED BY {server_quote(PASSWORD)}",
        "CREATE USER 'texter'@'192.168.7.%' IDENTIFIED BY 'y'",
    )
    yield server
    server.execute("DROP USER 'texter'@'%', 'texter'@'192.168.7.%'")


def server_quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_an_account_of_its_own_is_shut_out_and_let_in_again(texter: RunningServer, tmp_path: Path) -> None:
    """New logins are refused and the live session ends; the office's goes on; then all is as before."""
    switch = run_off(texter, tmp_path, "texter", "--watch", "0")
    kept: list[str] = []
    assert switch["off"][0]["what"] == "Stop the service 'Texter Agent'"
    with closing(texter.root()) as office, office.cursor() as cursor:
        live = texter.client("texter", PASSWORD)
        follow(texter, switch["off"], kept)
        with pytest.raises(_REFUSED), live.cursor() as ended:
            ended.execute("SELECT 1")
        with pytest.raises(_REFUSED):
            texter.client("texter", PASSWORD)
        assert look_until_none(texter, switch["verify"], kept)
        assert cursor.execute("SELECT PatNum FROM opendental.patient") == 3
        follow(texter, switch["on"], kept)
        with closing(texter.client("texter", PASSWORD)) as again, again.cursor() as cursor_again:
            assert cursor_again.execute("SELECT PatNum FROM opendental.patient") == 3


@pytest.mark.servers("mysql-9.7", "mariadb-10.11", "mysql-5.6", "mariadb-local")
def test_an_account_shared_with_open_dental_is_never_touched(server: RunningServer, tmp_path: Path) -> None:
    """It says by whom and how that is known, and gives the vendor's service and the firewall instead."""
    switch = run_off(server, tmp_path, "charts", "--watch", "0")
    said = json.dumps(switch)
    assert any(
        "root is shared with opendental" in note and "Do not lock it" in note for note in switch["notes"]
    )
    for word in ("ALTER USER", "SET PASSWORD", "KILL"):
        assert word not in said
    assert "remoteip=10.9.9.9" in said
    assert [step["place"] for step in switch["off"]] == [
        "at the vendor's software",
        "in the database machine's firewall",
    ]


@pytest.mark.servers("mysql-9.7", "mariadb-10.11", "mariadb-local")
def test_a_session_of_somebody_else_on_its_account_is_noticed(texter: RunningServer, tmp_path: Path) -> None:
    """A session from a host that is not the vendor's tells that its account is not the vendor's alone."""
    elsewhere = CONFIGURED.replace('accounts = ["texter"]', 'accounts = ["texter"]\nhosts = ["10.0.0.0/9"]')
    config = write_config(tmp_path, [texter.watcher()], elsewhere)
    with closing(texter.client("texter", PASSWORD)):
        command = [sys.executable, "-m", "querywatch", "off", "texter", "--config", str(config)]
        done = subprocess.run([*command, "--watch", "0"], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert "The account texter is shared with unknown" in " ".join(done.stdout.split())
    assert "ACCOUNT LOCK" not in done.stdout


@pytest.mark.servers("mysql-9.7", "mariadb-local")
def test_what_is_not_there_to_turn_off_is_named(server: RunningServer, tmp_path: Path) -> None:
    """A wrong name is answered with the right ones; the office's own software is no integration to prove."""
    config = write_config(tmp_path, [server.watcher()], CONFIGURED)
    for name, says in (("texte", "opendental, texter, unknown"), ("opendental", "the office's own software")):
        command = [sys.executable, "-m", "querywatch", "off", name, "--config", str(config)]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        assert done.returncode == 78
        assert says in done.stderr
