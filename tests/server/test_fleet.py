"""Many servers on one daemon: each in a file of its own, and nobody late because of another."""

import json
import signal
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from server.daemons import RunningDaemon, running_daemon
from server.servers import PRACTICE, RunningServer
from server.watching import Gate

from querywatch.db.connection import connect
from querywatch.sources.tables import read_definitions

pytestmark = pytest.mark.servers("mariadb-10.11", "mariadb-local")

_GOOD = 20
_EACH_BAD = 3
# A server that hangs holds its own thread for ten seconds: whoever waited behind it would be later than this.
_LATE_SECONDS = 5.0


def write_fragment(directory: Path, name: str, server: RunningServer, port: int | None = None) -> None:
    watcher = server.watcher()
    host, port = (server.host, server.port) if port is None else ("127.0.0.1", port)
    (directory / "servers.d" / f"{name}.toml").write_text(
        f"[[servers]]\nname = {json.dumps(name)}\nhost = {json.dumps(host)}\nport = {port}\n"
        f"user = {json.dumps(watcher.user)}\npassword = {json.dumps(watcher.password)}\n"
        # Twenty watches of one server would be its trouble; here they are twenty servers.
        "sample_interval = 0.5\nobserver_budget = 0.1\n"
    )


def write_config(directory: Path) -> Path:
    (directory / "servers.d").mkdir()
    config = directory / "config.toml"
    config.write_text(
        f'[web]\nlisten = "127.0.0.1:0"\n[state]\ndirectory = {json.dumps(str(directory / "state"))}\n'
    )
    return config


def is_up(daemon: RunningDaemon, name: str) -> bool:
    return daemon.value(f'querywatch_up{{server="{name}"}}') == 1


def find_latest(daemon: RunningDaemon, names: list[str]) -> dict[str, float]:
    """When each was looked at last."""
    series = 'querywatch_last_poll_timestamp_seconds{{server="{}",source="processlist"}} '
    starts = {series.format(name): name for name in names}
    return {
        starts[line[: line.index("} ") + 2]]: float(line.rpartition(" ")[2])
        for line in daemon.metrics().splitlines()
        if line.startswith(tuple(starts))
    }


def flap(gate: Gate, over: threading.Event) -> None:
    while not over.wait(0.7):
        gate.shut()
        over.wait(0.7)
        gate.reopen()


def test_servers_that_hang_refuse_and_flap_make_nobody_late(server: RunningServer, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    good = [f"good-{index}" for index in range(_GOOD)]
    for name in good:
        write_fragment(tmp_path, name, server)
    with ExitStack() as stack:
        gates = {
            kind: stack.enter_context(closing(Gate(server.host, server.port)))
            for kind in ("hanging", "refusing", "flapping")
        }
        bad = [(f"{kind}-{index}", gate) for kind, gate in gates.items() for index in range(_EACH_BAD)]
        for name, gate in bad:
            write_fragment(tmp_path, name, server, gate.port)
        daemon = stack.enter_context(running_daemon(config))
        names = [*good, *(name for name, _ in bad)]
        daemon.wait_for(lambda: len(find_latest(daemon, names)) == len(names), "a look at everybody")
        gates["hanging"].stall()
        gates["refusing"].shut()
        over = threading.Event()
        stack.callback(over.set)
        threading.Thread(target=flap, args=(gates["flapping"], over), daemon=True).start()
        ends_at = time.monotonic() + 12.0
        while time.monotonic() < ends_at:
            time.sleep(0.5)
            latest = find_latest(daemon, good)
            late = {name: time.time() - at for name, at in latest.items() if time.time() - at > _LATE_SECONDS}
            assert len(latest) == _GOOD
            assert not late
        daemon.wait_for(lambda: not is_up(daemon, "hanging-0"), "the hang being told")
        assert not is_up(daemon, "refusing-0")
        assert daemon.stop() < 5.0


def test_the_same_table_of_two_offices_is_one_in_memory(server: RunningServer) -> None:
    """Two hundred offices have the same four hundred tables: only sizes and numbers of values are each one's own."""
    found = []
    for _ in range(2):
        with closing(connect(server.watcher())) as connection:
            found.append(read_definitions(connection, PRACTICE, ["patient"])["patient"])
    one, other = found
    assert one == other
    assert len(one.columns) == 4
    assert one.columns is other.columns
    assert one.nullable is other.nullable
    assert one.indexes[0].columns is other.indexes[0].columns


def test_a_reload_takes_new_fragments_and_refuses_a_broken_one_by_its_name(
    server: RunningServer, tmp_path: Path
) -> None:
    config = write_config(tmp_path)
    write_fragment(tmp_path, "first", server)
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: is_up(daemon, "first"), "up")
        write_fragment(tmp_path, "second", server)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(lambda: is_up(daemon, "second"), "the new server")
        broken = tmp_path / "servers.d" / "third.toml"
        broken.write_text('[[servers]]\nname = "third"\nhots = "db"\n')
        daemon.signal(signal.SIGHUP)
        says = f"{broken}: servers[0].hots: there is no such setting: did you mean host?"
        daemon.wait_for(lambda: says in daemon.log.read_text(), "refusal")
        assert is_up(daemon, "first")
        assert is_up(daemon, "second")
        broken.unlink()
        (tmp_path / "servers.d" / "first.toml").unlink()
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(lambda: 'server="first"' not in daemon.metrics(), "the server that went")
        assert daemon.stop() < 5.0


def test_an_office_without_a_password_keeps_nobody_else_from_being_watched(
    server: RunningServer, tmp_path: Path
) -> None:
    """It is told, as a server that is away is, until a reload finds one."""
    config = write_config(tmp_path)
    write_fragment(tmp_path, "first", server)
    write_fragment(tmp_path, "second", server)
    second = tmp_path / "servers.d" / "second.toml"
    whole = second.read_text()
    second.write_text("".join(line for line in whole.splitlines(keepends=True) if "password" not in line))
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: is_up(daemon, "first"), "the other")
        daemon.wait_for(lambda: "server second: no password found" in daemon.log.read_text(), "the reason")
        assert not is_up(daemon, "second")
        second.write_text(whole)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(lambda: is_up(daemon, "second"), "the password")
