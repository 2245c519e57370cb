"""What `trial` says to people: how far it is, what came of it, and what to do next."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from querywatch.service.trials import STOPPED
from querywatch.trial.judgement import Verdict
from querywatch.trial.states import find_words

_TIMES_FROM = 2.0  # from here on it is said how many times as long, not how many per cent longer
_WAITING = "turn it off, or wait until it is; querywatch off {name} prints how"
_TOO_SHORT = "leave it off a few minutes longer"
_FASTER = "turn it on again; querywatch off {name} prints how"
_BACK = "leave it on a few minutes longer, and ask again"
_OVER = "querywatch trial start {name} tries again"


def print_trial(console: Console, answer: dict[str, Any]) -> None:
    """One server's answer, for people."""
    name, state = answer["integration"], answer["state"]
    heading = "over" if state == STOPPED else find_words(state)
    console.print(Text(f"Trial of {name} on {answer['server']}: {heading}", style="bold"))
    if "power" in answer:
        console.print(Text(f"{answer['power']}\nNext: {answer['next']}"))
        return
    verdict = f"{answer['verdict']}: {answer['reason']}."
    console.print(Text(verdict[0].upper() + verdict[1:] if state == STOPPED else f"So far {verdict}"))
    lines = [
        *_describe_times(answer),
        *_describe_effect(answer),
        *_describe_windows(answer),
        *_describe_method(answer),
        *_describe_next(answer),
    ]
    for line in lines:
        console.print(Text(line))


def _describe_times(answer: dict[str, Any]) -> list[str]:
    if answer["off_at"] is None:
        return []
    seen = f"It was seen off from {_render_time(answer['off_at'])}"
    if answer["back_at"] is None:
        return [f"{seen} on, and has not come back yet."]
    return [f"{seen}, and on again at {_render_time(answer['back_at'])}."]


def _render_time(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%a %H:%M}"


def _describe_effect(answer: dict[str, Any]) -> list[str]:
    if not (effect := answer["effect"]):
        return []
    ratio, low, high = (render_ratio(effect[name]) for name in ("ratio", "low", "high"))
    return [f"With it on, the office's statements take {ratio} (90 % sure: between {low} and {high})."]


def render_ratio(ratio: float) -> str:
    """How much longer or less long, in words: '30 % longer', '26 % less long', '3.1 times as long'."""
    if ratio >= _TIMES_FROM:
        return f"{ratio:,.1f} times as long" if ratio < 10.0 else f"{ratio:,.0f} times as long"
    share = abs(ratio - 1.0)
    if share < 0.005:
        return "as long"
    return f"{100.0 * share:.0f} % {'longer' if ratio > 1.0 else 'less long'}"


def _describe_windows(answer: dict[str, Any]) -> list[str]:
    lines = []
    for side in ("off", "on"):
        if numbers := answer[side]:
            milliseconds = numbers["milliseconds_a_run"]
            each = "" if milliseconds is None else f", {milliseconds:,.2f} ms each"
            count = f"{numbers['office_statements']:,.0f} of the office's statements"
            lines.append(f"{side:>5}: {numbers['minutes']:.1f} minutes, {count}{each}")
    return lines


def _describe_method(answer: dict[str, Any]) -> list[str]:
    lines = []
    if answer["sampled"]:
        lines.append(
            "This server does not count each statement by itself: the office's statements were compared all together."
        )
    if answer["by_usual_hours"]:
        lines.append("Each hour was compared with what is usual for it at that hour of the week.")
    return lines


def _describe_next(answer: dict[str, Any]) -> list[str]:
    if answer["verdict"] != Verdict.NOT_ENOUGH:
        return []
    if (minutes := answer["minutes_needed"]) is not None:
        return [f"Next: about {minutes:.0f} more minutes with it off may tell."]
    return [f"Next: {_find_next(answer).format(name=answer['integration'])}."]


def _find_next(answer: dict[str, Any]) -> str:
    if answer["state"] == "off":
        return _FASTER if answer["effect"] else _TOO_SHORT
    return {"waiting": _WAITING, "back": _BACK}.get(answer["state"], _OVER)
