"""No canary that stands in a real statement is in a report, in any of its forms, nor in what `ack` lists."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from server.daemons import running_daemon, write_config
from server.servers import PRACTICE, RunningServer
from server.test_canary import BROKEN, INTEGRATIONS, STATEMENTS, find_leaks, run, talking


@pytest.mark.servers("mysql-9.7", "mariadb-local-ps")
def test_no_canary_in_a_report(server: RunningServer, tmp_path: Path) -> None:
    """Every form of literal is said, some of it a forbidden write; the dossier tells of both without a word of it."""
    server.create_account("vendor", f"SELECT, UPDATE, EXECUTE ON {PRACTICE}.*")
    config = write_config(tmp_path, [replace(server.watcher(), name="main")], INTEGRATIONS)
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: daemon.value('querywatch_up{server="main"}') == 1, "up")
        with talking(server, (*STATEMENTS, *BROKEN)):
            time.sleep(4)
            daemon.wait_for(lambda: 'rule="write.forbidden"' in daemon.metrics(), "the write")
        daemon.stop()
    saying = ("--by", "IT", "--why", "known", "--until", "1d", "--config", str(config))
    run("ack", "vendor", "write.forbidden", *saying)
    said = {
        form: run("report", "vendor", "--format", form, "--config", str(config))
        for form in ("json", "html", "markdown")
    }
    said["ack --list"] = run("ack", "--list", "--config", str(config))
    assert [leak for form, text in said.items() for leak in find_leaks(form, text)] == []
    for form in ("json", "html", "markdown"):
        assert "SLEEP(?)" in said[form]  # the statements were seen, or the silence proves nothing
        assert re.search(r"\bupdate\b", said[form])
    assert "vendor" in said["ack --list"]
