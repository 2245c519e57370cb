"""What cannot be seen is said, with what would show it on this very server."""

from querywatch.analysis.situation import Blindness
from querywatch.model import Flavour, ServerInfo
from querywatch.service.coverage import Sight, find_blindness
from querywatch.snapshot import SourceState

SERVER = ServerInfo(name="main", flavour=Flavour.MYSQL, version=(9, 7, 4))


def look(
    *sources: SourceState,
    server: ServerInfo = SERVER,
    performance_schema: bool = True,
    lost_accounts: int = 0,
) -> dict[str, Blindness]:
    sight = Sight(
        info=server,
        trouble="",
        sources={source.name: source for source in sources},
        ever_up=frozenset(source.name for source in sources if source.up),
        capture_ratios={},
        performance_schema=performance_schema,
        lost_accounts=lost_accounts,
    )
    return {blind.subject: blind for blind in find_blindness(sight)}


def lacking(name: str, reason: str, advice: str) -> SourceState:
    return SourceState(name=name, up=False, offered=False, reason=reason, advice=advice)


def test_counters_that_are_withheld_want_a_grant_and_no_restart() -> None:
    blind = look(lacking("accounts", "privilege", "GRANT SELECT"))
    assert "may not read" in blind["writes"].message
    assert "GRANT SELECT" in blind["writes"].advice
    assert "restart" not in blind["writes"].advice


def test_counters_that_are_off_want_what_switches_them_on() -> None:
    refused = lacking("accounts", "privilege", "GRANT SELECT")
    mariadb = ServerInfo(name="main", flavour=Flavour.MARIADB, version=(10, 11, 0))
    assert "userstat" in look(refused, server=mariadb, performance_schema=False)["writes"].advice
    assert "performance_schema = ON" in look(refused, performance_schema=False)["writes"].advice
    off = lacking("accounts", "consumer-off", "UPDATE performance_schema.setup_consumers")
    assert "setup_consumers" in look(off)["writes"].advice


def test_shapes_that_are_off_alone_want_what_switches_them_on() -> None:
    off = lacking("digests", "consumer-off", "UPDATE performance_schema.setup_consumers")
    blind = look(SourceState(name="accounts", up=True), off)
    assert "setup_consumers" in blind["shapes"].advice


def test_sessions_that_may_not_be_seen_are_said_not_to_be() -> None:
    blind = look(lacking("processlist", "privilege", "GRANT PROCESS"))
    assert blind["processlist"].advice == "GRANT PROCESS"


def test_accounts_without_room_are_said_however_long_ago_it_was() -> None:
    up = (SourceState(name="accounts", up=True), SourceState(name="digests", up=True))
    assert look(*up) == {}
    assert "performance_schema_accounts_size" in look(*up, lost_accounts=1)["accounts"].advice
