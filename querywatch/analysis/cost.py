"""What a shape costs: how often it runs, how many rows a run reads, and which tables it must read whole."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from querywatch.analysis.confirm import reads_whole
from querywatch.analysis.schedule import find_period
from querywatch.analysis.situation import Limits, QueryLoad, Situation
from querywatch.model import Evidence, Severity, Sweep, Table, TableNeed
from querywatch.sql.reading import Blocker

# One run is no rate: taken alone it could be the day's only one, or the first of many.
_LONE_RUN_SECONDS = 900.0
_WHOLE_TABLE_SHARE = 0.8  # rows examined over the table's rows, which InnoDB only estimates
_ANSWERABLE = frozenset({None, Blocker.PREFIX})  # by an index that begins with the column


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A table of a statement that is read whole, the columns that no index serves, and the rows a run reads."""

    table: Table
    columns: tuple[str, ...]
    rows_per_run: float
    measured: bool  # the rows are the server's count for the statement, not the table's size
    evidence: Evidence  # counted: the server's counters agree


def find_rows_per_run(load: QueryLoad) -> float | None:
    """Rows examined by one execution, on average; from samples a lower bound, None where nothing measures."""
    if load.rows_examined is None or load.executions <= 0:
        return None
    return load.rows_examined / load.executions


def find_runs_per_minute(load: QueryLoad, situation: Situation) -> float:
    """How often the shape runs.

    Counted executions are taken over the window. Of sampled ones some were missed, and the period behind the
    sightings tells more than their number. A lone run is taken to come again after the window, or after a
    quarter of an hour where the window is shorter and no earlier start is remembered.
    """
    seen = situation.per_minute(load.executions) if load.executions >= 2 else _find_lone_rate(load, situation)
    if load.evidence is Evidence.COUNTED:
        return seen
    period = find_period(load.started_at)
    return max(seen, 60.0 / period.seconds) if period else seen


def _find_lone_rate(load: QueryLoad, situation: Situation) -> float:
    starts = load.started_at
    span_seconds = starts[-1] - starts[0] if len(starts) >= 2 else 0.0
    if span_seconds > situation.window_seconds:
        return (len(starts) - 1) * 60.0 / span_seconds
    return load.executions * 60.0 / max(situation.window_seconds, _LONE_RUN_SECONDS)


def find_scans(load: QueryLoad, situation: Situation) -> tuple[Scan, ...]:
    """The large tables whose conditions no index leads with; none where the counters disagree."""
    if situation.schema is None:
        return ()
    scans = dict[tuple[str, str], Scan]()
    for need in load.statement.needs or ():
        table = situation.schema.find(need.table, need.database)
        if table is None:
            continue
        scan = _ask_plan(_find_scan(load, need, table, situation.limits), load, situation)
        if scan is not None and _may_lack_index(load, need):
            scans.setdefault((table.database, table.name), scan)
    return tuple(scans.values())


def _may_lack_index(load: QueryLoad, need: TableNeed) -> bool:
    """Whether the statement, as far as it was read, scans the table and says nothing that bars indexes."""
    accesses = [each for each in load.reading.tables if each.name == need.table] if load.reading else []
    return not accesses or any(
        each.access.reads_all
        and not each.limited
        and not any(part.blocker not in _ANSWERABLE for part in each.predicates)
        for each in accesses
    )


def _find_scan(load: QueryLoad, need: TableNeed, table: Table, limits: Limits) -> Scan | None:
    columns = tuple(sorted((need.filters | need.joins) & table.columns.keys()))
    if table.rows is None or table.rows < limits.large_table_rows or not columns or need.blocked:
        return None
    if leads_an_index(table, columns):
        return None
    rows = find_rows_per_run(load) if load.evidence is Evidence.COUNTED else None
    if rows is not None and rows < limits.large_table_rows:
        return None  # the server read too little for this: a LIMIT stopped it early, or the sizes are stale
    confirmed = rows is not None and (
        find_unindexed_share(load) >= 0.5 or rows >= _WHOLE_TABLE_SHARE * table.rows
    )
    return Scan(
        table=table,
        columns=columns,
        rows_per_run=table.rows if rows is None else rows,
        measured=rows is not None,
        evidence=Evidence.COUNTED if confirmed else Evidence.INFERRED,
    )


def _ask_plan(scan: Scan | None, load: QueryLoad, situation: Situation) -> Scan | None:
    """The claim as the server's own plan leaves it: nothing of it, or as good as what it is counted by.

    One plan is of one execution: it overrules what was concluded, and not what the server counted of all of them.
    """
    whole = None if scan is None else reads_whole(load, scan.table, situation)
    if scan is None or whole is None or scan.evidence is Evidence.COUNTED:
        return scan
    return replace(scan, evidence=load.evidence) if whole else None


def find_sweeps(load: QueryLoad, situation: Situation) -> tuple[Scan, ...]:
    """The large tables that nothing in the statement bounds; none where the counters disagree."""
    if situation.schema is None:
        return ()
    sweeps = dict[tuple[str, str], Scan]()
    for need in load.statement.needs or ():
        table = situation.schema.find(need.table, need.database)
        if table is None or need.sweep is None:
            continue
        sweep = _ask_plan(_find_sweep(load, need.sweep, table, situation.limits), load, situation)
        if sweep is not None:
            sweeps.setdefault((table.database, table.name), sweep)
    return tuple(sweeps.values())


def _find_sweep(load: QueryLoad, sweep: Sweep, table: Table, limits: Limits) -> Scan | None:
    if (
        table.rows is None
        or table.rows < limits.large_table_rows
        or may_serve_exclusion(table, sweep.excluded)
    ):
        return None
    rows = find_rows_per_run(load) if load.evidence is Evidence.COUNTED else None
    known_rows = find_rows_per_run(load) if sweep.guarded else table.rows
    if min(known_rows or 0.0, table.rows if rows is None else rows) < limits.large_table_rows:
        return None  # literals that are compared with each other may say "nothing at all"
    confirmed = rows is not None and rows >= _WHOLE_TABLE_SHARE * table.rows
    return Scan(
        table=table,
        columns=tuple(sorted(sweep.excluded)),
        rows_per_run=table.rows if rows is None else rows,
        measured=rows is not None,
        evidence=Evidence.COUNTED if confirmed else Evidence.INFERRED,
    )


def may_serve_exclusion(table: Table, columns: Iterable[str]) -> bool:
    """Whether an index may spare rows of which one of the columns is NULL, or has one certain value.

    A primary key has no NULL, and of each value one row.
    """
    keys = {index.columns for index in table.indexes if index.name.casefold() == "primary"}
    return any(
        column in index.columns for column in columns if (column,) not in keys for index in table.indexes
    )


def leads_an_index(table: Table, columns: Iterable[str]) -> bool:
    """Whether an index of the table begins with one of the columns."""
    wanted = set(columns)
    return any(index.columns and index.columns[0] in wanted for index in table.indexes)


def find_unindexed_share(load: QueryLoad) -> float:
    """The share of executions that the server counted as using no index; 0 where it does not count them."""
    return load.no_index_used / load.executions if load.no_index_used and load.executions else 0.0


def find_scanned_table(load: QueryLoad, situation: Situation) -> Table | None:
    """The largest table of the statement that one run reads enough rows to have read whole."""
    rows = find_rows_per_run(load)
    if situation.schema is None or rows is None:
        return None
    tables = [situation.schema.find(need.table, need.database) for need in load.statement.needs or ()]
    if not tables:
        tables = [situation.schema.find(name, None) for name in load.statement.tables]
    sized = [(table.rows, table) for table in tables if table is not None and table.rows is not None]
    whole = [
        entry
        for entry in sized
        if entry[0] >= situation.limits.large_table_rows and rows >= _WHOLE_TABLE_SHARE * entry[0]
    ]
    return max(whole, key=lambda entry: entry[0])[1] if whole else None


def find_severity(rows_per_minute: float, limits: Limits) -> Severity:
    """How much it matters that so many rows are read without an index's help."""
    if rows_per_minute >= limits.rows_per_minute_critical:
        return Severity.CRITICAL
    if rows_per_minute >= limits.rows_per_minute_warning:
        return Severity.WARNING
    return Severity.INFO


def find_scan_severity(
    rows_per_run: float,
    runs_per_minute: float,
    situation: Situation,
    *,
    heavy_rows: int | None = None,
) -> Severity:
    """The severity of a scan: by rows a minute, and by a single run that is heavy enough to hurt alone.

    A run is heavy from `heavy_rows` on, else from the limit for what no index serves. Before rates are known a run
    counts as one a minute, and nothing is critical.
    """
    limits = situation.limits
    if not situation.rates_are_known:
        return cap_severity(find_severity(rows_per_run, limits), Severity.WARNING)
    heavy = rows_per_run >= (heavy_rows or limits.rows_per_run_critical)
    worst = Severity.CRITICAL if heavy else find_severity(rows_per_run * runs_per_minute, limits)
    return ease_severity(worst, situation)


def ease_severity(severity: Severity, situation: Situation) -> Severity:
    """One step less while the office is closed: nobody waits behind what is read then."""
    return severity if situation.office_open else list(Severity)[max(0, severity.rank - 1)]


def find_scan_measure(
    rows_per_run: float,
    runs_per_minute: float,
    situation: Situation,
    *,
    heavy_rows: int | None = None,
) -> tuple[float | None, float]:
    """(measured, limit) of a scan: rows a minute, or the rows of a run where that alone is critical."""
    limits = situation.limits
    if not situation.rates_are_known:
        return None, limits.rows_per_minute_warning
    measured, heavy = rows_per_run * runs_per_minute, heavy_rows or limits.rows_per_run_critical
    if rows_per_run >= heavy and measured < limits.rows_per_minute_critical:
        return rows_per_run, heavy
    return measured, limits.rows_per_minute_warning


def cap_severity(severity: Severity, most: Severity) -> Severity:
    """The severity, but no more than `most`."""
    return min(severity, most, key=lambda each: each.rank)


def find_weakest(evidences: Iterable[Evidence]) -> Evidence:
    """The poorest of several grades: a claim is as good as its worst part."""
    return max(evidences, key=list(Evidence).index)
