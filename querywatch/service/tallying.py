"""Turns the totals of two snapshots into what was used between them."""

from collections.abc import Iterator, Mapping

from querywatch.snapshot import IntegrationState, QueryState, Snapshot
from querywatch.store.use import Use


def find_uses(before: Snapshot | None, after: Snapshot, longest: Mapping[str, float]) -> Iterator[Use]:
    """What each integration and exported shape used since; totals that fell began again at zero.

    `longest` is how long each integration's statements were seen running meanwhile, in seconds.
    """
    integrations = {} if before is None else {each.integration.name: each for each in before.integrations}
    for state in after.integrations:
        name = state.integration.name
        use = _find_integration_use(integrations.get(name), state, longest.get(name))
        if use.runs or use.seconds:
            yield use
    queries = (
        {} if before is None else {(each.integration, each.fingerprint): each for each in before.queries}
    )
    for query in after.queries:
        used = _find_query_use(queries.get((query.integration, query.fingerprint)), query)
        if used.runs or used.seconds:
            yield used


def _find_integration_use(
    before: IntegrationState | None, after: IntegrationState, longest_seconds: float | None
) -> Use:
    if before is not None and after.statements_total < before.statements_total:
        before = None
    return Use(
        integration=after.integration.name,
        runs=after.statements_total - (before.statements_total if before else 0.0),
        seconds=_subtract(after.seconds, before.seconds if before else None),
        rows_examined=_subtract(after.rows_examined, before.rows_examined if before else None),
        rows_sent=_subtract(after.rows_sent, before.rows_sent if before else None),
        longest_seconds=longest_seconds,
    )


def _find_query_use(before: QueryState | None, after: QueryState) -> Use:
    if before is not None and after.executions < before.executions:
        before = None
    return Use(
        integration=after.integration,
        fingerprint=after.fingerprint,
        runs=after.executions - (before.executions if before else 0.0),
        seconds=_subtract(after.seconds, before.seconds if before else None),
        rows_examined=_subtract(after.rows_examined, before.rows_examined if before else None),
    )


def _subtract(after: float | None, before: float | None) -> float | None:
    if after is None:
        return None
    return max(0.0, after - (before or 0.0))
