"""access.unknown: an account, or an account from a host, that no integration claims."""

from collections.abc import Iterator

from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account
from querywatch.analysis.situation import Situation
from querywatch.model import UNKNOWN, Evidence, Finding, Kind, Severity

# Threads of the server itself, and sessions that have not said who they are yet.
_NOBODY = frozenset({"system user", "event_scheduler", "unauthenticated user"})
_ADVICE = (
    "Find out whose software it is and claim it with an [[integrations]] entry, or close the account. "
    "`querywatch suggest-config` drafts the entry."
)


def find(situation: Situation) -> Iterator[Finding]:
    """Nothing while no integration is configured: then nobody could be claimed."""
    if not situation.integrations.keys() - {UNKNOWN.name}:
        return
    seen = _find_accounts(situation)
    placed = {account for account, host in seen if host}
    for (account, host), (reason, evidence) in seen.items():
        if account in _NOBODY or (not host and account in placed):
            continue
        yield _describe(account, host, reason, evidence)


def _find_accounts(situation: Situation) -> dict[tuple[str, str], tuple[str, Evidence]]:
    """(account, host) -> (why nobody's, how it was seen); host '' is all hosts together."""
    seen = dict[tuple[str, str], tuple[str, Evidence]]()
    for entry in situation.running:
        if entry.attribution.integration.kind is Kind.UNKNOWN:
            key = (entry.session.account, entry.session.host)
            seen.setdefault(key, (entry.attribution.reason, Evidence.SAMPLED))
    for load in situation.accounts:
        if load.integration.kind is Kind.UNKNOWN and load.total > 0:
            seen.setdefault((load.account, load.host or ""), (load.reason, load.evidence))
    return seen


def _describe(account: str, host: str, reason: str, evidence: Evidence) -> Finding:
    place = f" from {host}" if host else ""
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING,
        integration=UNKNOWN.name,
        subject=f"{name_account(account)}@{host}" if host else name_account(account),
        message=f"Account {name_account(account)}{place} uses the database: {reason or 'no integration claims it'}.",
        advice=_ADVICE,
        evidence=evidence,
    )


RULE = Rule(
    id="access.unknown",
    says="an account or host that no integration claims uses the database",
    why="Software that nobody knows of cannot be asked, budgeted or turned off, and whoever it belongs to "
    "can read the practice's records.",
    advice=_ADVICE,
    category=Category.ACCESS,
    find=find,
    event=True,
)
