"""The ladder of evidence on real servers: every step has a state, and what is advised makes a missing one available."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from server.consumers import consuming
from server.daemons import write_config
from server.servers import PRACTICE, RunningServer, find_choice, find_choices, start
from server.test_commands import run
from server.watching import watching

from querywatch.db.connection import connect
from querywatch.db.privileges import read_privileges
from querywatch.model import Flavour
from querywatch.service.intake import Intake
from querywatch.service.ladder import STEPS, Remedy, find_remedy
from querywatch.snapshot import SourceState
from querywatch.sources.recorded import CONSUMERS, Record

pytestmark = pytest.mark.server

_NAMES = {step.name for step in STEPS}
_NEEDS_RESTART = {
    *("accounts", "digests", "sessions", "last_statements", "history", "history_long"),
    *("prepared", "attributes", "metadata_locks", "table_locks"),
}
_MYSQL_LACKS = {"times", "userstat", "plans"}


def read_states(server: RunningServer) -> dict[str, SourceState]:
    """What a count and a look at a new connection find out."""
    intake = Intake(server.name, (PRACTICE,), 3600.0)
    with closing(connect(server.watcher())) as connection:
        intake.read_sessions(connection, 0.0)
        intake.read_status(connection, 0.0)
        intake.read_counters(connection, 0.0, by_session=False)
        intake.read_schema_when_due(connection, 0.0)
        intake.read_rights(connection, 0.0)
    return {state.name: state for state in intake.reader.states}


def find_remedies(server: RunningServer) -> dict[str, Remedy]:
    """For each step that could be had, what is advised."""
    states = read_states(server)
    with closing(connect(server.watcher())) as connection:
        account = read_privileges(connection, (PRACTICE,)).account
        found = {name: find_remedy(state, connection.server, account) for name, state in states.items()}
    return {name: remedy for name, remedy in found.items() if remedy is not None}


@contextmanager
def restoring(server: RunningServer) -> Iterator[None]:
    """Whatever is switched on or granted meanwhile is taken back."""
    kept = (CONSUMERS[Record.LAST],) if server.flavour is Flavour.MYSQL else ()
    log_output, seconds = server.execute("SELECT @@GLOBAL.log_output, @@GLOBAL.long_query_time")[0]
    script = server.execute("SHOW GRANTS FOR 'watcher'@'%'")
    before = {line for (line,) in script}
    try:
        with consuming(server, *kept):
            yield
    finally:
        server.execute(
            "SET GLOBAL slow_query_log = 0",
            f"SET GLOBAL log_output = '{log_output}'",
            f"SET GLOBAL long_query_time = {seconds}",
            *(["SET GLOBAL userstat = 0"] if server.flavour is Flavour.MARIADB else []),
        )
        for (line,) in server.execute("SHOW GRANTS FOR 'watcher'@'%'"):
            if line not in before:
                server.execute(line.replace("GRANT ", "REVOKE ", 1).replace(" TO ", " FROM "))


def find_unsupported(states: Mapping[str, SourceState]) -> set[str]:
    return {name for name, state in states.items() if state.reason == "unsupported"}


def test_every_step_has_a_state_on_every_server(server: RunningServer) -> None:
    """Available, missing with what would bring it, or not on this version; the same names everywhere."""
    states = read_states(server)
    assert set(states) == _NAMES
    lacking = {"prepared", "metadata_locks", "table_locks"} if server.name == "mysql-5.6" else set()
    lacking |= _MYSQL_LACKS if server.flavour is Flavour.MYSQL else set()
    assert find_unsupported(states) == lacking
    missing = {name for name, state in states.items() if not state.up} - lacking
    assert missing == set(find_remedies(server))
    assert not any(state.offered for state in states.values() if not state.up)
    off = {name for name, state in states.items() if state.reason == "performance-schema-off"}
    assert off == (set() if server.performance_schema else _NEEDS_RESTART)


def test_what_is_advised_makes_a_step_available(server: RunningServer) -> None:
    """Each statement as it is printed, run by an administrator; nothing that needs no restart is left missing then."""
    with restoring(server):
        remedies = {name: each for name, each in find_remedies(server).items() if not each.restart}
        assert {"history_long", "slow_log", "rights"} - set(remedies) <= (
            set() if server.performance_schema else {"history_long"}
        )
        for name, remedy in remedies.items():
            assert remedy.cost
            server.execute(*remedy.statements)
            assert read_states(server)[name].up, name
        left = {name for name, remedy in find_remedies(server).items() if not remedy.restart}
    assert left == set()


@pytest.mark.parametrize("name", ["mariadb-10.5", "mariadb-10.11", "mariadb-11.8"])
def test_the_lines_for_my_ini_make_it_last(name: str) -> None:
    """A server started with all the advised lines has everything that lines can give."""
    if find_choice(name) not in find_choices()[0]:
        pytest.skip("a server of its own comes in a container, and Docker does not answer")
    with start(find_choice(name)) as before:
        remedies = find_remedies(before)
    lines = dict.fromkeys(line for remedy in remedies.values() for line in remedy.my_ini)
    options = [f"--{line.replace(' = ', '=')}" for line in lines]
    with start(find_choice(name), settings=options) as after:
        states = read_states(after)
    assert {name for name, state in states.items() if not state.up} == {"slow_log", "rights", "views"}
    assert states["slow_log"].reason == "privilege"


def test_the_metrics_name_every_step(server: RunningServer) -> None:
    """evidence_available is rendered from a watch's sources, whatever of them its counts need."""
    with watching(server) as watch:
        assert {source.name for source in watch.snapshot.sources} == _NAMES


def test_check_prints_the_ladder(server: RunningServer, tmp_path: Path) -> None:
    """In order, userstat before the performance schema; a missing step with what it brings and costs, and no fault."""
    done = run("check", "--format", "json", "--config", str(write_config(tmp_path, [server.watcher()])))
    assert done.returncode == 0, done.stdout + done.stderr
    steps = {
        result["what"].removeprefix("evidence "): result
        for result in json.loads(done.stdout)
        if result["what"].startswith("evidence ")
    }
    assert list(steps) == [step.name for step in STEPS]
    assert list(steps).index("userstat") < list(steps).index("accounts")
    assert all(step["brings"] for step in steps.values())
    missing = [step for step in steps.values() if step["state"] == "could be better"]
    assert all(step["fix"] and step["cost"] and (step["statements"] or step["my_ini"]) for step in missing)
    assert "rights" in {step["what"].removeprefix("evidence ") for step in missing}
    assert {step["state"] for step in steps.values()} <= {"ok", "could be better", "not on this version"}
