"""From running totals to amounts: differences, resets, and what is laid to whom."""

import pytest

from querywatch.analysis.deltas import TotalsTracker, UserstatTracker
from querywatch.analysis.published import EXPORTED_FINGERPRINTS, OTHER, Published
from querywatch.analysis.sightings import Execution
from querywatch.attribution.amounts import (
    AccountAmount,
    Counted,
    QueryAmount,
    sum_accounts,
    sum_sights,
    sum_userstat,
)
from querywatch.attribution.match import Matcher
from querywatch.counters import (
    NO_TOTALS,
    AccountKey,
    AccountReading,
    Difference,
    Reset,
    Totals,
    UserstatReading,
    UserstatTotals,
    find_difference,
)
from querywatch.model import UNKNOWN, Attribution, Evidence, Integration, Kind, Operation, Session, Statement
from querywatch.service.counting import Amounts, Counting, Readings
from querywatch.service.looking import Seen

VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ, accounts=("vendor",))
OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True)
MATCHER = Matcher([OFFICE, VENDOR])


def totals(executions: int, seconds: float = 0.0, errors: int = 0, affected: int = 0) -> Totals:
    return Totals(
        executions=executions,
        errors=errors,
        seconds=seconds,
        rows_affected=affected,
        rows_sent=executions,
        rows_examined=executions * 10,
        no_index_used=0,
    )


def statement(fingerprint: str = "f" * 16, operation: Operation = Operation.SELECT) -> Statement:
    return Statement(fingerprint=fingerprint, shape="SELECT ?", operation=operation, tables=())


def sight(account: str, fingerprint: str, *, sights: int = 1, examined: int | None = None) -> Execution:
    session = Session(
        session_id=1, account=account, host="h", database=None, command="Query", state="", seconds=1.0,
        statement=statement(fingerprint),
    )  # fmt: skip
    return Execution(
        session=session, statement=statement(fingerprint), started_at=10.0, last_seen_at=11.0, sights=sights,
        seconds_estimated=0.5, examined_rows=examined,
    )  # fmt: skip


NOTHING_SEEN = Seen(integrations={}, queries={})


def see(sights: list[tuple[Execution, Attribution]]) -> Seen:
    """What polls saw, without what that makes them believe."""
    return Seen(sights=tuple(sights), integrations={}, queries={})


def difference(
    executions: float, seconds: float = 1.0, errors: float = 0.0, affected: float = 0.0
) -> Difference:
    return Difference(
        executions=executions, errors=errors, seconds=seconds, rows_affected=affected, rows_sent=0.0,
        rows_examined=executions * 10, no_index_used=0.0,
    )  # fmt: skip


def test_a_fallen_count_is_a_reset_and_a_fallen_time_a_wrap() -> None:
    assert find_difference(totals(5), totals(3)) is Reset.RESET
    wrapped = find_difference(totals(5, seconds=18_446_744.0), totals(6, seconds=1.0))
    assert isinstance(wrapped, Difference)
    assert wrapped.seconds == pytest.approx(1.0737, abs=0.001)


def test_the_first_reading_gives_nothing() -> None:
    """What the server counted before querywatch looked is not querywatch's to report."""
    tracker = TotalsTracker[str]()
    assert tracker.advance({"a": totals(1_000)}) == {}
    assert tracker.advance({"a": totals(1_003)})["a"].executions == 3


def test_a_new_key_counts_from_zero_and_a_quiet_one_is_absent() -> None:
    tracker = TotalsTracker[str]()
    tracker.advance({"a": totals(5)})
    assert {
        key: each.executions for key, each in tracker.advance({"a": totals(5), "b": totals(2)}).items()
    } == {"b": 2}


def test_a_reset_counts_what_came_after_it_and_never_falls() -> None:
    tracker = TotalsTracker[str]()
    tracker.advance({"a": totals(1_000)})
    assert tracker.advance({"a": totals(7)})["a"].executions == 7


def test_a_restart_counts_from_zero_even_where_a_count_has_overtaken_the_old_one() -> None:
    tracker = TotalsTracker[str]()
    tracker.advance({"a": totals(10)})
    tracker.restart()
    assert tracker.advance({"a": totals(15)})["a"].executions == 15


def test_a_partial_reading_forgets_nothing() -> None:
    tracker = TotalsTracker[str]()
    tracker.advance({"a": totals(10), "b": totals(20)})
    tracker.advance({"a": totals(11)}, complete=False)
    assert tracker.advance({"b": totals(21)}, complete=False)["b"].executions == 1


def userstat(**parts: float) -> UserstatTotals:
    empty = dict.fromkeys(UserstatTotals.__dataclass_fields__, 0)
    return UserstatTotals(**(empty | parts))  # type: ignore[arg-type]


def test_userstat_differences_and_flush() -> None:
    tracker = UserstatTracker()
    assert tracker.advance({"vendor": userstat(select_commands=5)}) == {}
    assert tracker.advance({"vendor": userstat(select_commands=8)})["vendor"].select_commands == 3
    assert tracker.advance({"vendor": userstat(select_commands=2)})["vendor"].select_commands == 2
    assert tracker.advance({"vendor": userstat(select_commands=2)}) == {}


def sum_counted(grown: dict[AccountKey, Difference]) -> list[AccountAmount]:
    return sum_accounts(
        Counted(
            attribution=MATCHER.match(key.account, key.host, None),
            key=key,
            difference=row,
            evidence=Evidence.COUNTED,
        )
        for key, row in grown.items()
    )


def test_account_counters_tell_done_from_refused() -> None:
    grown = {
        AccountKey(account="vendor", host="h", operation=Operation.UPDATE): difference(7, errors=2),
        AccountKey(account="vendor", host="h", operation=Operation.SELECT): difference(3),
    }
    (amount,) = sum_counted(grown)
    assert amount.attribution.integration is VENDOR
    assert amount.statements == {Operation.UPDATE: 7, Operation.SELECT: 3}
    assert (amount.writes_done[Operation.UPDATE], amount.writes_refused[Operation.UPDATE]) == (5, 2)
    assert amount.writes == (Operation.UPDATE,)


def test_a_prepared_statement_that_affected_rows_is_a_write() -> None:
    key = AccountKey(account="vendor", host="h", operation=Operation.PREPARED)
    (amount,) = sum_counted({key: difference(4, affected=2)})
    assert amount.writes_done[Operation.PREPARED] == 2
    (reader,) = sum_counted({key: difference(4)})
    assert reader.writes == ()


def test_userstat_names_the_kind_of_write_where_the_rows_do() -> None:
    def find(**parts: float) -> Operation:
        (amount,) = sum_userstat({"vendor": userstat(update_commands=1, **parts)}, MATCHER)
        return amount.writes[0]

    assert find(rows_inserted=1) is Operation.INSERT
    assert find(rows_deleted=3) is Operation.DELETE
    assert find(rows_updated=1) is Operation.UPDATE
    assert find(rows_inserted=1, rows_updated=1) is Operation.OTHER
    assert find() is Operation.OTHER  # a DDL statement, a CALL, an UPDATE that met no row, a refused one


def test_userstat_tells_refused_writes_and_never_all_where_rows_changed() -> None:
    refused = userstat(update_commands=2, access_denied=2)
    (amount,) = sum_userstat({"vendor": refused}, MATCHER)
    assert (amount.writes_done[Operation.OTHER], amount.writes_refused[Operation.OTHER]) == (0, 2)
    (mixed,) = sum_userstat({"vendor": userstat(update_commands=2, access_denied=2, rows_updated=1)}, MATCHER)
    assert (mixed.writes_done[Operation.UPDATE], mixed.writes_refused[Operation.UPDATE]) == (1, 1)


def test_an_account_without_a_row_of_its_own_is_not_called_counted() -> None:
    """Connected before userstat was on, or when the server had no room: the polls are all there is of it."""
    session = sight("vendor", "a" * 16).session
    present = [(session, MATCHER.match("vendor", session.host, None))]

    def find_evidence(**parts: object) -> list[Evidence]:
        readings = Readings(**({"accounts": None, "userstat": None, "digests": None} | parts))  # type: ignore[arg-type]
        amounts = Counting([OFFICE, VENDOR], "watcher", frozenset()).fold(
            readings, NOTHING_SEEN, present, 0.0
        )
        return [amount.evidence for amount in amounts.accounts]

    key = AccountKey(account="vendor", host=session.host, operation=Operation.SELECT)
    assert find_evidence(userstat=UserstatReading(rows={})) == [Evidence.SAMPLED]
    assert find_evidence(userstat=UserstatReading(rows={"vendor": userstat()})) == []
    assert find_evidence(accounts=AccountReading(rows={}, lost=1)) == [Evidence.SAMPLED]
    assert find_evidence(accounts=AccountReading(rows={key: totals(1)}, lost=1)) == []
    assert find_evidence(accounts=AccountReading(rows={}, lost=0)) == []


def test_an_unclaimed_account_is_laid_to_unknown() -> None:
    (amount,) = sum_userstat({"stranger": userstat(select_commands=1)}, MATCHER)
    assert amount.attribution.integration is UNKNOWN


def test_samples_count_an_execution_once_and_all_of_its_time() -> None:
    attribution = MATCHER.match("vendor", "h", None)
    first, again = sight("vendor", "a" * 16, examined=100), sight("vendor", "a" * 16, sights=0, examined=50)
    (account,), (query,) = sum_sights([(first, attribution), (again, attribution)])
    assert (account.statements[Operation.SELECT], account.seconds, account.rows_examined) == (1, 1.0, 150)
    assert (query.executions, query.seconds, query.rows_examined) == (1, 1.0, 150)
    assert account.evidence is query.evidence is Evidence.SAMPLED


def test_an_account_present_but_never_seen_running_has_zeros() -> None:
    session = sight("vendor", "a" * 16).session
    (account,), queries = sum_sights([], [(session, Attribution(integration=VENDOR, reason=""))])
    assert (sum(account.statements.values()), queries) == (0, [])


def amount(fingerprint: str, executions: float = 1.0) -> QueryAmount:
    return QueryAmount(
        attribution=Attribution(integration=VENDOR, reason=""), account="vendor",
        statement=statement(fingerprint), evidence=Evidence.COUNTED,
        executions=executions, seconds=executions,
    )  # fmt: skip


def test_every_integration_is_published_from_the_start() -> None:
    assert set(Published([OFFICE, VENDOR]).integrations) == {"opendental", "vendor"}


def test_exported_shapes_are_capped_and_the_rest_adds_up() -> None:
    """The sums over all shapes stay true whatever is exported by name."""
    published = Published([VENDOR])
    amounts = [amount(f"{number:016x}") for number in range(EXPORTED_FINGERPRINTS + 50)]
    mattering = {each.statement.fingerprint: each.seconds for each in amounts}
    published.add_queries(amounts, mattering=mattering, now=0.0)
    assert len(published.queries) == EXPORTED_FINGERPRINTS + 1
    assert published.queries["vendor", OTHER].executions == 50
    assert sum(each.executions for each in published.queries.values()) == len(amounts)


def test_a_shape_stays_exported_for_an_hour_and_other_never_falls() -> None:
    published = Published([VENDOR])
    published.add_queries([amount("a" * 16)], mattering={"a" * 16: 1.0}, now=0.0)
    published.add_queries([amount("a" * 16)], mattering={}, now=3_000.0)
    assert published.queries["vendor", "a" * 16].executions == 2
    published.add_queries([amount("a" * 16)], mattering={}, now=4_000.0)
    assert set(published.queries) == {("vendor", OTHER)}
    assert published.queries["vendor", OTHER].executions == 1


def test_no_totals_is_zero() -> None:
    assert find_difference(NO_TOTALS, totals(2)) == Difference(
        executions=2, errors=0, seconds=0.0, rows_affected=0, rows_sent=2, rows_examined=20, no_index_used=0
    )


def readings(executions: int | None, *, lost: frozenset[str] = frozenset()) -> Readings:
    """Per-account counters of the vendor's selects; None: not read this time."""
    key = AccountKey(account="vendor", host="h", operation=Operation.SELECT)
    reading = None if executions is None else AccountReading(rows={key: totals(executions)}, lost=0)
    return Readings(accounts=reading, userstat=None, digests=None, lost=lost)


def count(amounts: Amounts) -> float:
    return sum(sum(amount.statements.values()) for amount in amounts.accounts)


def test_what_a_lost_source_will_tell_later_is_not_sampled_meanwhile() -> None:
    """A reading that failed once makes no double count: its successor carries the gap."""
    counting = Counting([OFFICE, VENDOR], "querywatch", frozenset())
    seen = [(sight("vendor", "a" * 16), MATCHER.match("vendor", "h", None))]
    present = [(seen[0][0].session, seen[0][1])]
    assert count(counting.fold(readings(100), see(seen), present, 0.0)) == 0
    assert count(counting.fold(readings(110), see(seen), present, 0.0)) == 10
    assert count(counting.fold(readings(None, lost=frozenset({"accounts"})), see(seen), present, 0.0)) == 0
    assert count(counting.fold(readings(130), see(seen), present, 0.0)) == 20


def test_where_nothing_counts_any_more_samples_stand_in() -> None:
    """And when counting begins again it begins anew: what was sampled is not counted too."""
    counting = Counting([OFFICE, VENDOR], "querywatch", frozenset())
    seen = [(sight("vendor", "a" * 16), MATCHER.match("vendor", "h", None))]
    counting.fold(readings(100), NOTHING_SEEN, [], 0.0)
    assert count(counting.fold(readings(None), see(seen), [], 0.0)) == 1
    assert count(counting.fold(readings(150), see(seen), [], 0.0)) == 0
    assert count(counting.fold(readings(151), see(seen), [], 0.0)) == 1
