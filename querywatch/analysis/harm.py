"""What harm a statement was seen to do: the server's time that it takes, and the office that waits behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from querywatch.analysis.cost import ease_severity
from querywatch.analysis.situation import Block, QueryLoad, Situation
from querywatch.model import Evidence, Finding, Kind, Severity
from querywatch.units import format_count, format_ratio, format_seconds

_RAISED = ("index.", "size.", "join.")  # the rules that tell from the statement what it costs
_WORTH_A_WARNING = 0.2  # of `busy_ratio`


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """The least that a finding about the statement weighs, and why."""

    severity: Severity
    words: str


HarmKey = tuple[str, str]  # (integration, fingerprint)


def find_harms(situation: Situation) -> Mapping[HarmKey, Harm]:
    """The third parties' shapes that were seen to hurt, the worst of each."""
    harms = dict[HarmKey, Harm]()
    for load in situation.third_party_queries:
        _keep_worst(harms, (load.integration.name, load.statement.fingerprint), _find_busy(load, situation))
    for block in situation.blocks:
        statement = block.blocker.session.statement
        if statement is not None and block.blocker.attribution.integration.kind.is_third_party:
            key = (block.blocker.attribution.integration.name, statement.fingerprint)
            _keep_worst(harms, key, _find_blocking(block, situation))
    return harms


def weigh(finding: Finding, harms: Mapping[HarmKey, Harm]) -> Finding:
    """The finding with what its statement was seen to do; only ever worse for it."""
    harm = harms.get((finding.integration, finding.fingerprint))
    if harm is None or not finding.rule.startswith(_RAISED) or harm.severity.rank <= finding.severity.rank:
        return finding
    return replace(finding, severity=harm.severity, message=f"{finding.message} {harm.words}")


def _keep_worst(harms: dict[HarmKey, Harm], key: HarmKey, harm: Harm | None) -> None:
    before = harms.get(key)
    if harm is not None and (before is None or harm.severity.rank > before.severity.rank):
        harms[key] = harm


def _find_busy(load: QueryLoad, situation: Situation) -> Harm | None:
    """By the server's own count of its time; an estimate from polls accuses nobody."""
    if load.evidence is not Evidence.COUNTED or not situation.rates_are_known:
        return None
    busy_ratio, limit = load.seconds / situation.window_seconds, situation.limits.busy_ratio
    if busy_ratio < _WORTH_A_WARNING * limit:
        return None
    severity = Severity.CRITICAL if busy_ratio >= limit else Severity.WARNING
    words = f"The server spends {format_ratio(busy_ratio)} of its time on it."
    return Harm(severity=ease_severity(severity, situation), words=words)


def _find_blocking(block: Block, situation: Situation) -> Harm | None:
    """Those of Open Dental that wait for it."""
    office = [
        each.seconds for each in block.victims if each.entry.attribution.integration.kind is Kind.OPENDENTAL
    ]
    if not office:
        return None
    limits = situation.limits
    is_bad = len(office) >= limits.blocking_victims or max(office) >= limits.blocking_seconds
    waiting = "1 session" if len(office) == 1 else f"{format_count(len(office))} sessions"
    return Harm(
        severity=Severity.CRITICAL if is_bad else Severity.WARNING,
        words=f"It kept {waiting} of the office waiting, for up to {format_seconds(max(office))}.",
    )
