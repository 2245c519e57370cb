"""What a shape costs: how often it runs, how many rows a run reads, and how much that matters."""

from collections.abc import Iterable

from querywatch.analysis.schedule import find_period
from querywatch.analysis.situation import Limits, QueryLoad, Situation
from querywatch.model import Evidence, Severity

# One run is no rate: taken alone it could be the day's only one, or the first of many.
_LONE_RUN_SECONDS = 900.0


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


def find_unindexed_share(load: QueryLoad) -> float:
    """The share of executions that the server counted as using no index; 0 where it does not count them."""
    return load.no_index_used / load.executions if load.no_index_used and load.executions else 0.0


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
