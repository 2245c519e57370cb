"""Software that uses Open Dental's own account is told apart by what its sessions run."""

from dataclasses import replace

from querywatch.attribution.match import Matcher
from querywatch.attribution.sessions import Attributor
from querywatch.attribution.strangers import Strangers, Suspicion
from querywatch.counters import Recorded
from querywatch.model import UNKNOWN, Integration, Kind, Operation, Session, Statement

OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True)
BY_MARKER = Integration(name="vendor", kind=Kind.DIRECT_READ, accounts=("root",), markers=("*vendor_cache*",))
PLUGIN = Integration(name="plugin", kind=Kind.PLUGIN, accounts=("root",), markers=("*plugin_cache*",))


def statement(name: str, *tables: str) -> Statement:
    return Statement(fingerprint=name, shape=f"SELECT {name}", operation=Operation.SELECT, tables=tables)


HEARTBEAT = statement("heartbeat", "signalod")
CHART = statement("chart", "procedurelog")
POLL = statement("poll", "patient")


def session(
    number: int, host: str = "localhost", program: str | None = None, runs: Statement | None = None
) -> Session:
    return Session(
        session_id=number, account="root", host=host, database="opendental", command="Query", state="", seconds=0.0,
        statement=runs, program=program,
    )  # fmt: skip


def run_office(strangers: Strangers, *, sessions: int = 3, program: str | None = None) -> None:
    """Workstations poll for a minute, and chart."""
    for moment in range(0, 60, 7):
        for number in range(sessions):
            strangers.note(session(number, program=program), HEARTBEAT, float(moment), recorded=True)
            strangers.note(session(number, program=program), CHART, float(moment), recorded=True)


def run_agent(
    strangers: Strangers, shape: Statement, *, times: int = 8, recorded: bool = True, jitter: float = 0.0
) -> Suspicion | None:
    for turn in range(times):
        at = 5.0 + turn * 6 + (jitter * turn * turn % 5)
        strangers.note(session(99), shape, at, started_at=at, recorded=recorded)
    return strangers.find_suspicion(99, 100.0)


def test_a_session_that_runs_what_no_workstation_runs_is_a_strangers() -> None:
    strangers = Strangers()
    run_office(strangers)
    found = run_agent(strangers, POLL)
    assert found is not None
    assert found.fingerprints == {"poll"}
    assert 0 < found.confidence < 1
    assert "root, which Open Dental uses too" in found.reason


def test_a_session_that_polls_signalod_is_open_dentals_whatever_else_it_runs() -> None:
    strangers = Strangers()
    run_office(strangers)
    strangers.note(session(99), HEARTBEAT, 3.0, recorded=True)
    assert run_agent(strangers, POLL) is None


def test_what_workstations_run_too_makes_no_stranger() -> None:
    """A second pooled connection of a workstation never polls signalod, and runs what the others run."""
    strangers = Strangers()
    run_office(strangers)
    assert run_agent(strangers, CHART) is None


def test_what_every_driver_sends_tells_nothing() -> None:
    """The agent's driver sets its session up like the office's: that makes it no workstation."""
    strangers = Strangers()
    set_names = replace(statement("set names"), operation=Operation.SET)
    for number in (0, 1, 2, 99):
        for name in ("set names", "autocommit", "mode"):
            strangers.note(session(number), replace(set_names, fingerprint=name), 0.0, recorded=True)
    run_office(strangers)
    assert run_agent(strangers, POLL) is not None


def test_a_shape_from_three_hosts_is_the_offices() -> None:
    strangers = Strangers()
    run_office(strangers)
    for host in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        strangers.note(session(50 + int(host[-1]), host), POLL, 1.0, recorded=True)
    assert run_agent(strangers, POLL) is None


def test_nobody_is_a_stranger_before_the_office_is_known() -> None:
    assert run_agent(Strangers(), POLL) is None


def test_a_program_that_also_polls_signalod_is_open_dental() -> None:
    strangers = Strangers()
    run_office(strangers, program="OpenDental")
    for turn in range(8):
        strangers.note(session(99, program="OpenDental"), POLL, 5.0 + turn, recorded=True)
    assert strangers.find_suspicion(99, 100.0) is None


def test_a_report_that_ran_twice_is_no_stranger() -> None:
    strangers = Strangers()
    run_office(strangers)
    assert run_agent(strangers, POLL, times=2) is None


def test_where_polls_alone_saw_it_only_a_period_makes_a_stranger() -> None:
    regular, irregular = Strangers(), Strangers()
    for strangers in (regular, irregular):
        run_office(strangers)
    found = run_agent(regular, POLL, times=12, recorded=False)
    assert found is not None
    assert found.confidence < 0.9
    assert run_agent(irregular, POLL, times=12, recorded=False, jitter=1.7) is None


def test_a_session_number_that_comes_again_is_another_session() -> None:
    strangers = Strangers()
    run_office(strangers)
    assert run_agent(strangers, POLL) is not None
    strangers.note(session(99, host="10.0.0.9"), CHART, 101.0, recorded=True)
    assert strangers.find_suspicion(99, 140.0) is None


def test_one_marked_statement_tells_whose_the_session_is() -> None:
    attributor = Attributor(Matcher([OFFICE, BY_MARKER, PLUGIN]))
    attributor.observe([session(1)])
    marked, plain = statement("vendor_cache"), statement("other")
    assert attributor.note(session(1), plain, 0.0).integration is OFFICE
    found = attributor.note(session(1), marked, 1.0)
    assert (found.integration, found.shared) == (BY_MARKER, True)
    later = attributor.note(session(1), plain, 2.0)
    assert later.integration is BY_MARKER
    assert "in an earlier statement of the session" in later.reason
    assert attributor.take_revised() == {1}
    assert attributor.take_revised() == frozenset()
    ((_, sleeping),) = attributor.observe([session(1)])
    assert sleeping.integration is BY_MARKER


def test_a_plugin_is_told_statement_by_statement() -> None:
    """It runs inside Open Dental's own sessions."""
    attributor = Attributor(Matcher([OFFICE, BY_MARKER, PLUGIN]))
    attributor.observe([session(1)])
    assert attributor.note(session(1), statement("plugin_cache"), 0.0).integration is PLUGIN
    assert attributor.note(session(1), statement("other"), 1.0).integration is OFFICE


def test_a_stranger_on_open_dentals_account_is_unknown_with_the_reason() -> None:
    attributor = Attributor(Matcher([OFFICE]))
    sessions = [session(number) for number in (*range(3), 99)]
    attributor.observe(sessions)
    for moment in range(0, 60, 7):
        for number in range(3):
            attributor.note(session(number), HEARTBEAT, float(moment), recorded=True)
        found = attributor.note(session(99), POLL, float(moment), recorded=True)
    assert found.integration is UNKNOWN
    assert found.shared
    assert found.confidence < 1
    assert attributor.take_revised() == {99}
    owners = attributor.find_owners()
    assert owners[99][1].integration is UNKNOWN
    assert owners[1][1].integration is OFFICE


def test_what_the_server_wrote_down_of_a_session_that_is_gone_is_its_accounts() -> None:
    attributor = Attributor(Matcher([OFFICE]))
    recorded = Recorded(
        key=(1, 1),
        session_id=7,
        account="root",
        host="10.0.0.1",
        statement=POLL,
        seconds=0.1,
        rows_examined=1,
    )
    found = attributor.find_session(recorded)
    assert found is not None
    assert (found.account, found.host, found.session_id) == ("root", "10.0.0.1", 7)


def test_what_the_server_wrote_down_is_nobodys_where_the_account_alone_does_not_tell() -> None:
    attributor = Attributor(Matcher([OFFICE, BY_MARKER]))
    unseen = Recorded(
        key=(1, 1), session_id=7, account="root", host="h", statement=POLL, seconds=0.1, rows_examined=1
    )
    assert attributor.find_session(unseen) is None
    assert attributor.find_session(replace(unseen, statement=statement("vendor_cache"))) is not None
    attributor.observe([session(7, host="h")])
    assert attributor.find_session(unseen) is not None


def test_a_session_number_with_another_host_is_another_session() -> None:
    attributor = Attributor(Matcher([OFFICE, BY_MARKER]))
    attributor.observe([session(1)])
    attributor.note(session(1), statement("vendor_cache"), 0.0)
    ((_, found),) = attributor.observe([session(1, host="10.0.0.2")])
    assert found.integration is OFFICE
