"""frequency.budget: an integration uses more statements, time, rows or connections than its budget."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import join_words, name_account, say_who
from querywatch.analysis.situation import AccountLoad, Situation
from querywatch.model import Evidence, Finding, Integration, Kind, Severity
from querywatch.units import format_count, format_ratio

_CRITICAL_RATIO = 4.0  # so far over budget that somebody should be called
_ADVICE = (
    "Ask its vendor why it needs so much, and to ask less often or for less; to see what the office gains, "
    "turn it off for a while. Raise its budget in the configuration when the use is in order."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """One budget, what is used of it, and both in words."""

    measured: float
    limit: float
    words: str
    evidence: Evidence

    @property
    def ratio(self) -> float:
        return self.measured / self.limit


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party that is over at least one budget; what nobody claims, by account."""
    for (_, account), loads in _group(situation).items():
        integration = loads[0].integration
        uses = (
            [*_find_rates(loads, situation), *_find_rows(loads, situation)]
            if situation.rates_are_known
            else []
        )
        if broken := [use for use in uses if use.measured > use.limit]:
            yield _describe(integration, account, broken)
    yield from _find_connections(situation)


def _group(situation: Situation) -> dict[tuple[str, str], list[AccountLoad]]:
    groups = dict[tuple[str, str], list[AccountLoad]]()
    for load in situation.third_party_accounts:
        account = load.account if load.integration.kind is Kind.UNKNOWN else ""
        groups.setdefault((load.integration.name, account), []).append(load)
    return groups


def _find_rates(loads: Sequence[AccountLoad], situation: Situation) -> Iterator[_Use]:
    budgets = loads[0].integration.budgets
    evidence = find_weakest(load.evidence for load in loads)
    least = "at least " if evidence is Evidence.SAMPLED else ""
    statements = sum(_find_statements_per_minute(load, situation) for load in loads)
    limit = budgets.statements_per_minute or float(situation.limits.statements_per_minute)
    yield _Use(
        measured=statements,
        limit=limit,
        words=f"{least}{format_count(statements)} statements a minute (budget {format_count(limit)})",
        evidence=evidence,
    )
    busy = sum(load.seconds for load in loads) / situation.window_seconds
    limit = budgets.busy_ratio or situation.limits.busy_ratio
    yield _Use(
        measured=busy,
        limit=limit,
        words=f"statements running {format_ratio(busy)} of the time (budget {format_ratio(limit)})",
        evidence=evidence,
    )


def _find_statements_per_minute(load: AccountLoad, situation: Situation) -> float:
    counted = situation.per_minute(load.total)
    return max(counted, load.statements_at_least_per_minute) if load.evidence is Evidence.SAMPLED else counted


def _find_rows(loads: Sequence[AccountLoad], situation: Situation) -> Iterator[_Use]:
    limit = loads[0].integration.budgets.rows_examined_per_minute
    known = [load for load in loads if load.rows_examined is not None]
    if limit and known:
        rows = situation.per_minute(sum(load.rows_examined or 0.0 for load in known))
        yield _Use(
            measured=rows,
            limit=limit,
            words=f"{format_count(rows)} rows read a minute (budget {format_count(limit)})",
            evidence=find_weakest(load.evidence for load in known),
        )


def _find_connections(situation: Situation) -> Iterator[Finding]:
    """Findings of their own: connections are counted now, and also of those that run nothing."""
    held = Counter(entry.attribution.integration.name for entry in situation.running)
    integrations = {
        entry.attribution.integration.name: entry.attribution.integration for entry in situation.running
    }
    for name, integration in integrations.items():
        limit = integration.budgets.connections
        if integration.kind.is_third_party and limit and held[name] > limit:
            words = f"{held[name]} connections at once (budget {limit})"
            use = _Use(measured=held[name], limit=limit, words=words, evidence=Evidence.COUNTED)
            yield _describe(integration, "", [use], subject="connections")


def _describe(integration: Integration, account: str, broken: list[_Use], subject: str = "") -> Finding:
    worst = max(broken, key=lambda use: use.ratio)
    return Finding(
        rule=RULE.id,
        severity=Severity.CRITICAL if worst.ratio >= _CRITICAL_RATIO else Severity.WARNING,
        integration=integration.name,
        subject=subject or (name_account(account) if integration.kind is Kind.UNKNOWN else integration.name),
        message=f"{say_who(integration, account)} is over budget: "
        f"{join_words([use.words for use in broken])}.",
        advice=_ADVICE,
        evidence=find_weakest(use.evidence for use in broken),
        measured=worst.measured,
        limit=worst.limit,
    )


RULE = Rule(
    id="frequency.budget",
    says="an integration uses more statements, server time, rows or connections than its budget; critical at "
    "four times the budget",
    why="Every integration shares one server with the practice. A budget says how much of it one may take "
    "before the people at the front desk feel it.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
