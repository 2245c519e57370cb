"""What changed on a server, and when: found by comparing what was known before with what is known now."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from querywatch.model import Finding, Index, Schema, ServerInfo, Table
from querywatch.units import format_count, format_seconds

UPGRADED_TABLES = 3  # altered between two readings: no vendor and no administrator does that by hand
_TOLD_AT_ONCE = 20  # of one kind; the rest is told as a number
_JUMP_FACTOR = 1.5
_JUMP_FACTOR_ESTIMATED = 2.5  # InnoDB's number of rows is an estimate, off by half now and then
_JUMP_ROWS = 10_000
_EXACT_ENGINES = frozenset({"myisam", "aria"})
_NOTICED_LATER_SECONDS = 3_600.0
_QUOTING = ("index.", "size.", "regression.", "running.")
_QUOTING_SERVER = ("regression.", "running.")
_QUOTED = 2
_PLAIN_VALUE = re.compile(r"[\w.,/:%+-]{0,60}")


class ChangeKind(StrEnum):
    """What sort of change."""

    RESTART = "restart"
    VERSION = "version"
    VARIABLE = "variable"
    UPGRADE = "upgrade"  # of Open Dental, by its tables
    TABLE = "table"
    INDEX = "index"
    ROWS = "rows"
    ACCOUNT = "account"
    HOST = "host"
    SHAPE = "shape"

    @property
    def is_of_server(self) -> bool:
        """Whether it concerns everything that runs there."""
        return self in _OF_SERVER


_OF_SERVER = frozenset({ChangeKind.RESTART, ChangeKind.VERSION, ChangeKind.VARIABLE, ChangeKind.UPGRADE})
_OF_TABLES = frozenset({ChangeKind.TABLE, ChangeKind.INDEX, ChangeKind.ROWS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that changed. `subject` is the table, account, host or variable; `words` say what became of it."""

    at: float
    kind: ChangeKind
    subject: str
    words: str


def find_schema_changes(before: Schema, after: Schema, at: float) -> tuple[Change, ...]:
    """Tables that came or went, were altered, or jumped in size. Both must be of the same databases."""
    known, present = before.tables, after.tables
    both = [(known[key], present[key]) for key in present if key in known]
    altered = [new.name for old, new in both if _is_altered(old, new)]
    upgrade = _find_upgrade(altered, at)
    return (
        *upgrade,
        *_tell(
            ChangeKind.TABLE,
            at,
            [
                (new.name, f"the {_sort(new)} {new.name} came")
                for key, new in present.items()
                if key not in known
            ],
            "tables came",
        ),
        *_tell(
            ChangeKind.TABLE,
            at,
            [
                (old.name, f"the {_sort(old)} {old.name} went")
                for key, old in known.items()
                if key not in present
            ],
            "tables went",
        ),
        *_tell(
            ChangeKind.INDEX,
            at,
            [(new.name, words) for old, new in both for words in _find_index_changes(old, new)],
            "indexes changed",
        ),
        *_tell(
            ChangeKind.TABLE,
            at,
            [(new.name, words) for old, new in both for words in _find_column_changes(old, new)],
            "tables were altered",
        ),
        *_tell(
            ChangeKind.ROWS,
            at,
            [(new.name, words) for old, new in both for words in _find_jump(old, new)],
            "tables jumped in size",
        ),
    )


def _tell(kind: ChangeKind, at: float, told: Sequence[tuple[str, str]], rest: str) -> Iterator[Change]:
    for subject, words in told[:_TOLD_AT_ONCE]:
        yield Change(at=at, kind=kind, subject=subject, words=words)
    if len(told) > _TOLD_AT_ONCE:
        words = f"{format_count(len(told) - _TOLD_AT_ONCE)} more {rest}"
        yield Change(at=at, kind=kind, subject="", words=words)


def _sort(table: Table) -> str:
    return "table" if table.engine else "view"


def _is_altered(old: Table, new: Table) -> bool:
    return old.columns != new.columns or _by_name(old) != _by_name(new) or old.engine != new.engine


def _find_upgrade(altered: Sequence[str], at: float) -> Iterator[Change]:
    if len(altered) >= UPGRADED_TABLES:
        names = ", ".join(sorted(altered)[:5])
        more = f" and {len(altered) - 5} more" if len(altered) > 5 else ""
        words = f"{names}{more} were altered at once, as when Open Dental is upgraded"
        yield Change(at=at, kind=ChangeKind.UPGRADE, subject="", words=words)


def _by_name(table: Table) -> dict[str, Index]:
    """The indexes as they are defined: how many values they tell apart changes with the rows."""
    return {index.name: replace(index, cardinalities=()) for index in table.indexes}


def _find_index_changes(old: Table, new: Table) -> Iterator[str]:
    had, has = _by_name(old), _by_name(new)
    for name in sorted(had.keys() - has.keys()):
        yield f"the index {name} ({', '.join(had[name].columns)}) of {new.name} was dropped"
    for name in sorted(has.keys() - had.keys()):
        yield f"the index {name} ({', '.join(has[name].columns)}) of {new.name} came"
    for name in sorted(had.keys() & has.keys()):
        if had[name] != has[name]:
            yield f"the index {name} of {new.name} was altered"


def _find_column_changes(old: Table, new: Table) -> Iterator[str]:
    if old.engine != new.engine:
        yield f"{new.name} went from {old.engine} to {new.engine}"
    gone, come = old.columns.keys() - new.columns.keys(), new.columns.keys() - old.columns.keys()
    other = [
        name for name in old.columns.keys() & new.columns.keys() if old.columns[name] != new.columns[name]
    ]
    for names, became in ((gone, "went"), (come, "came"), (other, "changed type")):
        if names:
            shown = ", ".join(sorted(names)[:5])
            yield f"of {new.name} {'the column' if len(names) == 1 else 'columns'} {shown} {became}"


def _find_jump(old: Table, new: Table) -> Iterator[str]:
    if old.rows is None or new.rows is None or old.engine != new.engine:
        return
    exact = (new.engine or "").casefold() in _EXACT_ENGINES
    factor = _JUMP_FACTOR if exact else _JUMP_FACTOR_ESTIMATED
    less, more = sorted((old.rows, new.rows))
    if more - less >= _JUMP_ROWS and more >= factor * less:
        became = "grew" if new.rows > old.rows else "shrank"
        yield f"{new.name} {became} from {format_count(old.rows)} to {format_count(new.rows)} rows"


def find_version_changes(before: ServerInfo, after: ServerInfo, at: float) -> tuple[Change, ...]:
    """Another version, or another maker's server."""
    if (before.flavour, before.version) == (after.flavour, after.version):
        return ()
    words = f"the server went from {_name(before)} to {_name(after)}"
    return (Change(at=at, kind=ChangeKind.VERSION, subject="", words=words),)


def _name(info: ServerInfo) -> str:
    return f"{info.flavour} {info.version_text}"


def find_variable_changes(
    before: Mapping[str, str], after: Mapping[str, str], at: float
) -> tuple[Change, ...]:
    """Server variables that have another value; one that only one of the two knows says nothing."""
    return tuple(
        Change(
            at=at, kind=ChangeKind.VARIABLE, subject=name, words=_describe_variable(name, old, after[name])
        )
        for name, old in before.items()
        if after.get(name, old) != old
    )


def _describe_variable(name: str, old: str, new: str) -> str:
    if _PLAIN_VALUE.fullmatch(old) and _PLAIN_VALUE.fullmatch(new):
        return f"{name} went from {old or 'nothing'} to {new or 'nothing'}"
    return f"{name} was changed"


def make_restart(now: float, uptime_seconds: float) -> Change:
    """The server began anew, so long ago."""
    return Change(
        at=now - uptime_seconds, kind=ChangeKind.RESTART, subject="", words="the server was restarted"
    )


def find_newcomers(
    kind: ChangeKind, present: Iterable[str], known: Callable[[str], bool], at: float
) -> tuple[Change, ...]:
    """Accounts or hosts that were never seen before."""
    new = sorted({name for name in present if name and not known(name)})
    return tuple(
        _tell(
            kind, at, [(name, f"the {kind} {name} came for the first time") for name in new], f"{kind}s came"
        )
    )


def find_recent(
    changes: Iterable[Change],
    at: float,
    tables: Iterable[str],
    *,
    within_seconds: float = 86_400.0,
    server_within_seconds: float = 3_600.0,
) -> tuple[Change, ...]:
    """What changed shortly before: of these tables (folded) within a day, of the whole server within an hour.

    The latest first. Tables are read now and then, so what was noticed a while later counts too.
    """
    wanted = frozenset(tables)
    found = [
        change
        for change in changes
        if (
            change.kind in _OF_TABLES
            and change.subject in wanted
            and -_NOTICED_LATER_SECONDS <= at - change.at <= within_seconds
        )
        or (change.kind.is_of_server and 0 <= at - change.at <= server_within_seconds)
    ]
    return tuple(sorted(found, key=lambda change: -change.at))


def render_before(change: Change, at: float) -> str:
    """A sentence of its own, as in "The index PatNum (patnum) of claim was dropped 12 min before."."""
    words = change.words[:1].upper() + change.words[1:]
    seconds = abs(at - change.at) // 60 * 60
    if change.at > at:
        return f"{words}, as was noticed {format_seconds(max(60.0, seconds))} later."
    return f"{words} {format_seconds(seconds) if seconds else 'just'} before."


def quote(finding: Finding, changes: Sequence[Change], opened_at: float) -> Finding:
    """The finding with what happened just before it opened: to its table, or where time is the matter to the server."""
    if not changes or not finding.rule.startswith(_QUOTING):
        return finding
    wide_seconds = 3_600.0 if finding.rule.startswith(_QUOTING_SERVER) else -1.0
    tables = {finding.table, finding.subject} - {""}
    recent = find_recent(changes, opened_at, tables, server_within_seconds=wide_seconds)
    told = [change for change in recent if change.words.casefold() not in finding.message.casefold()]
    sentences = " ".join(render_before(change, opened_at) for change in told[:_QUOTED])
    return replace(finding, message=f"{finding.message} {sentences}") if sentences else finding
