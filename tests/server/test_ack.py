"""`ack` beside a running daemon: it takes up what was acknowledged, and what was taken back."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from server.daemons import RunningDaemon, running_daemon, write_config
from server.servers import PRACTICE, RunningServer
from server.test_canary import INTEGRATIONS, run, send

from querywatch.store import Store
from querywatch.store.trail import load_events

ACKNOWLEDGED = "querywatch_finding_acknowledged_until_timestamp_seconds{"
AWAITED_SECONDS = 8.0


def is_acknowledged(daemon: RunningDaemon) -> bool:
    lines = daemon.metrics().splitlines()
    return any(line.startswith(ACKNOWLEDGED) and 'rule="write.forbidden"' in line for line in lines)


@pytest.mark.servers("mariadb-10.11-ps", "mysql-9.7")
def test_a_running_daemon_takes_up_both_acts(server: RunningServer, tmp_path: Path) -> None:
    """The alert's mute comes within seconds and goes when it is taken back; the trail has both, and who did it."""
    server.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")
    config = write_config(tmp_path, [replace(server.watcher(), name="main")], INTEGRATIONS)
    about = ("ack", "vendor", "write.forbidden", "--config", str(config))
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: daemon.value('querywatch_up{server="main"}') == 1, "up")
        send(server, "UPDATE patient SET Note = '' WHERE PatNum = 1 AND SLEEP(1) = 1")
        daemon.wait_for(lambda: 'rule="write.forbidden"' in daemon.metrics(), "the write is found")
        assert not is_acknowledged(daemon)
        run(*about, "--by", "Ann", "--why", "ticket", "--until", "2h")
        daemon.wait_for(lambda: is_acknowledged(daemon), "acknowledged", AWAITED_SECONDS)
        run(*about, "--by", "Bob", "--end")
        daemon.wait_for(lambda: not is_acknowledged(daemon), "taken back", AWAITED_SECONDS)
        assert 'rule="write.forbidden"' in daemon.metrics()
        daemon.stop()
    with closing(Store.open(tmp_path / "state")) as store, store.reading() as connection:
        acts = [each for each in load_events(connection) if each.event.startswith("acknowledgement")]
    assert [each.event for each in acts] == ["acknowledgement", "acknowledgement ended"]
    assert [each.detail.split(":")[0] for each in acts] == ["Ann", "Bob"]
