"""The life of findings from cycle to cycle: they open, stay, and resolve; the clock is passed in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from querywatch.analysis.rules import RULES, Category
from querywatch.model import Finding, Severity

STATE_STAYS_SECONDS = 300.0
EVENT_STAYS_SECONDS = 86_400.0
QUIET_CYCLES = 3

_RULE_ORDER = {rule.id: place for place, rule in enumerate(RULES)}
_CATEGORIES = {rule.id: rule.category for rule in RULES}
_EVENTS = frozenset(rule.id for rule in RULES if rule.event)

FindingKey = tuple[str, str, str, str]  # Finding.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody knows of an integration's findings of one rule; '' for subject or fingerprint is any."""

    integration: str
    rule: str
    subject: str = ""
    fingerprint: str = ""
    who: str
    why: str
    made_at: float
    until: float

    def covers(self, finding: Finding, opened_at: float, now: float) -> bool:
        """Whether it is in force and about that finding. Of an event, only what had happened by then is known."""
        return (
            now < self.until
            and (finding.integration, finding.rule) == (self.integration, self.rule)
            and self.subject in {"", finding.subject}
            and self.fingerprint in {"", finding.fingerprint}
            and (finding.rule not in _EVENTS or opened_at <= self.made_at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """A finding that has not resolved, as it was last seen.

    `severe_at` is when it was last found at the severity that it shows; `quiet_cycles` counts the cycles in a
    row that looked and did not find it.
    """

    finding: Finding
    opened_at: float
    last_seen_at: float
    severe_at: float
    quiet_cycles: int = 0
    acknowledged_until: float | None = None  # somebody knows of it, until then at the most


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one cycle changed."""

    opened: tuple[OpenFinding, ...] = ()
    worsened: tuple[OpenFinding, ...] = ()
    resolved: tuple[OpenFinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One cause: the findings of one integration and category, under the one that leads them."""

    integration: str
    category: Category
    subject: str
    severity: Severity
    rule: str


class FindingBook:
    """The open findings of one server; those that were open when the daemon stopped are taken up again."""

    def __init__(self, findings: Iterable[OpenFinding] = ()) -> None:
        self._open: dict[FindingKey, OpenFinding] = {each.finding.key: each for each in findings}
        self._acknowledgements: tuple[Acknowledgement, ...] = ()

    @property
    def open(self) -> tuple[OpenFinding, ...]:
        """The open findings, the worst first, then in the order of the rules."""
        return tuple(sorted(self._open.values(), key=_sort_key))

    def set_acknowledgements(self, acknowledgements: Iterable[Acknowledgement], now: float) -> None:
        """What somebody knows of from now on: findings that are open, and those states that open again."""
        self._acknowledgements = tuple(acknowledgements)
        self._open = {key: self._mark(each, now) for key, each in self._open.items()}

    def _mark(self, each: OpenFinding, now: float) -> OpenFinding:
        known = [
            entry.until for entry in self._acknowledgements if entry.covers(each.finding, each.opened_at, now)
        ]
        return replace(each, acknowledged_until=max(known, default=None))

    def update(
        self, found: Iterable[Finding], now: float, *, counted_cycle: bool, blind: bool = False
    ) -> Changes:
        """Takes what one cycle found.

        Only a cycle that read the counters can say that something is quiet, and a blind one (the server was
        away) resolves nothing. Of several findings of one key the worst counts.
        """
        worst = _find_worst(found)
        opened = tuple(
            self._mark(_open(each, now), now) for key, each in worst.items() if key not in self._open
        )
        worsened = []
        for key, finding in worst.items():
            before = self._open.get(key)
            if before is not None:
                self._open[key] = _see_again(before, finding, now)
                if finding.severity.rank > before.finding.severity.rank:
                    worsened.append(self._open[key])
        self._open.update({each.finding.key: each for each in opened})
        resolved = self._resolve(worst.keys(), now) if counted_cycle and not blind else ()
        return Changes(opened=opened, worsened=tuple(worsened), resolved=resolved)

    def _resolve(self, seen: Iterable[FindingKey], now: float) -> tuple[OpenFinding, ...]:
        resolved = []
        for key in self._open.keys() - set(seen):
            quiet = replace(self._open[key], quiet_cycles=self._open[key].quiet_cycles + 1)
            self._open[key] = quiet
            if _is_over(quiet, now):
                resolved.append(self._open.pop(key))
        return tuple(sorted(resolved, key=_sort_key))


def find_problems(findings: Iterable[OpenFinding]) -> tuple[Problem, ...]:
    """One problem for each integration and category, led by the worst finding, then in the rules' order.

    Acknowledged findings lead nothing: a problem of which everything is known is none.
    """
    leading = dict[tuple[str, Category], Problem]()
    for each in sorted(findings, key=_sort_key):
        finding = each.finding
        category = _CATEGORIES.get(finding.rule)
        if category is None or each.acknowledged_until is not None:
            continue
        problem = Problem(
            integration=finding.integration,
            category=category,
            subject=finding.subject,
            severity=finding.severity,
            rule=finding.rule,
        )
        leading.setdefault((finding.integration, category), problem)
    return tuple(leading.values())


def _sort_key(each: OpenFinding) -> tuple[int, int, FindingKey]:
    finding = each.finding
    return (-finding.severity.rank, _RULE_ORDER.get(finding.rule, len(_RULE_ORDER)), finding.key)


def _find_worst(found: Iterable[Finding]) -> dict[FindingKey, Finding]:
    worst = dict[FindingKey, Finding]()
    for finding in found:
        before = worst.get(finding.key)
        if before is None or finding.severity.rank > before.severity.rank:
            worst[finding.key] = finding
    return worst


def _open(finding: Finding, now: float) -> OpenFinding:
    return OpenFinding(finding=finding, opened_at=now, last_seen_at=now, severe_at=now)


def _see_again(before: OpenFinding, finding: Finding, now: float) -> OpenFinding:
    """The finding with its new numbers; an acknowledgement that has run out is forgotten.

    A severity eases only when it was lower for as long as a state stays, or alerts would flutter; that of an
    event never does, for what happened has happened.
    """
    known = before.acknowledged_until is not None and now < before.acknowledged_until
    until = before.acknowledged_until if known else None
    seen = replace(before, last_seen_at=now, quiet_cycles=0, acknowledged_until=until)
    if finding.severity.rank >= before.finding.severity.rank:
        return replace(seen, finding=finding, severe_at=now)
    if finding.rule in _EVENTS:
        return seen
    if now - before.severe_at >= STATE_STAYS_SECONDS:
        return replace(seen, finding=finding, severe_at=now)
    return replace(seen, finding=replace(finding, severity=before.finding.severity))


def _is_over(each: OpenFinding, now: float) -> bool:
    if each.quiet_cycles < QUIET_CYCLES:
        return False
    if each.finding.rule in _EVENTS and each.acknowledged_until is None:
        return now - each.last_seen_at >= EVENT_STAYS_SECONDS
    return now - each.opened_at >= STATE_STAYS_SECONDS
