"""A day or a week of one server in plain words, from what its state remembers; also when nothing happened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from querywatch.model import Finding, Severity
from querywatch.units import format_count, format_seconds

_TOLD_FINDINGS = 5
_TOLD_INTEGRATIONS = 5
_GAP_WORTH_TELLING_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that a summary is of; `name` is 'day' or 'week'."""

    name: str
    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A finding that was open at some time of the span, at its worst; `resolved_at` is None while it is open."""

    finding: Finding
    opened_at: float
    resolved_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one third party used in the span. `seconds` is None where nothing measured it."""

    integration: str
    statements: float
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a person is told of one server's day or week."""

    server: str
    span: Span
    headline: str
    lines: tuple[str, ...]
    severity: Severity | None  # the worst that was found; None: nothing that hurts
    unseen_seconds: float

    @property
    def text(self) -> str:
        """All of it, a line each."""
        return "\n".join((self.headline, *self.lines))


def make_summary(
    server: str,
    span: Span,
    found: Iterable[Happened],
    used: Iterable[Used],
    gaps: Iterable[tuple[float, float]],
    learning: Iterable[str] = (),
) -> Summary:
    """`found` and `used` are of third parties or of sight itself; `gaps` are (from, until) without sight.

    `learning` are the integrations of which nothing is known to be normal yet.
    """
    told = sorted(_find_worst(found).values(), key=_sort_key)
    hurting = [each for each in told if each.finding.severity is not Severity.INFO]
    unseen = find_unseen_seconds(gaps, span)
    return Summary(
        server=server,
        span=span,
        headline=f"{server}, the last {span.name}: {_say_headline(hurting, unseen)}",
        lines=(*_say_found(hurting), *_say_used(used), *_say_learning(learning), *_say_unseen(unseen)),
        severity=hurting[0].finding.severity if hurting else None,
        unseen_seconds=unseen,
    )


def find_unseen_seconds(gaps: Iterable[tuple[float, float]], span: Span) -> float:
    """The time of the span that lies in a gap; what two gaps share counts once."""
    unseen, reached = 0.0, span.since
    for started_at, ended_at in sorted(gaps):
        start, end = max(started_at, reached), min(ended_at, span.until)
        unseen += max(0.0, end - start)
        reached = max(reached, end)
    return unseen


def render_summary(summary: Summary) -> Mapping[str, object]:
    """The summary as JSON has it."""
    return {
        "server": summary.server,
        "span": summary.span.name,
        "since": summary.span.since,
        "until": summary.span.until,
        "severity": None if summary.severity is None else str(summary.severity),
        "headline": summary.headline,
        "lines": list(summary.lines),
        "unseen_seconds": summary.unseen_seconds,
    }


def _find_worst(found: Iterable[Happened]) -> dict[tuple[str, str, str, str], Happened]:
    """Of what came and went several times, the worst; among equals the latest."""
    worst = dict[tuple[str, str, str, str], Happened]()
    for each in found:
        before = worst.get(each.finding.key)
        if before is None or each.finding.severity.rank >= before.finding.severity.rank:
            worst[each.finding.key] = each
    return worst


def _sort_key(each: Happened) -> tuple[int, float]:
    return (-each.finding.severity.rank, each.opened_at)


def _say_headline(hurting: Sequence[Happened], unseen_seconds: float) -> str:
    if not hurting:
        return "nothing hurt you, as far as it was seen." if _is_told(unseen_seconds) else "nothing hurt you."
    critical = sum(each.finding.severity is Severity.CRITICAL for each in hurting)
    still = sum(each.resolved_at is None for each in hurting)
    things = "1 thing" if len(hurting) == 1 else f"{len(hurting)} things"
    return f"{things} found, {critical} of them critical, {still} still open."


def _say_found(hurting: Sequence[Happened]) -> list[str]:
    lines = [
        f"{each.finding.severity} {each.finding.rule}"
        f"{' (over)' if each.resolved_at is not None else ''}: {each.finding.message}"
        for each in hurting[:_TOLD_FINDINGS]
    ]
    left = len(hurting) - len(lines)
    return [*lines, f"and {left} more, of less weight or later"] if left else lines


def _say_used(used: Iterable[Used]) -> list[str]:
    costliest = sorted(used, key=lambda each: (-(each.seconds or 0.0), -each.statements))
    return [_say_use(each) for each in costliest[:_TOLD_INTEGRATIONS]]


def _say_use(used: Used) -> str:
    time = "" if used.seconds is None else f", {format_seconds(used.seconds)} of the server's time"
    return f"{used.integration}: {format_count(used.statements)} statements{time}"


def _say_learning(learning: Iterable[str]) -> list[str]:
    names = ", ".join(sorted(learning))
    return (
        [f"still learnt: what is normal for {names}; a regression of it cannot be told yet"] if names else []
    )


def _say_unseen(unseen_seconds: float) -> list[str]:
    if not _is_told(unseen_seconds):
        return []
    return [f"not seen: {format_seconds(unseen_seconds)}, in which the server or querywatch was away"]


def _is_told(unseen_seconds: float) -> bool:
    return unseen_seconds >= _GAP_WORTH_TELLING_SECONDS
