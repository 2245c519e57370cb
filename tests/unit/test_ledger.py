"""Shapes by accounts: both margins add up, what was learnt is used, and what is not known is left over."""

import random
from dataclasses import replace

import pytest

from querywatch.attribution.doubts import Growth
from querywatch.attribution.fit import Entry, Place
from querywatch.attribution.ledger import Ledger, Shares
from querywatch.attribution.lessons import Runs
from querywatch.attribution.match import Matcher
from querywatch.attribution.room import Margins
from querywatch.counters import NO_DIFFERENCE, AccountKey, Difference
from querywatch.model import Attribution, Evidence, Integration, Kind, Operation, Statement

OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True)
VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ, accounts=("vendor",))
OTHER = Integration(name="other", kind=Kind.DIRECT_READ, accounts=("other",))
MARKED = Integration(name="marked", kind=Kind.DIRECT_READ, accounts=("root",), markers=("*cache*",))
MATCHER = Matcher([OFFICE, VENDOR, OTHER, MARKED])


def statement(name: str, operation: Operation = Operation.SELECT) -> Statement:
    return Statement(fingerprint=name, shape=f"SELECT {name}", operation=operation, tables=())


def grown(executions: float, seconds: float | None = None) -> Difference:
    return NO_DIFFERENCE.plus(
        Difference(
            executions=executions,
            errors=0.0,
            seconds=executions / 10 if seconds is None else seconds,
            rows_affected=0.0,
            rows_sent=executions,
            rows_examined=executions * 100,
            no_index_used=0.0,
        )
    )


def growth(name: str, executions: float, seconds: float | None = None) -> Growth:
    return Growth(
        statement=statement(name), operation=Operation.SELECT, difference=grown(executions, seconds)
    )


def margins(**accounts: float | tuple[float, float]) -> Margins:
    return Margins(
        accounts={
            AccountKey(account=account, host="h", operation=Operation.SELECT): (
                grown(*counted) if isinstance(counted, tuple) else grown(counted)
            )
            for account, counted in accounts.items()
        }
    )


def learn(ledger: Ledger, name: str, account: str, *, host: str = "h", times: int = 1) -> None:
    attribution = MATCHER.match(account, host, None, statement(name))
    ledger.lessons.learn(statement(name), account, host, attribution, sighted=times)


def find(shares: Shares, name: str) -> dict[str, float]:
    return {
        query.integration.name: query.executions
        for query in shares.queries
        if query.statement.fingerprint == name and query.executions
    }


def test_a_shape_seen_from_one_account_is_laid_to_it_whole() -> None:
    ledger = Ledger(MATCHER)
    learn(ledger, "a", "vendor")
    shares = ledger.share([growth("a", 10, 2.0), growth("b", 5, 6.0)], None)
    (query,) = shares.queries
    assert (query.integration.name, query.executions, query.evidence) == ("vendor", 10, Evidence.COUNTED)
    assert (query.seconds, query.rows_examined, query.rows_sent) == (2.0, 1_000, 10)
    assert (shares.seconds, shares.unattributed_seconds) == (8.0, 6.0)


def test_without_the_accounts_counters_a_shared_shape_is_divided_as_it_was_seen() -> None:
    ledger = Ledger(MATCHER)
    learn(ledger, "a", "vendor", times=3)
    learn(ledger, "a", "root")
    shares = ledger.share([growth("a", 8)], None)
    assert find(shares, "a") == {"vendor": 6, "opendental": 2}
    assert {query.evidence for query in shares.queries} == {Evidence.INFERRED}


def test_the_accounts_counters_correct_what_was_seen() -> None:
    """Seen as often from both, the shape was run by the one whose counter has room for it."""
    ledger = Ledger(MATCHER)
    learn(ledger, "own", "vendor")
    learn(ledger, "both", "vendor")
    learn(ledger, "both", "other")
    shares = ledger.share([growth("own", 500), growth("both", 100)], margins(vendor=580, other=20))
    assert find(shares, "own") == {"vendor": 500}
    assert find(shares, "both") == pytest.approx({"vendor": 80, "other": 20}, rel=0.01)
    assert shares.unattributed_seconds == pytest.approx(0, abs=0.1)


def test_a_shape_never_seen_goes_where_room_is_left_and_is_inferred() -> None:
    ledger = Ledger(MATCHER)
    learn(ledger, "a", "vendor")
    shares = ledger.share([growth("a", 100), growth("b", 40)], margins(vendor=100, other=40))
    assert find(shares, "b") == {"other": pytest.approx(40)}
    assert {query.integration.name: query.evidence for query in shares.queries} == {
        "vendor": Evidence.COUNTED,
        "other": Evidence.INFERRED,
    }


def test_places_that_rise_and_fall_with_a_shape_come_to_have_it() -> None:
    """Two shapes that nobody ever saw running, and two accounts: their counts tell in time which is whose."""
    ledger = Ledger(MATCHER)
    dice = random.Random(7)
    shares = ledger.share([], margins())
    for _ in range(150):
        one, two = dice.randint(0, 100), dice.randint(0, 100)
        shares = ledger.share([growth("one", one), growth("two", two)], margins(vendor=one, other=two))
    shares = ledger.share([growth("one", 50), growth("two", 50)], margins(vendor=50, other=50))
    assert find(shares, "one")["vendor"] > 45
    assert find(shares, "two")["other"] > 45


def test_what_finds_no_room_is_the_residual() -> None:
    ledger = Ledger(MATCHER)
    shares = ledger.share([growth("a", 100, 10.0)], margins(vendor=25))
    assert find(shares, "a") == {"vendor": pytest.approx(25)}
    assert shares.unattributed_seconds == pytest.approx(7.5)


def test_more_than_an_account_ran_cannot_be_all_its_own() -> None:
    """Only the vendor was seen running it, but its counter has half of the runs: somebody else has the others."""
    ledger = Ledger(MATCHER)
    learn(ledger, "a", "vendor")
    shares = ledger.share([growth("a", 1_000)], margins(vendor=500, other=500))
    assert find(shares, "a") == pytest.approx({"vendor": 500, "other": 500}, rel=0.01)
    assert {query.evidence for query in shares.queries} == {Evidence.INFERRED}


def test_readings_some_milliseconds_apart_cost_nothing_in_the_end() -> None:
    """What one margin has more than the other it lacks at the next reading."""
    ledger = Ledger(MATCHER)
    learn(ledger, "own", "vendor")
    learn(ledger, "both", "vendor", times=5)
    learn(ledger, "both", "other", times=5)
    laid = unattributed = 0.0
    for turn in range(100):
        early = 3 if turn % 2 else -3
        shares = ledger.share(
            [growth("own", 500), growth("both", 100)], margins(vendor=550 + early, other=50 - early)
        )
        laid += find(shares, "both")["vendor"]
        unattributed += shares.unattributed_seconds
    assert laid == pytest.approx(5_000, rel=0.01)
    assert unattributed == pytest.approx(0, abs=0.02 * 6_000)


def test_one_integration_at_many_hosts_is_certain() -> None:
    """Twenty workstations run the same shapes: whose they are is not in doubt, only from which host."""
    ledger = Ledger(MATCHER)
    for host in range(20):
        learn(ledger, "a", "root", host=f"10.0.0.{host}")
    counted = {
        AccountKey(account="root", host=f"10.0.0.{host}", operation=Operation.SELECT): grown(5)
        for host in range(20)
    }
    (query,) = ledger.share([growth("a", 100)], Margins(accounts=counted)).queries
    assert (query.integration.name, query.executions) == ("opendental", pytest.approx(100))
    assert query.evidence is Evidence.COUNTED


def test_a_marked_shape_that_was_never_seen_goes_to_its_integration() -> None:
    ledger = Ledger(MATCHER)
    shares = ledger.share([growth("cache", 10), growth("plain", 30)], margins(root=40))
    assert find(shares, "cache") == {"marked": pytest.approx(10)}
    assert find(shares, "plain") == {"opendental": pytest.approx(30)}


def test_what_turned_out_to_be_somebody_elses_is_unlearned() -> None:
    ledger = Ledger(MATCHER)
    learn(ledger, "a", "vendor", times=50)
    learn(ledger, "a", "vendor", times=-50)
    learn(ledger, "a", "other")
    assert find(ledger.share([growth("a", 10)], None), "a") == {"other": 10}


def test_several_hashes_of_one_shape_are_one_row() -> None:
    """For several databases, or on MySQL with and without a default one."""
    ledger = Ledger(MATCHER)
    learn(ledger, "a", "vendor")
    (query,) = ledger.share([growth("a", 10), growth("a", 5)], margins(vendor=15)).queries
    assert query.executions == 15


def test_where_the_server_has_no_room_for_every_account_an_unnamed_one_is_not_limited() -> None:
    ledger = Ledger(MATCHER)
    learn(ledger, "a", "vendor")
    shares = ledger.share([growth("a", 10)], replace(margins(other=5), complete=False))
    assert find(shares, "a") == {"vendor": 10}


def test_time_and_rows_follow_the_executions_within_their_own_margins() -> None:
    """The same shape, a hundred times as slow from one of the two accounts."""
    ledger = Ledger(MATCHER)
    learn(ledger, "both", "vendor", times=5)
    learn(ledger, "both", "other", times=5)
    shares = ledger.share([growth("both", 20, 10.1)], margins(vendor=(10, 10.0), other=(10, 0.1)))
    seconds = {query.integration.name: query.seconds for query in shares.queries}
    assert seconds == pytest.approx({"vendor": 10.0, "other": 0.1}, rel=0.02)


def test_thousands_of_shapes_never_seen_are_shared_out_together() -> None:
    ledger = Ledger(MATCHER)
    shares = ledger.share([growth(f"s{number}", 2) for number in range(5_000)], margins(vendor=10_000))
    assert sum(query.executions for query in shares.queries) == pytest.approx(10_000)
    assert shares.unattributed_seconds == pytest.approx(0, abs=1e-6)


def test_the_sessions_own_counters_part_integrations_on_one_account() -> None:
    """Both run the shape on root; how much each of them ran is known by their sessions."""
    ledger = Ledger(MATCHER)
    learn(ledger, "plain", "root", times=5)
    ledger.lessons.learn(
        statement("plain"), "root", "h", MATCHER.match("root", "h", None, statement("cache")), sighted=5.0
    )
    place = Place("root", "h", Operation.SELECT)
    counted = replace(margins(root=100), live={place: {"opendental": grown(90), "marked": grown(10)}})
    shares = ledger.share([growth("plain", 100)], counted)
    assert find(shares, "plain") == pytest.approx({"opendental": 90, "marked": 10}, rel=0.01)


def test_records_tell_who_runs_a_shape_and_polls_how_often() -> None:
    """A server writes down the last ten of each session, whether it ran ten or a thousand."""
    ledger = Ledger(MATCHER)
    for account, sighted, recorded in (("vendor", 45.0, 10.0), ("other", 5.0, 10.0)):
        attribution = MATCHER.match(account, "h", None)
        ledger.lessons.learn(statement("a"), account, "h", attribution, sighted=sighted, recorded=recorded)
    found = find(ledger.share([growth("a", 100)], None), "a")
    assert found == pytest.approx({"vendor": 90, "other": 10}, abs=2)


def test_time_that_grew_without_an_execution_ends_nothing() -> None:
    ledger = Ledger(MATCHER)
    for account in ("vendor", "other"):
        learn(ledger, "a", account)
    shares = ledger.share([growth("a", 0, 2.0)], margins(vendor=(0, 2.0)))
    assert sum(query.executions for query in shares.queries) == 0
    assert shares.seconds == 2.0


def test_what_no_record_tells_is_not_laid_where_all_were_told() -> None:
    """On one account: of the office everything was written down, of the other one run in forty."""
    ledger, shape, place = Ledger(MATCHER), statement("shared"), Place("root", "h", Operation.SELECT)
    for integration, untold in ((OFFICE, 0.0), (VENDOR, 0.975)):
        attribution = Attribution(integration=integration, reason="a session of its own")
        ledger.lessons.learn(shape, "root", "h", attribution, recorded=5.0, records=5.0)
        ledger.lessons.tell(Entry(integration.name, place), untold)
    shares = ledger.share([growth("shared", 50.0)], margins(root=50.0))
    found = {query.attribution.integration.name: query.executions for query in shares.queries}
    assert found == pytest.approx({"opendental": 5.0, "vendor": 45.0})


def test_room_moves_nothing_that_was_seen() -> None:
    """What polls saw of one shape stays; of the other, seen before alone, each has what its account has left."""
    ledger = Ledger(MATCHER)
    for account in ("vendor", "other"):
        learn(ledger, "before", account, times=5)
    ledger.share([growth("before", 10)], margins(vendor=5, other=5))
    learn(ledger, "now", "vendor", times=5)
    learn(ledger, "now", "other", times=1)
    shares = ledger.share([growth("now", 6), growth("before", 10)], margins(vendor=9, other=7))
    assert find(shares, "now") == pytest.approx({"vendor": 5, "other": 1})
    assert find(shares, "before") == pytest.approx({"vendor": 4, "other": 6})


def test_what_was_seen_is_never_more_than_the_shape_grew_or_the_account_ran() -> None:
    """An end that a poll saw may be counted later, and the same shape may be counted as another kind too."""
    ledger = Ledger(MATCHER)
    for account, times in (("vendor", 6), ("other", 2)):
        learn(ledger, "a", account, times=times)
    shares = ledger.share([growth("a", 4)], margins(vendor=3, other=0))
    assert find(shares, "a") == pytest.approx({"vendor": 3})
    assert shares.unattributed_seconds == pytest.approx(0.1)


@pytest.mark.parametrize(("records", "vendor"), [(1, 2.5), (1_000, 3.6)])
def test_the_time_of_what_was_seen_goes_by_how_long_a_run_takes_whom(records: int, vendor: float) -> None:
    """As far as enough is known of it: one run of each is next to nothing."""
    ledger = Ledger(MATCHER)
    for account, seconds in (("vendor", 0.9), ("other", 0.3)):
        learn(ledger, "a", account, times=4)
        runs = Runs(recorded=records, recorded_seconds=records * seconds)
        ledger.lessons.time(statement("a"), account, "h", account, runs)
    shares = ledger.share([growth("a", 8, 4.8)], None)
    seconds_by_name = {query.integration.name: query.seconds for query in shares.queries}
    assert seconds_by_name == pytest.approx({"vendor": vendor, "other": 4.8 - vendor}, abs=0.05)
