"""Trials: the verdict, what spoils one, and what is kept of it."""

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from querywatch.cli import main
from querywatch.errors import StateError
from querywatch.service.trials import RUNNING, judge_trials
from querywatch.store import Store
from querywatch.store.slices import KEPT_SECONDS, load_slices, save_slices
from querywatch.store.trials import TrialRecord, load_trials, save_trial
from querywatch.trial.contrast import find_power_minutes, find_t
from querywatch.trial.gathering import Counted, Gathering
from querywatch.trial.judgement import Judgement, Question, Verdict, find_judgement
from querywatch.trial.slices import ALL_SHAPES, Activity, Slice, Work

_MINUTES = 60
_START = 6_000_000.0


def _make_slice(number: int, slowdown: float, *, on: bool) -> Slice:
    """A minute of an office with three shapes, whose load goes a little up and down."""
    load = (1.0 + 0.02 * (-1) ** number) * (slowdown if on else 1.0)
    shapes = {"a": (40.0, 0.002), "b": (10.0, 0.05), "c": (4.0, 0.3)}
    vendor = {"vendor": Activity(sessions=1, work=Work(runs=60.0, seconds=6.0))}
    return Slice(
        started_at=_START + 60.0 * number,
        seconds=60.0,
        office={name: Work(runs=runs, seconds=runs * each * load) for name, (runs, each) in shapes.items()},
        others=vendor if on else {},
    )


def _make_slices(slowdown: float) -> list[Slice]:
    """An hour on, an hour off, an hour on."""
    return [
        _make_slice(number, slowdown, on=not _MINUTES <= number < 2 * _MINUTES)
        for number in range(3 * _MINUTES)
    ]


def _judge(slices: list[Slice], **more: object) -> Judgement:
    question = Question(
        integration="vendor", started_at=_START + 60.0 * _MINUTES, until=_START + 60.0 * 3 * _MINUTES
    )
    return find_judgement(replace(question, **more), slices)  # type: ignore[arg-type] # a test's own words


def test_an_office_that_is_fast_while_the_vendor_is_off_has_its_cause() -> None:
    """B11: with the effect and its interval."""
    judgement = _judge(_make_slices(1.5))
    assert judgement.verdict is Verdict.CAUSE
    assert judgement.effect is not None
    assert judgement.effect.low < 1.5 < judgement.effect.high
    assert judgement.effect.low > 1.25


def test_an_office_that_stays_as_it_was_rules_the_vendor_out() -> None:
    """B10: with the numbers of both windows."""
    judgement = _judge(_make_slices(1.0))
    assert judgement.verdict is Verdict.RULED_OUT
    assert judgement.off is not None
    assert judgement.on is not None
    assert judgement.off.office_statements == 54 * 60
    assert judgement.off.milliseconds_a_run == pytest.approx(judgement.on.milliseconds_a_run, rel=0.02)


def test_nothing_is_a_cause_before_it_came_back() -> None:
    """What is faster with it off may be faster for another reason."""
    judgement = _judge(_make_slices(1.5)[: 2 * _MINUTES])
    assert judgement.verdict is Verdict.NOT_ENOUGH
    assert "turn it on again" in judgement.reason


def test_one_switch_alone_is_no_cause() -> None:
    """The office became faster as the vendor went, and stayed so when it came back."""
    slices = [
        replace(fast, others=slow.others) if number >= 2 * _MINUTES else slow
        for number, (slow, fast) in enumerate(zip(_make_slices(2.0), _make_slices(1.0), strict=True))
    ]
    assert _judge(slices).verdict is Verdict.NOT_ENOUGH


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda each: replace(each, server_started_at=each.started_at - 1_800.0), "restarted"),
        (lambda each: replace(each, upkeep=True), "backup"),
    ],
)
def test_a_spoilt_comparison_is_none_and_says_why(spoil: object, reason: str) -> None:
    """B23: a restart or a backup in between."""
    slices = _make_slices(1.5)
    slices[90] = spoil(slices[90])  # type: ignore[operator] # one of the two above
    judgement = _judge(slices)
    assert judgement.verdict is Verdict.NOT_ENOUGH
    assert reason in judgement.reason


def test_a_restart_that_nobody_saw_spoils_it() -> None:
    """B23: the daemon was away with the server; the server's own start tells."""
    away = range(85, 95)
    slices = [
        replace(each, server_started_at=_START + 60.0 * (90 if number > 90 else -5_000))
        for number, each in enumerate(_make_slices(1.5))
        if number not in away
    ]
    judgement = _judge(slices)
    assert judgement.verdict is Verdict.NOT_ENOUGH
    assert "restarted" in judgement.reason
    assert (
        _judge([replace(each, server_started_at=_START - 60.0) for each in slices]).verdict is Verdict.CAUSE
    )


def test_a_server_that_starts_with_the_trial_did_not_restart_in_it() -> None:
    """An uptime in whole seconds puts the start up to one later than it was."""
    first = _START + 60.0
    slices = [replace(each, server_started_at=first + 0.9) for each in _make_slices(1.5)[1:]]
    assert _judge(slices).verdict is Verdict.CAUSE
    assert "restarted" in _judge([replace(each, server_started_at=first + 30.0) for each in slices]).reason


def test_counts_that_are_rarer_than_slices_still_show_the_silence() -> None:
    """Counted each half minute in slices of twenty seconds: what a count saw reaches back to the one before."""
    slices = [
        replace(each, started_at=_START + 20.0 * (number * 30 // 20), seconds=30.0)
        for number, each in enumerate(_make_slices(1.5))
    ]
    silent_from, until = _START + 20.0 * 90, slices[-1].started_at + 30.0
    judgement = _judge(slices, started_at=silent_from, until=until, slice_seconds=20.0)
    assert judgement.verdict is Verdict.CAUSE, judgement


def test_a_vendor_that_goes_on_was_not_off() -> None:
    """B23: one statement in each other minute is not silence."""
    slices = _make_slices(1.5)
    noise = {"vendor": Activity(work=Work(runs=1.0, seconds=0.1))}
    slices = [replace(each, others=each.others or noise) if n % 2 else each for n, each in enumerate(slices)]
    judgement = _judge(slices)
    assert judgement.verdict is Verdict.NOT_ENOUGH
    assert "not really off" in judgement.reason


def test_a_gap_in_sight_is_no_silence() -> None:
    """What nobody saw may have run."""
    slices = [replace(each, seconds=0.0) if not each.others else each for each in _make_slices(1.5)]
    assert _judge(slices).state == "waiting"


def test_a_usual_pause_is_no_silence() -> None:
    """A vendor that asks once in a quarter of an hour was not switched off in between."""
    slices = [
        each if number % 15 == 0 else replace(each, others={})
        for number, each in enumerate(_make_slices(1.0))
        if not _MINUTES <= number < 2 * _MINUTES
    ]
    slices = [replace(each, started_at=_START + 60.0 * number) for number, each in enumerate(slices)]
    assert _judge(slices).state == "waiting"


def test_another_integration_that_changed_spoils_it() -> None:
    """It is named, with what it did."""
    slices = [
        replace(each, others={**each.others, "sync": Activity(work=Work(runs=9.0, seconds=30.0))})
        if each.others
        else each
        for each in _make_slices(1.5)
    ]
    judgement = _judge(slices)
    assert judgement.verdict is Verdict.NOT_ENOUGH
    assert "sync changed" in judgement.reason


def test_who_only_suffered_with_the_office_did_not_change() -> None:
    """As many runs as before, each of them faster since the culprit went."""
    slices = [
        replace(each, others={**each.others, "sync": Activity(work=Work(runs=9.0, seconds=seconds))})
        for each in _make_slices(3.0)
        for seconds in [30.0 if each.others else 6.0]
    ]
    assert _judge(slices).verdict is Verdict.CAUSE


@pytest.mark.parametrize("busier", [True, False], ids=["more", "fewer"])
def test_who_runs_more_or_less_often_did_change(*, busier: bool) -> None:
    """Both spoil the comparison, whatever the time of a run did meanwhile."""
    slices = [
        replace(each, others={**each.others, "sync": Activity(work=Work(runs=runs, seconds=12.0))})
        for each in _make_slices(1.5)
        for runs in [30.0 if bool(each.others) is busier else 6.0]
    ]
    assert "sync changed" in _judge(slices).reason


def test_too_few_statements_are_said_to_be() -> None:
    """A closed office proves nothing."""
    slices = [replace(each, office={"c": Work(runs=1.0, seconds=0.3)}) for each in _make_slices(1.5)]
    assert "too few" in _judge(slices).reason


def test_a_silence_of_the_past_can_be_judged() -> None:
    """The vendor was down last night: who names the time needs no start."""
    window = (_START + 60.0 * _MINUTES, _START + 120.0 * _MINUTES)
    assert _judge(_make_slices(1.5), off=window).verdict is Verdict.CAUSE
    assert "not really off" in _judge(_make_slices(1.5), off=(_START, _START + 1_800.0)).reason


def test_the_rest_of_a_silence_is_not_taken_for_on() -> None:
    """Who names the middle of a silence gets the same effect as who names all of it."""
    middle = (_START + 60.0 * 75, _START + 60.0 * 105)
    judgement = _judge(_make_slices(1.5), off=middle)
    assert judgement.verdict is Verdict.CAUSE
    assert judgement.effect is not None
    assert judgement.effect.ratio == pytest.approx(1.5, rel=0.03)


def test_sampled_shapes_give_way_to_the_accounts_counters() -> None:
    """Polls of short statements are thin; the busy time of all of them is counted."""
    slices = [
        replace(each, sampled=True, office={"a": Work(runs=1.0, seconds=9.0), ALL_SHAPES: each.office["b"]})
        for each in _make_slices(1.5)
    ]
    judgement = _judge(slices)
    assert judgement.verdict is Verdict.CAUSE
    assert judgement.sampled


def test_small_effects_need_longer() -> None:
    """The time is known before the start; Student's t is the table's."""
    assert find_power_minutes(1.2, 1.05, 20.0) < find_power_minutes(1.14, 1.05, 20.0)
    assert find_power_minutes(1.0, 1.1, 20.0) < find_power_minutes(1.0, 1.05, 20.0) <= 1_440.0
    assert find_t(10.0) == pytest.approx(1.812, abs=0.01)


def test_counts_add_up_to_slices() -> None:
    """A slice ends with the first count after it."""
    gathering = Gathering(60.0)
    counts = [
        Counted(
            at=at,
            seconds=10.0,
            office=(("a", Work(runs=2.0, seconds=0.5)),),
            others=(("vendor", Activity(sessions=sessions)),),
        )
        for at, sessions in ((5.0, 3), (15.0, 1), (65.0, 0))
    ]
    ended = [gathering.add(each) for each in counts]
    assert ended[:2] == [None, None]
    assert ended[2] == Slice(
        started_at=0.0,
        seconds=20.0,
        office={"a": Work(runs=4.0, seconds=1.0)},
        others={"vendor": Activity(sessions=3)},
    )


def test_a_trial_survives_in_the_state_file(tmp_path: Path) -> None:
    """Whoever opens the file judges the same; a verdict ends the trial, and old slices go."""
    slices = _make_slices(1.5)
    now = slices[-1].started_at + 60.0
    store = Store.open(tmp_path)
    with store.writing() as connection:
        save_slices(connection, "a", slices, now)
        trial = TrialRecord(
            integration="vendor", question="office", started_at=slices[60].started_at, state=RUNNING
        )
        save_trial(connection, "a", trial, now)
    store.close()
    store = Store.open(tmp_path)
    with store.writing() as connection:
        kept = load_slices(connection, "a", 0.0, now)[100]
        assert kept.others == slices[100].others
        assert kept.office["c"].seconds == pytest.approx(slices[100].office["c"].seconds, rel=1e-4)
        (state,) = judge_trials(connection, "a", now)
        assert state.state == "cause"
        assert state.effect_ratio == pytest.approx(1.5, rel=0.1)
        (ended,) = load_trials(connection, "a")
        assert ended.verdict.startswith("cause: ")
        assert judge_trials(connection, "a", now + 60.0) == (state,)
        save_slices(connection, "a", (), now + KEPT_SECONDS)
        assert len(load_slices(connection, "a", 0.0, now)) == 0
    store.close()


def test_a_restart_is_kept_and_read_from_old_rows(tmp_path: Path) -> None:
    """The server's start by its uptime; a row of the first form says that there was a restart, or not."""
    old = {"seconds": 60.0, "office": {}, "others": {}, "marks": [0, 1, 0]}
    store = Store.open(tmp_path)
    with store.writing() as connection:
        save_slices(connection, "a", [Slice(started_at=60.0, seconds=60.0, server_started_at=7.25)], 60.0)
        for started_at, marks in ((120.0, [0, 1, 0]), (180.0, [1, 0, 1])):
            packed = zlib.compress(json.dumps(old | {"marks": marks}).encode())
            connection.execute("INSERT INTO slices VALUES ('a', ?, ?)", (started_at, packed))
        kept, restarted, calm = load_slices(connection, "a", 0.0, 200.0)
    store.close()
    assert (kept.server_started_at, restarted.server_started_at, calm.server_started_at) == (
        7.25,
        120.0,
        None,
    )
    assert (calm.sampled, calm.upkeep) == (True, True)


def test_a_damaged_slice_is_said_to_be(tmp_path: Path) -> None:
    """It is a fault of the state, and never a zero."""
    store = Store.open(tmp_path)
    with store.writing() as connection:
        connection.execute("INSERT INTO slices VALUES ('a', 1.0, x'00')")
        with pytest.raises(StateError):
            load_slices(connection, "a", 0.0, 2.0)
    store.close()


def test_the_command_starts_shows_and_stops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it says before the start, and that a second start is refused."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'[state]\ndirectory = "{tmp_path / "state"}"\n[[servers]]\nname = "a"\nhost = "127.0.0.1"\nuser = "q"\n'
        '[[integrations]]\nname = "vendor"\nkind = "direct-read"\naccounts = ["v"]\n'
    )

    def run(*words: str) -> int:
        return main(["trial", *words, "--config", str(config)])

    assert run("status", "vendor") == 1
    assert run("start", "vendor") == 0
    assert "shows a slowdown of 20% in four offices" in capsys.readouterr().out
    assert run("start", "vendor") == 1
    assert run("status", "vendor") == 0
    assert "has not gone silent yet" in capsys.readouterr().out
    assert run("stop", "vendor") == 0
    assert run("stop", "vendor") == 1
    assert run("start", "nobody") == 78
