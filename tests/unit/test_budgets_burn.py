"""The day's allowance of a budget burns by what runs, faster while the office is open, and anew each day."""

from collections import defaultdict
from dataclasses import replace

import pytest

from querywatch.analysis.budgets_burn import Burn, BurnBook
from querywatch.analysis.rules.frequency_budget import find
from querywatch.analysis.situation import AccountLoad, Limits, Situation
from querywatch.attribution.amounts import AccountAmount
from querywatch.hours import parse_weekly_hours
from querywatch.model import Attribution, Budgets, Evidence, Integration, Kind, Operation

HOURS = parse_weekly_hours(["mon-fri 08:00-18:00"])
VENDOR = Integration(
    name="recall-texter", kind=Kind.DIRECT_READ, budgets=Budgets(statements_per_minute=10, busy_ratio=0.1)
)
KEY = ("recall-texter", "statements_per_minute")
MORNING = 8 * 60.0  # Monday


def _ran(statements: float, seconds: float = 0.0) -> list[AccountAmount]:
    return [
        AccountAmount(
            attribution=Attribution(integration=VENDOR, reason="account"),
            account="recall",
            host="10.0.0.5",
            evidence=Evidence.COUNTED,
            statements=defaultdict(float, {Operation.SELECT: statements}),
            seconds=seconds,
        )
    ]


def _observe(book: BurnBook, statements: float, minute: float, seconds: float = 0.0) -> Burn:
    return book.observe(_ran(statements, seconds), [VENDOR], minute)[KEY]


def test_half_of_the_day_used_in_an_hour_is_gone_in_another() -> None:
    """Ten hours at ten a minute allow 6,000; 3,000 in the first hour leave one hour."""
    book = BurnBook(HOURS)
    assert _observe(book, 0, MORNING) == Burn(used_ratio=0.0, gone_in_seconds=None)
    burn = _observe(book, 3_000, MORNING + 60)
    assert burn.used_ratio == pytest.approx(0.5)
    assert burn.gone_in_seconds == pytest.approx(3_600.0)
    assert burn.words == "50 % of the day's allowance used, all of it in 1 h"


def test_server_time_burns_as_statements_do() -> None:
    """A tenth of ten hours is an hour of the server's time; six minutes of it are a tenth."""
    book = BurnBook(HOURS)
    burns = book.observe(_ran(1, seconds=360.0), [VENDOR], MORNING)
    assert burns["recall-texter", "busy_ratio"].used_ratio == pytest.approx(0.1)


def test_the_night_weighs_less_than_the_day() -> None:
    """The same statements burn four times as much while the office is open."""
    by_night, by_day = BurnBook(HOURS), BurnBook(HOURS)
    night, day = _observe(by_night, 600, MORNING - 120), _observe(by_day, 600, MORNING + 120)
    assert day.used_ratio == pytest.approx(4 * night.used_ratio)


def test_what_is_gone_is_gone_until_midnight() -> None:
    """Used up says so without a time to come; the next day begins at nothing."""
    book = BurnBook(HOURS)
    assert _observe(book, 9_000, MORNING) == Burn(used_ratio=1.5, gone_in_seconds=0.0)
    assert _observe(book, 0, MORNING + 1).words == "150 % of the day's allowance used"
    assert _observe(book, 0, MORNING + 1_440).used_ratio == 0.0


def test_a_pace_that_lasts_for_the_day_names_no_end() -> None:
    """Within its budget an integration is told no time at which all would be gone."""
    book = BurnBook(HOURS)
    _observe(book, 0, MORNING)
    assert _observe(book, 300, MORNING + 60).gone_in_seconds is None


def test_nothing_is_told_without_a_clock_or_a_budget() -> None:
    """Neither a guess of the hour nor an allowance that nobody gave."""
    assert BurnBook(HOURS).observe(_ran(5), [VENDOR], None) == {}
    assert BurnBook(HOURS).observe(_ran(5), [replace(VENDOR, budgets=Budgets())], MORNING) == {}


def test_a_broken_budget_tells_how_far_the_day_is_used() -> None:
    """The finding names the rate, the budget, and when the day's allowance is gone."""
    load = AccountLoad(
        integration=VENDOR,
        account="recall",
        host=None,
        reason="account",
        statements={Operation.SELECT: 250.0},
        seconds=0.5,
        rows_examined=None,
        rows_sent=None,
        evidence=Evidence.COUNTED,
    )
    situation = Situation(
        now=0.0,
        server=None,
        schema=None,
        limits=Limits(),
        integrations={VENDOR.name: VENDOR},
        window_seconds=300.0,
        accounts=(load,),
        burns={KEY: Burn(used_ratio=0.72, gone_in_seconds=2_430.0)},
    )
    (finding,) = find(situation)
    assert finding.message == (
        "recall-texter is over budget: 50 statements a minute (budget 10; 72 % of the day's allowance used, "
        "all of it in 40 min)."
    )


@pytest.mark.parametrize(("away_seconds", "used_ratio"), [(600.0, 0.5), (86_400.0, 0.0)])
def test_a_restart_forgets_nothing_of_the_day(away_seconds: float, used_ratio: float) -> None:
    """And of a day that is over nothing counts, though it be the same day of the week."""
    before, after = BurnBook(HOURS), BurnBook(HOURS)
    _observe(before, 0, MORNING)
    _observe(before, 3_000, MORNING + 60)
    after.load(before.to_rows(1_000_000.0), 1_000_000.0 + away_seconds)
    burn = _observe(after, 0, MORNING + 70)
    assert burn.used_ratio == pytest.approx(used_ratio)
    assert (burn.gone_in_seconds is None) == (used_ratio == 0.0)
