"""Injects changes into a watched office at random hours, and says what was found of them."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from statistics import median

from querywatch.analysis.regression import Cause
from tests.replay.office import DAY, START
from tests.replay.replay import Outcome, Replay, draw_injection, follow, inject

_FOLLOWED_SECONDS = 4 * DAY  # over a weekend


def run_injections(
    replay: Replay, from_day: float, to_day: float, rounds: int, draw: Random
) -> Iterator[Outcome]:
    """One change of each cause at each of so many random moments; each goes its own way from there."""
    for moment in sorted(draw.uniform(from_day, to_day) for _ in range(rounds)):
        replay.run(START + moment * DAY)
        for cause in Cause:
            other = replay.copy()
            injection = draw_injection(draw, other.office, cause)
            inject(other, injection, draw)
            yield follow(other, injection, _FOLLOWED_SECONDS)


def render_table(outcomes: Sequence[Outcome]) -> str:
    """What was found of each cause, as a table in Markdown."""
    lines = [
        "| injected | changes | found | delay after the third run, median | cause right | ten minutes on |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        _render_row(cause, [each for each in outcomes if each.injection.cause is cause]) for cause in Cause
    ]
    return "\n".join([*lines, _render_row("all", outcomes)])


def _render_row(name: str, outcomes: Sequence[Outcome]) -> str:
    found = [each for each in outcomes if each.delay_seconds is not None]
    delay = f"{find_median_delay(found):.0f} s" if found else ""
    right = find_ratio(each.cause is each.injection.cause for each in found)
    later = find_ratio(each.cause_later is each.injection.cause for each in found)
    share = find_ratio(each.delay_seconds is not None for each in outcomes)
    return f"| {name} | {len(outcomes)} | {share:.1%} | {delay} | {right:.1%} | {later:.1%} |"


def find_median_delay(outcomes: Iterable[Outcome]) -> float:
    """Of those that were found."""
    return median(each.delay_seconds for each in outcomes if each.delay_seconds is not None)


def find_ratio(hits: Iterable[bool]) -> float:
    """The share that is true; 0 of nothing."""
    counted = list(hits)
    return sum(counted) / len(counted) if counted else 0.0
