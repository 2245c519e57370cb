"""`suggest-config` drafts what a person would write, and what it prints is a configuration."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from server.daemons import write_config
from server.servers import RunningServer
from server.watching import repeating

from querywatch.config import read_settings
from querywatch.model import Kind

pytestmark = pytest.mark.servers("mysql-9.7", "mariadb-10.11-ps", "mariadb-local-ps")


def run(config: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "querywatch", "suggest-config", "--config", str(config), *more]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def test_accounts_that_nothing_claims_become_entries(server: RunningServer, tmp_path: Path) -> None:
    """With hosts, programs, counts and tables beside them; who polls signalod is Open Dental."""
    server.create_account("recall texter", "SELECT ON opendental.*")
    server.execute(
        "CREATE TABLE IF NOT EXISTS opendental.signalod (SignalNum BIGINT PRIMARY KEY) ENGINE=MyISAM"
    )
    vendor = server.client("recall texter", program_name="Recall\nAgent 'of 555-0100'")
    config = write_config(tmp_path, [server.watcher()])
    with closing(server.root()) as office, closing(vendor):

        def work() -> None:
            with office.cursor() as cursor:
                for _ in range(20):
                    cursor.execute("SELECT SignalNum FROM opendental.signalod WHERE SignalNum > 7")
            with vendor.cursor() as cursor:
                cursor.execute(
                    "SELECT PatNum, SLEEP(0.1) FROM opendental.patient WHERE LName = 'Zyxwanda' LIMIT 1"
                )

        with repeating(work):
            drafted = run(config, "--watch", "6")
            found = json.loads(run(config, "--watch", "3", "--format", "json").stdout)
    server.execute("DROP TABLE opendental.signalod")
    assert drafted.returncode == 0, drafted.stderr
    assert "Zyx" not in drafted.stdout + json.dumps(found)
    merged = tmp_path / "merged.toml"
    merged.write_text(config.read_text() + drafted.stdout)
    office_entry, *others = read_settings(merged).find_integrations()
    assert (office_entry.name, office_entry.kind, office_entry.accounts) == (
        "opendental",
        Kind.OPENDENTAL,
        ("root",),
    )
    assert {entry.name: entry.accounts for entry in others} == {"recall-texter": ("recall texter",)}
    assert "tables: patient" in drafted.stdout
    assert set(found) == {server.name}


def test_what_is_claimed_is_not_drafted_again(server: RunningServer, tmp_path: Path) -> None:
    """Only what nobody claims is."""
    claimed = '[[integrations]]\nname = "opendental"\nkind = "opendental"\naccounts = ["root"]\n'
    with closing(server.root()):
        done = run(write_config(tmp_path, [server.watcher()], claimed), "--watch", "0")
    assert done.returncode == 0, done.stderr
    assert "root" not in done.stdout
