"""connection.leak: an account's connections pile up."""

from collections.abc import Iterator

from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account, say_who
from querywatch.analysis.situation import Crowd, Situation
from querywatch.model import Evidence, Finding, Severity
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to close its connections, or to keep a small pool of them; until then restarting its software "
    "frees them. Each one takes memory, and the server refuses everybody once max_connections are open."
)


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each account that holds far more sleeping connections than is usual for it."""
    for crowd in situation.crowds:
        if crowd.usual is not None:
            limit = _find_limit(crowd.usual, situation)
            if crowd.sleeping > limit:
                yield _describe(crowd, crowd.usual, limit)


def _find_limit(usual: float, situation: Situation) -> float:
    """Few connections more than usual are no leak, and neither is a share more of many."""
    return max(situation.limits.leak_ratio * usual, usual + situation.limits.leak_connections)


def _describe(crowd: Crowd, usual: float, limit: float) -> Finding:
    theirs = crowd.integration.kind.is_third_party
    who, account = say_who(crowd.integration, crowd.account), name_account(crowd.account)
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING if theirs else Severity.INFO,
        integration=crowd.integration.name,
        subject=account,
        message=f"{who} keeps {format_count(crowd.sleeping)} connections as {account} that do nothing; "
        f"{format_count(usual)} are usual (limit {format_count(limit)}).",
        advice=_ADVICE,
        evidence=Evidence.SAMPLED,
        measured=float(crowd.sleeping),
        limit=limit,
    )


RULE = Rule(
    id="connection.leak",
    says="an account keeps far more sleeping connections than is usual for it",
    why="Software that opens connections and never closes them fills the server up, until nobody can log in any more, "
    "Open Dental included.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
