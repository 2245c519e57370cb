"""write.forbidden: an integration that may only read changed data or definitions, or tried to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account
from querywatch.analysis.situation import Situation, WriteSeen
from querywatch.model import UNKNOWN, Evidence, Finding, Integration, Kind, Operation, Severity
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to go through Open Dental's API; until then take the right to write away from its "
    "account. Records changed past Open Dental leave no trace of who changed them."
)
_ADVICE_UNKNOWN = (
    "Find out whose account this is and claim it with an [[integrations]] entry; when it is Open Dental's "
    'own, say kind = "opendental" there.'
)
_TEMPORARY = " As far as its statements are known, they make and drop temporary tables of its own alone."
_NAMES = {
    Operation.DDL: "DDL",
    Operation.CALL: "CALL",
    Operation.PREPARED: "writing prepared",
    Operation.OTHER: "writing",  # the server does not tell of which kind
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writes:
    integration: Integration
    account: str
    operation: Operation
    hosts: tuple[str, ...]
    done: float
    refused: float
    evidence: Evidence
    fingerprint: str
    done_so_far: float
    refused_so_far: float
    perhaps_temporary: bool


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each account and kind of write; the kind is part of what the finding is about."""
    writes = dict[tuple[str, str, Operation], _Writes]()
    for seen in situation.writes:
        if not is_forbidden(seen):
            continue
        key = (seen.integration.name, seen.account, seen.operation)
        writes[key] = _add(writes.get(key), seen)
    for entry in writes.values():
        yield _describe(entry, someone_is_claimed=bool(situation.integrations.keys() - {UNKNOWN.name}))


def is_forbidden(seen: WriteSeen) -> bool:
    """Whether it is a write of an integration that may only read."""
    happened = seen.done > 0 or seen.refused > 0
    return happened and seen.integration.kind.is_third_party and not seen.integration.writes_allowed


def _add(before: _Writes | None, seen: WriteSeen) -> _Writes:
    hosts = (seen.host,) if seen.host else ()
    if before is None:
        return _Writes(
            integration=seen.integration,
            account=seen.account,
            operation=seen.operation,
            hosts=hosts,
            done=seen.done,
            refused=seen.refused,
            evidence=seen.evidence,
            fingerprint=seen.statement.fingerprint if seen.statement else "",
            done_so_far=max(seen.done, seen.done_so_far),
            refused_so_far=max(seen.refused, seen.refused_so_far),
            perhaps_temporary=seen.perhaps_temporary,
        )
    return replace(
        before,
        hosts=tuple(sorted({*before.hosts, *hosts})),
        done=before.done + seen.done,
        refused=before.refused + seen.refused,
        evidence=find_weakest((before.evidence, seen.evidence)),
        done_so_far=before.done_so_far + max(seen.done, seen.done_so_far),
        refused_so_far=before.refused_so_far + max(seen.refused, seen.refused_so_far),
        perhaps_temporary=before.perhaps_temporary and seen.perhaps_temporary,
    )


def _find_severity(writes: _Writes, *, someone_is_claimed: bool) -> Severity:
    """Information only while no integration is configured: the writer may well be Open Dental itself.

    The same where all that is known of it was done to temporary tables, which are no records.
    """
    if not someone_is_claimed or (writes.perhaps_temporary and writes.refused <= 0):
        return Severity.INFO
    return Severity.CRITICAL if writes.done > 0 else Severity.WARNING


def _describe(writes: _Writes, *, someone_is_claimed: bool) -> Finding:
    unknown = writes.integration.kind is Kind.UNKNOWN
    who = "which no integration claims" if unknown else f"of {writes.integration.name}, which may only read"
    if not someone_is_claimed:
        who = "which may be Open Dental itself, since no integration is configured"
    hosts = f" from {', '.join(writes.hosts)}" if writes.hosts else ""
    return Finding(
        rule=RULE.id,
        severity=_find_severity(writes, someone_is_claimed=someone_is_claimed),
        integration=writes.integration.name,
        subject=f"{name_account(writes.account)} {writes.operation}",
        message=f"Account {name_account(writes.account)}{hosts}, {who}, {_say_done(writes)}."
        f"{_say_shape(writes)}{_TEMPORARY if writes.perhaps_temporary else ''}",
        advice=_ADVICE_UNKNOWN if unknown else _ADVICE,
        evidence=writes.evidence,
        measured=writes.done + writes.refused,
    )


def _say_done(writes: _Writes) -> str:
    """All of them so far, not those of this cycle alone: the finding stays, and its number grows."""
    refused = format_count(max(1.0, writes.refused_so_far))
    if writes.done_so_far <= 0:
        return f"tried to run {_say_statements(writes.operation, writes.refused_so_far)}: the server refused"
    more = f": the server refused {refused} more" if writes.refused_so_far > 0 else ""
    return f"ran {_say_statements(writes.operation, writes.done_so_far)}{more}"


def _say_statements(operation: Operation, count: float) -> str:
    """'1 UPDATE statement', '3 DDL statements'; a share of one is one."""
    noun = "statement" if count < 1.5 else "statements"
    return f"{format_count(max(1.0, count))} {_NAMES.get(operation, operation.upper())} {noun}"


def _say_shape(writes: _Writes) -> str:
    return f" One of them has the fingerprint {writes.fingerprint}." if writes.fingerprint else ""


RULE = Rule(
    id="write.forbidden",
    says="an integration that may only read changed data, definitions or rights, or called a procedure",
    why="A write past Open Dental can corrupt records, escapes its audit trail, and opens the door to fraud.",
    advice=_ADVICE,
    category=Category.WRITE,
    find=find,
    event=True,
)
