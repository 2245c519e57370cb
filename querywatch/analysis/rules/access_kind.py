"""access.kind: traffic that the declared kind of an integration excludes."""

from collections.abc import Iterator

from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account
from querywatch.analysis.situation import Situation
from querywatch.model import Evidence, Finding, Integration, Kind, Severity
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor what it does in the database. When that is in order, declare it as what it is "
    "(direct-read, api); otherwise close its account."
)


def find(situation: Situation) -> Iterator[Finding]:
    """A finding for each account by which a program link reaches the database."""
    found = dict[tuple[str, str], Finding]()
    for load in situation.accounts:
        if load.integration.kind is Kind.PROGRAM_LINK and load.total > 0:
            did = f"ran {format_count(max(1.0, load.total))} statements"
            finding = _describe(load.integration, load.account, did, load.evidence)
            found.setdefault((load.integration.name, load.account), finding)
    for entry in situation.running:
        integration = entry.attribution.integration
        if integration.kind is Kind.PROGRAM_LINK:
            finding = _describe(integration, entry.session.account, "holds a connection", Evidence.SAMPLED)
            found.setdefault((integration.name, entry.session.account), finding)
    yield from found.values()


def _describe(integration: Integration, account: str, did: str, evidence: Evidence) -> Finding:
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING,
        integration=integration.name,
        subject=name_account(account),
        message=f"{integration.name} is declared a program link, which has no business in the database, "
        f"and {did} as {name_account(account)}.",
        advice=_ADVICE,
        evidence=evidence,
    )


RULE = Rule(
    id="access.kind",
    says="a program link, which should only start another program, uses the database",
    why="What an integration is declared to be decides what the office allows it; one that does more was "
    "declared wrongly, or has changed.",
    advice=_ADVICE,
    category=Category.ACCESS,
    find=find,
    event=True,
)
