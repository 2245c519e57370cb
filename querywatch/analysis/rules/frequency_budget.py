"""frequency.budget: an integration uses more statements, time, rows or connections than its budget."""

from collections.abc import Iterator, Sequence

from querywatch.analysis.budgets import Use, find_uses
from querywatch.analysis.cost import find_weakest
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import join_words, name_account, say_who
from querywatch.analysis.situation import Situation
from querywatch.model import Finding, Kind, Severity

_CRITICAL_RATIO = 4.0  # so far over budget that somebody should be called
_CONNECTIONS = "connections"
_ADVICE = (
    "Ask its vendor why it needs so much, and to ask less often or for less; to see what the office gains, "
    "turn it off for a while. Raise its budget in the configuration when the use is in order."
)


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party over its load's budgets, one for its connections; unclaimed by account."""
    broken = dict[tuple[str, str, bool], list[Use]]()
    for use in find_uses(situation):
        if use.measured > use.limit:
            # Connections are a state of now, the rest of some minutes: they come and go apart.
            key = (use.integration.name, use.account, use.budget == _CONNECTIONS)
            broken.setdefault(key, []).append(use)
    for uses in broken.values():
        yield _describe(uses)


def _describe(uses: Sequence[Use]) -> Finding:
    worst = max(uses, key=lambda use: use.ratio)
    integration, account = worst.integration, worst.account
    subject = name_account(account) if integration.kind is Kind.UNKNOWN else integration.name
    return Finding(
        rule=RULE.id,
        severity=Severity.CRITICAL if worst.ratio >= _CRITICAL_RATIO else Severity.WARNING,
        integration=integration.name,
        subject=_CONNECTIONS if worst.budget == _CONNECTIONS else subject,
        message=f"{say_who(integration, account)} is over budget: {join_words([use.words for use in uses])}.",
        advice=_ADVICE,
        evidence=find_weakest(use.evidence for use in uses),
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
