"""lock.blocking: one session holds what others wait for."""

from collections import Counter
from collections.abc import Iterator, Sequence

from querywatch.analysis.office_work import find_session_work
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import join_words, name_account, say_who
from querywatch.analysis.situation import Block, LockKind, RunningSession, Situation, Victim
from querywatch.model import Finding, Kind, Operation, Severity
from querywatch.units import format_count, format_seconds

_LEAST_SECONDS = 1.0  # a shorter wait is an office's everyday
_ADVICE = (
    "Ask its vendor to read in small steps by an index that serves them, outside office hours where it must be much, "
    "and to end each transaction at once."
)
_ADVICE_OWN = "The office's own work: run it after hours if people wait for it."


def find(situation: Situation) -> Iterator[Finding]:
    """The worst block of each account and shape, first; of the office's own only what made itself wait."""
    found = dict[tuple[str, str, str, str], Finding]()
    for block in sorted(situation.blocks, key=lambda each: -len(each.victims)):
        longest_seconds = block.victims[0].seconds
        finding = _describe(block, situation) if longest_seconds >= _LEAST_SECONDS else None
        if finding is not None:
            found.setdefault(finding.key, finding)
    yield from found.values()


def find_harmed(block: Block, situation: Situation) -> tuple[Victim, ...]:
    """The office's own sessions among the victims; where no entry is the office's, everybody but the blocker's."""
    office = [
        victim for victim in block.victims if not victim.entry.attribution.integration.kind.is_third_party
    ]
    has_office = any(not each.kind.is_third_party for each in situation.integrations.values())
    if office or has_office:
        return tuple(office)
    account = block.blocker.session.account
    return tuple(victim for victim in block.victims if victim.entry.session.account != account)


def find_severity(block: Block, situation: Situation) -> Severity:
    """Critical when the office waits long, or many wait; what does not make it wait is information."""
    blocker, limits = block.blocker, situation.limits
    harmed = find_harmed(block, situation)
    is_theirs = blocker.attribution.integration.kind.is_third_party
    if not harmed or not is_theirs or find_session_work(blocker, situation.office_work) is not None:
        return Severity.INFO
    long = harmed[0].seconds >= limits.blocking_seconds
    many = len(block.victims) >= limits.blocking_victims
    return Severity.CRITICAL if long or many else Severity.WARNING


def say_victims(victims: Sequence[Victim]) -> str:
    """Who waits: '10 SELECTs and 1 UPDATE of opendental'."""
    groups = dict[str, Counter[str]]()
    for victim in victims:
        statement = victim.entry.session.statement
        operation = Operation.OTHER if statement is None else statement.operation
        word = "statement" if operation is Operation.OTHER else operation.value.upper()
        groups.setdefault(_name(victim.entry), Counter())[word] += 1
    return join_words(
        [
            f"{join_words([_count(word, number) for word, number in words.most_common()])} of {name}"
            for name, words in groups.items()
        ]
    )


def _name(entry: RunningSession) -> str:
    integration = entry.attribution.integration
    if integration.kind is Kind.UNKNOWN:
        return f"account {name_account(entry.session.account)}"
    return integration.name


def _count(word: str, number: int) -> str:
    return f"{format_count(number)} {word}{'s' if number > 1 else ''}"


def _describe(block: Block, situation: Situation) -> Finding | None:
    entry = block.blocker
    integration, session = entry.attribution.integration, entry.session
    harmed = find_harmed(block, situation)
    is_theirs = integration.kind.is_third_party
    if not is_theirs and not harmed:
        return None  # the office keeps a third party waiting: that is in order
    longest = harmed or block.victims
    return Finding(
        rule=RULE.id,
        severity=find_severity(block, situation),
        integration=integration.name,
        subject=name_account(session.account),
        fingerprint=session.statement.fingerprint if session.statement else "",
        message=f"{say_who(integration, session.account, shared=entry.attribution.shared)} has kept "
        f"{_count('session', len(block.victims))} waiting{_say_what(block, situation)} for "
        f"{format_seconds(longest[0].seconds)}: {say_victims(block.victims)}, "
        f"behind {_say_blocker(entry, block.kind)}{_say_work(entry, situation)}.",
        advice=_advise(session.session_id, is_theirs=is_theirs),
        evidence=block.evidence,
        measured=longest[0].seconds,
        limit=situation.limits.blocking_seconds,
        table=_find_known(block, situation),
    )


def _find_known(block: Block, situation: Situation) -> str:
    """The table's name, where the schema knows it: anything else may be anybody's words."""
    known = None if situation.schema is None else situation.schema.find(block.table, None)
    return block.table if known is not None else ""


def _say_what(block: Block, situation: Situation) -> str:
    table = _find_known(block, situation)
    return f" for {table} ({block.kind.value})" if table else f" ({block.kind.value})"


def _say_blocker(entry: RunningSession, kind: LockKind) -> str:
    session = entry.session
    host = session.host or "an unknown host"
    if not session.is_active:
        what = "a transaction" if kind is LockKind.ROW else "a lock or a transaction"
        return (
            f"{what} left open by a session from {host} that has slept for {format_seconds(session.seconds)}"
        )
    statement = session.statement
    known = statement is not None and statement.operation is not Operation.OTHER
    word = statement.operation.value.upper() if statement is not None and known else "statement"
    return f"its {word} from {host}, which has run for {format_seconds(session.seconds)}"


def _say_work(entry: RunningSession, situation: Situation) -> str:
    work = find_session_work(entry, situation.office_work)
    return "" if work is None else f"; it {work}"


def _advise(session_id: int, *, is_theirs: bool) -> str:
    if not is_theirs:
        return _ADVICE_OWN
    kill = f"To free the office now, an administrator may end it, once it is known what it is: KILL {session_id}."
    return f"{kill} {_ADVICE}"


RULE = Rule(
    id="lock.blocking",
    says="a session holds what others wait for: a MyISAM table, a table's definition, rows of InnoDB",
    why="On MyISAM a long SELECT lets one change to its table wait, and behind the change waits everybody, those too "
    "who look up one patient: the office stands still.",
    advice=_ADVICE,
    category=Category.LOCK,
    find=find,
)
