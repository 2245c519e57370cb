"""Which large tables a shape reads whole: because no index serves its conditions, or because it has none."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from querywatch.analysis.advice import UNUSABLE, leads
from querywatch.analysis.confirm import reads_whole
from querywatch.analysis.cost import find_rows_per_run, find_unindexed_share
from querywatch.analysis.reads import WHOLE_TABLE_SHARE, Read, find_reads
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Evidence, Operation, Table
from querywatch.sql.reading import Blocker, Reading, TableAccess

_CHANGES = frozenset({Operation.UPDATE, Operation.DELETE})
_MOST = 0.5  # of the executions
_ANSWERABLE = frozenset({None, Blocker.PREFIX})  # by an index that begins with the column


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A table of a statement that is read whole, the columns that no index serves, and the rows a run reads."""

    table: Table
    columns: tuple[str, ...]
    rows_per_run: float
    measured: bool  # the rows are the server's count for the statement, not the table's size
    evidence: Evidence  # counted: the server's counters agree
    hands_over: bool  # what is read is the answer; else it is summed up, or looked through


def find_scans(load: QueryLoad, situation: Situation) -> tuple[Scan, ...]:
    """The large tables whose conditions no index leads with; none where the counters disagree."""
    scans = dict[tuple[str, str], Scan]()
    for read in find_reads(load, situation):
        columns = _find_wanted(read, load) & read.table.columns.keys()
        if not columns or any(leads(read.table, column) for column in columns):
            continue
        scan = _describe(read, tuple(sorted(columns)), load, situation)
        if scan.measured and find_unindexed_share(load) >= _MOST:
            scan = replace(scan, evidence=Evidence.COUNTED)
        scans.setdefault((read.table.database, read.table.name), scan)
    return tuple(scans.values())


def _find_wanted(read: Read, load: QueryLoad) -> AbstractSet[str]:
    """The columns for want of an index on which rows are read.

    Either the table is read whole, or one before it is, whose rows nothing chooses: an index here would lead to them.
    """
    access = read.access
    if load.reading is None or _is_barred(access):
        return frozenset()
    if read.is_whole:
        return _find_choosing(access, joins=not access.first)
    leading = [each for each in load.reading.tables if each.block == access.block and each.first]
    if access.optional or not any(each.access.reads_all and not _is_chosen(each) for each in leading):
        return frozenset()
    return frozenset() if any(each.limited for each in leading) else _find_choosing(access)


def find_sweeps(load: QueryLoad, situation: Situation) -> tuple[Scan, ...]:
    """The large tables that nothing in the statement bounds; none where the counters disagree.

    What a derived table reads whole to group or sort it is none of them, nor what a large OFFSET skips: `size.derived`
    and `size.deep-offset` tell of those.
    """
    reading = load.reading
    if (
        reading is None
        or reading.kind in _CHANGES
        or (reading.offset or 0) >= situation.limits.large_table_rows
    ):
        return ()
    sweeps = dict[tuple[str, str], Scan]()
    for read in find_reads(load, situation):
        access = read.access
        if not read.is_whole or not access.first or access.in_derived or access.may_leap:
            continue
        excluded = {each.column for each in access.predicates if each.blocker is Blocker.NEGATION}
        if (
            not _is_bounded(access, reading)
            and not may_serve_exclusion(read.table, excluded)
            and not _may_read_nothing(read, load, situation)
        ):
            sweep = _describe(read, tuple(sorted(excluded)), load, situation)
            sweeps.setdefault((read.table.database, read.table.name), sweep)
    return tuple(sweeps.values())


def _is_bounded(access: TableAccess, reading: Reading) -> bool:
    """Whether a condition on the table, or on one that it is joined to, may choose among its rows."""
    joined = (each for each in reading.tables if each.block == access.block and not each.optional)
    return _is_chosen(access) or any(map(_is_chosen, joined))


def _is_chosen(access: TableAccess) -> bool:
    """Whether a condition chooses among the table's rows, by an index or in a way that bars indexes."""
    return bool(_find_choosing(access)) or _is_barred(access)


def _is_barred(access: TableAccess) -> bool:
    """Whether the way it is asked bars indexes: `index.unusable` tells of that."""
    return any(each.blocker in UNUSABLE for each in access.predicates)


def _find_choosing(access: TableAccess, *, joins: bool = False) -> frozenset[str]:
    """The columns by which an index could choose among the table's rows.

    What is compared with a column of another table does so only where that one is read before.
    """
    return frozenset(
        each.column
        for each in access.predicates
        if each.usable and each.blocker in _ANSWERABLE and (joins or not each.other)
    )


def _may_read_nothing(read: Read, load: QueryLoad, situation: Situation) -> bool:
    """Whether values that are compared with each other may spare it all, and no counter says otherwise."""
    rows = find_rows_per_run(load) if read.access.guarded else read.table.rows
    return (rows or 0.0) < situation.limits.large_table_rows


def _describe(read: Read, columns: tuple[str, ...], load: QueryLoad, situation: Situation) -> Scan:
    """The claim as the server's own plan leaves it: as good as what it is counted by, where the plan agrees.

    One plan is of one execution: it does not overrule what the server counted of all of them.
    """
    planned = reads_whole(load, read.table, situation) and read.evidence is not Evidence.COUNTED
    measured = load.evidence is Evidence.COUNTED and find_rows_per_run(load) is not None
    rows = read.rows or 0.0
    return Scan(
        table=read.table,
        columns=columns,
        rows_per_run=rows if measured else min(rows, read.table.rows or rows),
        measured=measured,
        evidence=load.evidence if planned else read.evidence,
        hands_over=read.access.hands_over,
    )


def may_serve_exclusion(table: Table, columns: Iterable[str]) -> bool:
    """Whether an index may spare rows of which one of the columns is NULL, or has one certain value.

    A primary key has no NULL, and of each value one row.
    """
    keys = {index.columns for index in table.indexes if index.name.casefold() == "primary"}
    return any(leads(table, column) for column in columns if (column,) not in keys)


def find_scanned_table(load: QueryLoad, situation: Situation) -> Table | None:
    """The largest table of the statement that one run reads enough rows to have read whole."""
    rows = find_rows_per_run(load)
    if situation.schema is None or rows is None:
        return None
    named: list[tuple[str, str | None]] = [(name, None) for name in load.statement.tables]
    if load.reading is not None and load.reading.tables:
        named = [(access.name, access.database) for access in load.reading.tables]
    tables = [situation.schema.find(name, database) for name, database in named]
    sized = [(table.rows, table) for table in tables if table is not None and table.rows is not None]
    whole = [
        entry
        for entry in sized
        if entry[0] >= situation.limits.large_table_rows and rows >= WHOLE_TABLE_SHARE * entry[0]
    ]
    return max(whole, key=lambda entry: entry[0])[1] if whole else None
