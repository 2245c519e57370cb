"""Says with each finding on an account that others use too why it is laid to this integration, and how sure that is."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from querywatch.analysis.rules.words import name_account
from querywatch.analysis.situation import Situation
from querywatch.model import Finding

_KEEP_OPEN = "Others use the account too: it must not be locked for this."


class _Reason(NamedTuple):
    integration: str
    account: str
    says: str
    confidence: float


def say_shared(finding: Finding, situation: Situation) -> Finding:
    """The finding with that said, where its account is shared."""
    reasons = (each for each in _find_reasons(finding, situation) if each.integration == finding.integration)
    reason = next(reasons, None)
    if reason is None:
        return finding
    doubt = "" if reason.confidence >= 1.0 else " (likely, not certain)"
    why = f"The account {name_account(reason.account)} is shared; told from the others by: {reason.says}{doubt}."
    return replace(finding, message=f"{finding.message} {why}", advice=f"{finding.advice} {_KEEP_OPEN}")


def _find_reasons(finding: Finding, situation: Situation) -> Iterator[_Reason]:
    """Of the shape that the finding is about first, then of the accounts and of the sessions there are."""
    for query in situation.third_party_queries:
        if query.shared and query.statement.fingerprint == finding.fingerprint:
            yield _Reason(query.integration.name, query.account, query.reason, query.confidence)
    for load in situation.third_party_accounts:
        if load.shared:
            yield _Reason(load.integration.name, load.account, load.reason, load.confidence)
    for entry in situation.running:
        attribution = entry.attribution
        if attribution.shared and attribution.integration.kind.is_third_party:
            name, account = attribution.integration.name, entry.session.account
            yield _Reason(name, account, attribution.reason, attribution.confidence)
