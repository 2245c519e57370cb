"""access.unknown: an account, or an account from a host, that no integration claims."""

from collections.abc import Iterator
from typing import NamedTuple

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

_ADVICE_SHARED = (
    "Find out whose software it is, and have its vendor log in with an account of its own that may only read; then "
    "claim that with an [[integrations]] entry."
)

_ADVICE_TOOL = (
    'Claim it with an [[integrations]] entry of kind = "opendental" when it is the office\'s own tool; '
    "`querywatch suggest-config` drafts the entry."
)


class _Sight(NamedTuple):
    reason: str  # why it is nobody's
    shared: bool
    evidence: Evidence


def find(situation: Situation) -> Iterator[Finding]:
    """Nothing while no integration is configured: then nobody could be claimed."""
    if not situation.integrations.keys() - {UNKNOWN.name}:
        return
    seen = _find_accounts(situation)
    claimed = {account for each in situation.integrations.values() for account in each.accounts}
    placed = {account for account, host in seen if host}
    for (account, host), sight in seen.items():
        if account in _NOBODY or (not host and account in placed):
            continue
        work = situation.office_work.get(account)
        # Somebody's by another host or program: to close the account would close it to them.
        is_theirs_too = work is None and account in claimed
        yield _describe(account, host, sight._replace(shared=sight.shared or is_theirs_too), work)


def _find_accounts(situation: Situation) -> dict[tuple[str, str], _Sight]:
    """By (account, host); host '' is all hosts together."""
    seen = dict[tuple[str, str], _Sight]()
    for entry in situation.running:
        attribution = entry.attribution
        if attribution.integration.kind is Kind.UNKNOWN:
            sight = _Sight(attribution.reason, attribution.shared, Evidence.SAMPLED)
            seen.setdefault((entry.session.account, entry.session.host), sight)
    for load in situation.accounts:
        if load.integration.kind is Kind.UNKNOWN and load.total > 0:
            sight = _Sight(load.reason, load.shared, load.evidence)
            seen.setdefault((load.account, load.host or ""), sight)
    return seen


def _describe(account: str, host: str, sight: _Sight, work: str | None) -> Finding:
    """For information alone where all that it does is one of the office's own tools'."""
    place = f" from {host}" if host else ""
    name = name_account(account)
    if sight.shared:
        message = f"Software that no integration claims uses the account {name}{place}, which others use too."
    else:
        does = "" if work is None else f"; it {work}, and nothing else was seen of it"
        message = (
            f"Account {name}{place} uses the database: {sight.reason or 'no integration claims it'}{does}."
        )
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING if work is None or sight.shared else Severity.INFO,
        integration=UNKNOWN.name,
        subject=f"{name}@{host}" if host else name,
        message=message,
        advice=_ADVICE_SHARED if sight.shared else _ADVICE if work is None else _ADVICE_TOOL,
        evidence=sight.evidence,
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
