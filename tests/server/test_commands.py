"""The commands as a person runs them: what they say, and the exit code."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from server.daemons import write_config
from server.servers import RunningServer

pytestmark = pytest.mark.servers("mysql-9.7", "mariadb-10.11", "mariadb-local")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "querywatch", *arguments], capture_output=True, check=False, text=True
    )


def test_check_finds_the_least_privileged_account_in_order(server: RunningServer, tmp_path: Path) -> None:
    """What `grants` prints is enough: nothing is wrong, and what could be better is not held against it."""
    config = write_config(tmp_path, [server.watcher()])
    done = run("check", "--config", str(config))
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(run("check", "--format", "json", "--config", str(config)).stdout)
    states = {result["what"]: result["state"] for result in results}
    assert states["privilege"] == "ok"
    assert states["evidence processlist"] == states["evidence schema"] == "ok"
    better = [result for result in results if result["state"] == "could be better"]
    assert all(result["fix"] for result in better)
    if not server.performance_schema:
        what = [result["what"] for result in better if result["what"].startswith("evidence")]
        assert what[0] == "evidence userstat"  # it needs no restart, so it is advised first


def test_check_never_advises_to_take_rights_from_an_administrator(
    server: RunningServer, tmp_path: Path
) -> None:
    done = run("check", "--config", str(write_config(tmp_path, [server.endpoint("root")])))
    assert done.returncode == 1
    assert "REVOKE" not in done.stdout
    assert "querywatch grants" in " ".join(done.stdout.split())


@pytest.mark.parametrize("command", ["check", "once"])
def test_a_wrong_password_fails_and_says_so(server: RunningServer, tmp_path: Path, command: str) -> None:
    config = write_config(tmp_path, [replace(server.watcher(), password="no")])
    done = run(command, "--config", str(config))
    assert done.returncode == 1
    assert "wrong password for account 'watcher'" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr


def test_once_shows_the_server_and_what_it_cannot_see(server: RunningServer, tmp_path: Path) -> None:
    config = write_config(tmp_path, [server.watcher()])
    done = run("once", "--config", str(config), "--format", "json")
    assert done.returncode == 0, done.stderr
    (seen,) = json.loads(done.stdout)
    assert (seen["server"]["up"], seen["server"]["flavour"]) == (True, str(server.flavour))
    blind = {each["subject"] for each in seen["findings"] if each["rule"] == "coverage.blind"}
    assert blind == (set() if server.performance_schema else {"writes"})


def test_once_refuses_a_server_that_is_not_configured(server: RunningServer, tmp_path: Path) -> None:
    done = run("once", "--server", "nobody", "--config", str(write_config(tmp_path, [server.watcher()])))
    assert done.returncode == 78
    assert "nobody" in done.stderr
