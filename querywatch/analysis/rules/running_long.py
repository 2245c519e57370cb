"""running.long: one statement runs past the limit right now."""

from collections.abc import Iterator

from querywatch.analysis.cost import cap_severity
from querywatch.analysis.office_work import find_session_work
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.lock_blocking import find_severity as find_block_severity
from querywatch.analysis.rules.lock_blocking import say_victims
from querywatch.analysis.rules.words import name_account, say_who
from querywatch.analysis.situation import Block, RunningSession, Situation
from querywatch.analysis.waits import find_kind
from querywatch.model import Evidence, Finding, Severity
from querywatch.units import format_seconds

_ADVICE = (
    "Find out what it is for before anybody ends it. Ask its vendor to make it smaller, to let an index "
    "serve it, or to run it after hours."
)
_ADVICE_OWN = "The office's own work: a long report is in order; run it after hours if people wait for it."


def find(situation: Situation) -> Iterator[Finding]:
    """The longest of each account and shape; the office's own for information only."""
    longest = dict[tuple[str, str, str], RunningSession]()
    for entry in situation.running:
        if not entry.session.is_active or entry.session.seconds < _find_limit(entry, situation):
            continue
        key = (entry.attribution.integration.name, entry.session.account, _find_fingerprint(entry))
        if key not in longest or longest[key].session.seconds < entry.session.seconds:
            longest[key] = entry
    for entry in longest.values():
        yield _describe(entry, situation)


def _find_limit(entry: RunningSession, situation: Situation) -> float:
    return entry.attribution.integration.budgets.longest_seconds or situation.limits.running_seconds_warning


def _find_fingerprint(entry: RunningSession) -> str:
    return entry.session.statement.fingerprint if entry.session.statement else ""


def _is_waiting(entry: RunningSession) -> bool:
    return find_kind(entry.session) is not None


def _find_block(entry: RunningSession, situation: Situation) -> Block | None:
    """Who waits for it, where somebody does."""
    session_id = entry.session.session_id
    blocks = (block for block in situation.blocks if block.blocker.session.session_id == session_id)
    return next(blocks, None)


def _find_severity(entry: RunningSession, limit_seconds: float, situation: Situation) -> Severity:
    """By time over the limit, in the ratio of the general limits, or by who waits for it.

    Who waits for others is no culprit.
    """
    if not entry.attribution.integration.kind.is_third_party:
        return Severity.INFO
    if find_session_work(entry, situation.office_work) is not None:
        return Severity.INFO
    block = _find_block(entry, situation)
    if block is not None and find_block_severity(block, situation) is Severity.CRITICAL:
        return Severity.CRITICAL
    limits = situation.limits
    critical_ratio = limits.running_seconds_critical / limits.running_seconds_warning
    critical = entry.session.seconds >= limit_seconds * critical_ratio
    severity = Severity.CRITICAL if critical else Severity.WARNING
    return cap_severity(severity, Severity.WARNING) if _is_waiting(entry) else severity


def _describe(entry: RunningSession, situation: Situation) -> Finding:
    integration, session = entry.attribution.integration, entry.session
    limit_seconds = _find_limit(entry, situation)
    verb = "has had a statement waiting for others" if _is_waiting(entry) else "has been running a statement"
    return Finding(
        rule=RULE.id,
        severity=_find_severity(entry, limit_seconds, situation),
        integration=integration.name,
        subject=name_account(session.account),
        fingerprint=_find_fingerprint(entry),
        message=f"{say_who(integration, session.account, shared=entry.attribution.shared)} {verb} "
        f"for {format_seconds(session.seconds)} "
        f"(limit {format_seconds(limit_seconds)}), from {session.host or 'an unknown host'}"
        f"{_say_more(entry, situation)}.",
        advice=_ADVICE if integration.kind.is_third_party else _ADVICE_OWN,
        evidence=Evidence.SAMPLED,
        measured=session.seconds,
        limit=limit_seconds,
    )


def _say_more(entry: RunningSession, situation: Situation) -> str:
    """What it does for the office, and who waits for it."""
    work, block = find_session_work(entry, situation.office_work), _find_block(entry, situation)
    said = "" if work is None else f": it {work}"
    return said if block is None else f"{said}; {say_victims(block.victims)} must wait for it"


RULE = Rule(
    id="running.long",
    says="one statement runs past the limit right now",
    why="A statement that runs long keeps the server's disk and memory busy, and on MyISAM one change to a "
    "table it reads makes everybody else on that table wait.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
