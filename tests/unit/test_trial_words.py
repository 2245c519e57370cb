"""What `trial` says to people, read as somebody in the office would."""

from typing import Any

import pytest
from rich.console import Console

from querywatch.cli.trial import describe_judgement
from querywatch.cli.trial_words import print_trial, render_ratio
from querywatch.service.trials import RUNNING, STOPPED
from querywatch.trial.contrast import Effect
from querywatch.trial.judgement import Judgement, Verdict, WindowNumbers
from querywatch.trial.states import TrialState

_WINDOW = WindowNumbers(minutes=30.0, office_statements=54_000.0, milliseconds_a_run=2.5)


def say(judgement: Judgement, state: str = RUNNING) -> str:
    """What it prints, on one line."""
    console = Console(width=200)
    with console.capture() as capture:
        print_trial(console, describe_judgement("main", "recall-texter", judgement, state))
    return " ".join(capture.get().split())


def make_judgement(verdict: Verdict, state: str, **more: Any) -> Judgement:
    """One whose reason is the test's."""
    return Judgement(verdict=verdict, reason="for this reason", state=state, **more)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (1.3, "30 % longer"),
        (0.74, "26 % less long"),
        (1.004, "as long"),
        (3.14, "3.1 times as long"),
        (20.3, "20 times as long"),
    ],
)
def test_an_effect_is_said_in_plain_words(ratio: float, said: str) -> None:
    """No sign and no ratio has to be worked out."""
    assert render_ratio(ratio) == said


def test_a_verdict_comes_with_its_times_and_its_numbers() -> None:
    """When it was off, by how much, and what was compared; nothing is left to do."""
    effect = Effect(ratio=1.5, low=1.4, high=1.6)
    judgement = make_judgement(
        Verdict.CAUSE, "back", effect=effect, off=_WINDOW, on=_WINDOW, off_at=1_000_000.0, back_at=1_001_800.0
    )
    said = say(judgement, STOPPED)
    assert said.startswith("Trial of recall-texter on main: over Cause: for this reason.")
    assert "take 50 % longer (90 % sure: between 40 % longer and 60 % longer)" in said
    assert "off: 30.0 minutes, 54,000 of the office's statements, 2.50 ms each" in said
    assert "It was seen off from" in said
    assert "on again at" in said
    assert "Next:" not in said


_FASTER = Effect(ratio=1.5, low=1.4, high=1.6)


@pytest.mark.parametrize(
    ("state", "effect", "heading", "next_step"),
    [
        ("waiting", None, "waiting for it to be turned off", "turn it off, or wait until it is"),
        ("off", None, "turned off now", "leave it off a few minutes longer"),
        ("off", _FASTER, "turned off now", "turn it on again; querywatch off recall-texter"),
        ("back", _FASTER, "on again, being compared", "leave it on a few minutes longer"),
    ],
)
def test_who_waits_is_told_what_for(state: str, effect: Effect | None, heading: str, next_step: str) -> None:
    """Each state says that it is not over, and what to do next."""
    said = say(make_judgement(Verdict.NOT_ENOUGH, state, effect=effect))
    assert f"on main: {heading} So far not enough evidence: for this reason." in said
    assert said.partition("Next: ")[2].startswith(next_step)


def test_who_ended_undecided_is_told_how_to_go_on() -> None:
    """How many more minutes, where that would do; else another trial."""
    assert "Next: about 12 more minutes with it off may tell" in say(
        make_judgement(Verdict.NOT_ENOUGH, "back", minutes_needed=12.4), STOPPED
    )
    assert "querywatch trial start recall-texter" in say(make_judgement(Verdict.NOT_ENOUGH, "back"), STOPPED)


def test_pages_show_the_same_words() -> None:
    """What is a word of ours is explained; a verdict is one already."""
    assert TrialState(integration="a", state="back").words == "on again, being compared"
    assert TrialState(integration="a", state="ruled out").words == "ruled out"
