"""Trials whose windows lie in different hours: each is compared less what is usual at that hour of the week."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from querywatch.analysis.baselines import Moment, Normals
from querywatch.analysis.regression import Runs, Subject
from querywatch.analysis.seasons import SLOTS
from querywatch.service.normals import SHAPE
from querywatch.service.rhythms import load_rhythm
from querywatch.service.trials import RUNNING, judge_trial
from querywatch.store import Store
from querywatch.store.baselines import BaselineRow, save_baselines
from querywatch.store.slices import load_slices, save_slices
from querywatch.store.trials import TrialRecord
from querywatch.trial.judgement import Judgement, Question, Verdict, find_judgement
from querywatch.trial.rhythm import UsualHours, make_rhythm
from querywatch.trial.slices import Activity, Slice, Work

_MONDAY = 1_787_529_600.0
_WEEKS = 2
_LOOKS_AN_HOUR = 20
_SHAPES = {"a": (40.0, 0.002), "b": (10.0, 0.05), "c": (4.0, 0.3)}
_RATIO = 1.4  # from a quiet hour to a busy one
_OFF_HOUR = 12
_OFF_AT = _MONDAY + _WEEKS * 7 * 86_400.0 + _OFF_HOUR * 3_600.0


def _find_load(hour: int, *, busy_noon: bool = False) -> float:
    return _RATIO if (hour == _OFF_HOUR) is busy_noon else 1.0


def _make_slices(effect: float, *, busy_noon: bool = False) -> list[Slice]:
    """On from 11 to 12 and from 13 to 14, off at noon; the load is the hour's, and the effect's."""
    vendor = {"vendor": Activity(sessions=1, work=Work(runs=60.0, seconds=6.0))}
    slices = []
    for number in range(180):
        hour, on = 11 + number // 60, not 60 <= number < 120
        load = _find_load(hour, busy_noon=busy_noon) * (effect if on else 1.0) * (1.0 + 0.02 * (-1) ** number)
        office = {name: Work(runs=runs, seconds=runs * each * load) for name, (runs, each) in _SHAPES.items()}
        slices.append(
            Slice(
                started_at=_OFF_AT + 60.0 * (number - 60),
                seconds=60.0,
                office=office,
                others=vendor if on else {},
                minute_of_week=60.0 * hour + number % 60,
            )
        )
    return slices


@cache
def _learn_weeks(weeks: int) -> tuple[BaselineRow, ...]:
    """The same office's baselines, after so many weeks with the vendor on."""
    normals, seconds, draw = Normals(), 3_600.0 / _LOOKS_AN_HOUR, Random(1)
    for number in range(weeks * SLOTS * _LOOKS_AN_HOUR):
        load = _find_load(number // _LOOKS_AN_HOUR % 24)
        ran = [
            Runs(
                Subject("opendental", name, (), is_third_party=False),
                runs,
                runs * each * load * draw.lognormvariate(0.0, 0.2),
                None,
                None,
            )
            for name, (runs, each) in _SHAPES.items()
        ]
        minute = seconds / 60.0 * number % (SLOTS * 60)
        now = _MONDAY + seconds * (number + 1)
        normals.judge(Moment(now=now, seconds=seconds, minute_of_week=minute, runs=ran))
    return tuple(
        BaselineRow(integration=integration, fingerprint=name, measure=SHAPE, numbers=numbers)
        for integration, name, numbers in normals.to_rows()
    )


def _judge_from_file(directory: Path, slices: Sequence[Slice], weeks: int) -> Judgement:
    """As the daemon does: all that it knows is in the state file."""
    now = slices[-1].started_at + 60.0
    store = Store.open(directory / f"{weeks}")
    with store.writing() as connection:
        save_slices(connection, "office", slices, now)
        save_baselines(connection, "office", _learn_weeks(weeks), now)
        trial = TrialRecord(integration="vendor", question="office", started_at=_OFF_AT, state=RUNNING)
        judgement = judge_trial(connection, "office", trial, now)
    store.close()
    return judgement


def test_a_quiet_hour_is_not_taken_for_the_vendors_absence(tmp_path: Path) -> None:
    """Noon is always faster: by the windows alone the vendor is the cause, by the weeks before it is ruled out."""
    misled = _judge_from_file(tmp_path, _make_slices(1.0), 0)
    assert misled.verdict is Verdict.CAUSE
    assert not misled.by_usual_hours
    judgement = _judge_from_file(tmp_path, _make_slices(1.0), _WEEKS)
    assert judgement.verdict is Verdict.RULED_OUT, judgement
    assert judgement.by_usual_hours


def test_the_effect_that_is_there_stays(tmp_path: Path) -> None:
    """What the hour explains is taken off, and no more than that."""
    judgement = _judge_from_file(tmp_path, _make_slices(1.5), _WEEKS)
    assert judgement.verdict is Verdict.CAUSE
    assert judgement.effect is not None
    assert judgement.effect.ratio == pytest.approx(1.5, rel=0.1)


def test_a_busy_hour_does_not_hide_the_cause() -> None:
    """It was off in an hour that is usually as much slower as the vendor makes the office."""
    slices = _make_slices(_RATIO, busy_noon=True)
    rhythm = make_rhythm({name: _make_usual() for name in _SHAPES})
    question = Question(integration="vendor", started_at=_OFF_AT, until=slices[-1].started_at + 60.0)
    assert find_judgement(question, slices).verdict is Verdict.RULED_OUT
    assert find_judgement(question, slices, rhythm).verdict is Verdict.CAUSE


def _make_usual(hours: int = 6 * SLOTS, seen: int = 5_000) -> UsualHours:
    offsets = [math.log(_find_load(slot % 24, busy_noon=True)) for slot in range(SLOTS)]
    return UsualHours(offsets=offsets, hours=hours, seen=seen)


@pytest.mark.parametrize(("hours", "seen"), [(SLOTS - 1, 5_000), (SLOTS, 20)], ids=["too new", "too rare"])
def test_little_history_adjusts_nothing(hours: int, seen: int) -> None:
    """Before a week is over no hour is told from another, and a handful of runs is chance."""
    rhythm = make_rhythm({"a": _make_usual(hours, seen)})
    assert rhythm.find_offset("a", 12 * 60.0) == 0.0


def test_an_hour_of_an_unknown_clock_adjusts_nothing() -> None:
    """Without the office's clock no hour of the week is known."""
    rhythm = make_rhythm({"a": _make_usual()})
    assert rhythm.find_offset("a", None) == 0.0
    assert rhythm.find_offset("b", 12 * 60.0) == 0.0
    assert rhythm.find_offset("a", 12 * 60.0) == pytest.approx(math.log(_RATIO))


def test_a_third_partys_own_shapes_are_no_hours_of_the_office(tmp_path: Path) -> None:
    """A statement that the vendor runs too is compared by the office's baseline alone."""
    store = Store.open(tmp_path)
    rows = [
        replace(row, integration="vendor", numbers=(*row.numbers[:4], 1.0, *row.numbers[5:]))
        for row in _learn_weeks(_WEEKS)
    ]
    with store.writing() as connection:
        save_slices(connection, "office", _make_slices(1.0), _OFF_AT)
        save_baselines(connection, "office", rows, _OFF_AT)
        slices = load_slices(connection, "office", 0.0, _OFF_AT + 1.0)
        assert slices[0].minute_of_week == 660.0
        assert not load_rhythm(connection, "office", slices).shapes
    store.close()
