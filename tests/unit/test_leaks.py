"""What is usual for an account's connections is learnt slowly, survives a restart, and no leak becomes it overnight."""

from querywatch.analysis.leaks import Leaks
from querywatch.analysis.situation import RunningSession
from querywatch.model import Attribution, Integration, Kind, Session

_VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ)
_DAY = 86_400.0
_START = 20_000 * _DAY + 8 * 3600


def make(sleeping: int, account: str = "sync") -> list[RunningSession]:
    session = Session(
        session_id=1,
        account=account,
        host="10.0.0.5",
        database=None,
        command="Sleep",
        state="",
        seconds=9.0,
        statement=None,
    )
    attribution = Attribution(integration=_VENDOR, reason="")
    return [RunningSession(session=session, attribution=attribution, outward_shape="")] * sleeping


def watch(leaks: Leaks, sleeping: int, since: float, hours: float, *, every_minutes: int = 1) -> float | None:
    """Looks again and again; what is usual at the last look."""
    usual = None
    for minute in range(0, int(hours * 60), every_minutes):
        (crowd,) = leaks.observe(make(sleeping), since + 60.0 * minute, _DAY)
        usual = crowd.usual
        assert crowd.sleeping == sleeping
    return usual


def test_nothing_is_usual_before_a_day_was_seen() -> None:
    leaks = Leaks()
    assert watch(leaks, 60, _START, 23.0) is None
    assert watch(leaks, 60, _START + 23 * 3600, 2.0) == 60.0


def test_a_leak_over_days_stays_out_of_what_is_usual() -> None:
    """Sixty for two weeks, then four hundred for five days: usual is still far below a third of that."""
    leaks = Leaks()
    watch(leaks, 60, _START, 24.5)
    watch(leaks, 60, _START + _DAY, 13 * 24, every_minutes=60)
    usual = watch(leaks, 400, _START + 14 * _DAY, 5 * 24, every_minutes=60)
    assert usual == 60.0


def test_a_leak_on_the_second_day_is_not_usual_on_the_third() -> None:
    leaks = Leaks()
    watch(leaks, 60, _START, 25.0)
    usual = watch(leaks, 400, _START + 25 * 3600, 48.0)
    assert usual is not None
    assert usual < 400 / 3


def test_what_lasts_becomes_usual() -> None:
    """An office that grew for good is not told for ever."""
    leaks = Leaks()
    watch(leaks, 60, _START, 24.5)
    usual = watch(leaks, 400, _START + 24.5 * 3600, 28 * 24, every_minutes=60)
    assert usual is not None
    assert usual > 400 / 3


def test_a_gap_in_sight_teaches_nothing() -> None:
    """An hour seen on each of two days is no day's sight."""
    leaks = Leaks()
    watch(leaks, 60, _START, 1.0)
    assert leaks.observe([], _START + 3600.0, _DAY) == ()
    assert watch(leaks, 60, _START + _DAY, 1.0) is None


def test_what_was_learnt_outlives_the_daemon() -> None:
    before = Leaks()
    watch(before, 60, _START, 25.0)
    after = Leaks()
    after.load(before.to_rows())
    assert after.to_rows() == before.to_rows()
    (crowd,) = after.observe(make(400), _START + 26 * 3600, _DAY)
    assert (crowd.usual, crowd.sleeping) == (60.0, 400)
