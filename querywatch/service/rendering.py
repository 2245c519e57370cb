"""Turns a watch's running state into the immutable rows of its snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from querywatch.analysis.estimates import Estimate
from querywatch.analysis.published import IntegrationTotals, Published
from querywatch.findings import OpenFinding, Problem, find_problems
from querywatch.model import Attribution, Operation, Session
from querywatch.service.judging import Judge
from querywatch.snapshot import Connected, IntegrationState, QueryInfo, QueryState, Snapshot, WriteCount
from querywatch.sql.clean import shorten

_TABLES_SHOWN = 8
_REASONS_SHOWN = 8


def render_snapshot(
    frame: Snapshot,
    published: Published,
    judge: Judge,
    present: Sequence[tuple[Session, Attribution]],
    estimates: Mapping[str, Estimate],
) -> Snapshot:
    """`frame` with its integrations, queries, running sessions and findings filled in.

    `estimates` is what was lately sampled of each integration, where nothing counts it.
    """
    by_integration = dict[str, list[tuple[Session, Attribution]]]()
    for session, attribution in present:
        by_integration.setdefault(attribution.integration.name, []).append((session, attribution))
        published.expect([attribution.integration])
    return replace(
        frame,
        integrations=tuple(
            _render_integration(totals, by_integration.get(name, []), judge, estimates.get(name))
            for name, totals in published.integrations.items()
        ),
        queries=tuple(
            QueryState(
                integration=integration,
                fingerprint=fingerprint,
                executions=totals.executions,
                seconds=totals.seconds,
                rows_examined=totals.rows_examined,
                seconds_variance=totals.seconds_variance,
                executions_variance=totals.executions_variance,
                baseline_ratio=judge.baselines.normals.find_ratio(integration, fingerprint),
            )
            for (integration, fingerprint), totals in published.queries.items()
        ),
        query_infos=tuple(
            QueryInfo(
                fingerprint=fingerprint,
                tables=shorten(", ".join(judge.renderer.render_tables(statement)[:_TABLES_SHOWN]), 120),
                shape=shorten(judge.renderer.render(statement)),
                whole_shape=judge.renderer.render(statement),
            )
            for fingerprint, statement in published.statements.items()
        ),
        running=tuple(judge.make_running(*each) for each in present if each[0].is_active),
        connected=find_connected(present),
        findings=judge.book.open,
        changes_noticed={str(kind): count for kind, count in judge.changes_noticed.items()},
        problems=_find_problems(frame, judge.book.open),
    )


def find_connected(present: Sequence[tuple[Session, Attribution]]) -> tuple[Connected, ...]:
    """Who is there, running or asleep: one entry for each account, host, program and integration."""
    groups = dict[tuple[str, str, str | None, str], list[Attribution]]()
    for session, attribution in present:
        key = (session.account, session.host, session.program, attribution.integration.name)
        groups.setdefault(key, []).append(attribution)
    return tuple(
        Connected(account=account, host=host, program=program, attribution=found[0], sessions=len(found))
        for (account, host, program, _), found in sorted(groups.items(), key=str)
    )


def _find_problems(frame: Snapshot, findings: tuple[OpenFinding, ...]) -> tuple[Problem, ...]:
    """Of a server that is away only that it is: what else was open says nothing of now."""
    return find_problems(replace(frame, findings=findings).visible_findings)


def _render_integration(
    totals: IntegrationTotals,
    present: Sequence[tuple[Session, Attribution]],
    judge: Judge,
    estimate: Estimate | None,
) -> IntegrationState:
    sessions = [session for session, _ in present]
    active = [session for session in sessions if session.is_active]
    blocked = sum(is_blocked(session) for session in active)
    kinds = [
        operation
        for operation in Operation
        if operation in totals.writes_done or operation in totals.writes_refused
    ]
    return IntegrationState(
        integration=totals.integration,
        statements=dict(totals.statements),
        seconds=totals.seconds,
        rows_examined=totals.rows_examined,
        rows_sent=totals.rows_sent,
        writes={
            kind: WriteCount(
                done=totals.writes_done.get(kind, 0.0), refused=totals.writes_refused.get(kind, 0.0)
            )
            for kind in kinds
        },
        evidence=dict(totals.evidence),
        seconds_variance=totals.seconds_variance,
        statements_variance=totals.statements_variance,
        error_ratios={} if estimate is None else find_error_ratios(estimate),
        attributions=tuple({each.reason: each for _, each in present}.values())[:_REASONS_SHOWN],
        active=len(active) - blocked,
        sleeping=len(sessions) - len(active),
        blocked=blocked,
        longest_running_seconds=max((session.seconds for session in active), default=0.0),
        budget_ratios=judge.budget_ratios.get(totals.integration.name, {}),
        learning_until=judge.baselines.learning.get(totals.integration.name),
    )


def find_error_ratios(estimate: Estimate) -> dict[str, float]:
    """Half the interval that holds the truth nine times in ten, over the estimate; only what has such a bound."""
    ratios = dict[str, float]()
    if estimate.seconds > 0:
        low, high = estimate.seconds_interval
        ratios["seconds"] = (high - low) / 2 / estimate.seconds
    fewest, most = estimate.executions_interval
    if estimate.executions > 0 and most is not None:
        ratios["statements"] = (most - fewest) / 2 / estimate.executions
    return ratios


def is_blocked(session: Session) -> bool:
    """Whether it waits for a lock that another session holds (the State column of the processlist)."""
    state = session.state.casefold()
    return state == "locked" or (state.startswith("waiting for") and "lock" in state)
