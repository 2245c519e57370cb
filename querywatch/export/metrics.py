"""Renders snapshots as Prometheus metrics; a scrape touches no server."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from querywatch import __version__
from querywatch.export.change_metrics import CHANGE_METRICS, render_changes
from querywatch.export.trial_metrics import TRIAL_METRICS, render_trials
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Operation
from querywatch.snapshot import IntegrationState, Snapshot, WriteCount

PREFIX = "querywatch_"
STATEMENT_OPERATIONS = tuple(operation for operation in Operation if operation is not Operation.SET)
WRITE_OPERATIONS = (
    *(operation for operation in Operation if operation.is_write),
    Operation.PREPARED,
    Operation.OTHER,  # of a kind that the server does not tell
)
FINDING_LABELS = ("server", "integration", "rule", "subject", "fingerprint", "severity")
QUERY_LABELS = ("server", "integration", "fingerprint")


@dataclass(frozen=True, slots=True)
class MetricKind:
    """One metric's contract: its type, its labels in order, and what it says."""

    type: str  # 'counter' | 'gauge'
    labels: tuple[str, ...]
    help: str


METRICS: dict[str, MetricKind] = {
    PREFIX + name: MetricKind(*kind)
    for name, kind in {
        **TRIAL_METRICS,
        **CHANGE_METRICS,
        "build_info": ("gauge", ("version",), "The running querywatch."),
        "up": ("gauge", ("server",), "Whether the last poll of the server succeeded."),
        "server_info": ("gauge", ("server", "flavour", "version"), "The server, with its configured labels."),
        "source_up": ("gauge", ("server", "source"), "Whether the source, where offered, could be read."),
        "evidence_available": (
            "gauge",
            ("server", "source"),
            "Whether the server offers the source: switched on and granted.",
        ),
        "last_poll_timestamp_seconds": ("gauge", ("server", "source"), "When the source was last read."),
        "poll_duration_seconds": (
            "gauge",
            ("server", "source"),
            "How long the last read of the source took.",
        ),
        "poll_failures_total": ("counter", ("server", "source", "reason"), "Reads of a source that failed."),
        "observer_seconds_total": (
            "counter",
            ("server",),
            "Server time of querywatch's own statements: counted by the server where it can, else measured here.",
        ),
        "observer_budget_ratio": (
            "gauge",
            ("server",),
            "Server time of querywatch's own statements in the last five minutes over observer_budget.",
        ),
        "capture_ratio": (
            "gauge",
            ("server", "duration"),
            "Chance that polls see a statement of this duration.",
        ),
        "attribution_residual_ratio": (
            "gauge",
            ("server",),
            "Share of the server's statement time that could not be laid to any integration's shapes.",
        ),
        "integration_info": (
            "gauge",
            ("server", "integration", "kind", "contact"),
            "The integration as configured.",
        ),
        "integration_evidence": (
            "gauge",
            ("server", "integration", "quantity", "evidence"),
            "How good the evidence behind a quantity is.",
        ),
        "integration_error_ratio": (
            "gauge",
            ("server", "integration", "quantity"),
            "How far an estimate may be off, nine times in ten, over the estimate; absent where it is counted.",
        ),
        "integration_statements_total": (
            "counter",
            ("server", "integration", "operation"),
            "Statements run.",
        ),
        "integration_statement_seconds_total": (
            "counter",
            ("server", "integration"),
            "Server time of statements.",
        ),
        "integration_rows_examined_total": (
            "counter",
            ("server", "integration"),
            "Rows the server read for them.",
        ),
        "integration_rows_sent_total": ("counter", ("server", "integration"), "Rows sent to them."),
        "integration_writes_total": (
            "counter",
            ("server", "integration", "operation", "outcome"),
            "Writes, carried out (done) or refused by the server.",
        ),
        "integration_connections": ("gauge", ("server", "integration", "state"), "Sessions now, by state."),
        "integration_longest_running_seconds": (
            "gauge",
            ("server", "integration"),
            "Age of the longest statement running now; 0 when none runs.",
        ),
        "integration_blocking_victims": (
            "gauge",
            ("server", "integration"),
            "Sessions that wait now for one of its own, directly or behind others; absent where that cannot be told.",
        ),
        "integration_budget_ratio": (
            "gauge",
            ("server", "integration", "budget"),
            "Use of a budget over its limit.",
        ),
        "query_statements_total": ("counter", QUERY_LABELS, "Executions of a shape since it is exported."),
        "query_seconds_total": ("counter", QUERY_LABELS, "Server time of a shape since it is exported."),
        "query_rows_examined_total": ("counter", QUERY_LABELS, "Rows the server read for a shape."),
        "baseline_ratio": (
            "gauge",
            QUERY_LABELS,
            "Time a run of a shape took lately over what is usual at this hour; absent while it is new or rests.",
        ),
        "query_info": (
            "gauge",
            ("server", "fingerprint", "tables", "shape"),
            "The shape behind a fingerprint.",
        ),
        "finding": ("gauge", FINDING_LABELS, "An open finding; absent once resolved."),
        "finding_limit_ratio": ("gauge", FINDING_LABELS, "An open finding's measure over its limit."),
        "finding_acknowledged_until_timestamp_seconds": (
            "gauge",
            FINDING_LABELS,
            "Until when an open finding is acknowledged; absent while it is not.",
        ),
        "findings_opened_total": ("counter", ("server", "rule", "severity"), "Findings opened."),
        "problem": (
            "gauge",
            ("server", "integration", "subject", "severity", "rule"),
            "One cause, under its leading rule; what alerts should use.",
        ),
    }.items()
}


def family(name: str, *, extra_labels: tuple[str, ...] = ()) -> CounterMetricFamily | GaugeMetricFamily:
    """An empty family of a metric of METRICS, named without the prefix."""
    kind = METRICS[PREFIX + name]
    make = CounterMetricFamily if kind.type == "counter" else GaugeMetricFamily
    return make(PREFIX + name, kind.help, labels=(*kind.labels, *extra_labels))


class SnapshotCollector(Collector):
    """Turns what `snapshots()` returns into families, at every scrape."""

    def __init__(self, snapshots: Callable[[], Iterable[Snapshot]]) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator[Metric]:
        """All families; a server that is away gives only `up` 0 and what querywatch says of it."""
        snapshots = tuple(self._snapshots())
        build = family("build_info")
        build.add_metric([__version__], 1)
        yield build
        yield from _render_sight(snapshots)
        seen = tuple(snapshot for snapshot in snapshots if snapshot.up)
        yield _render_server_info(seen)
        yield from _render_sources(seen)
        yield from _render_integration_totals(seen)
        yield from _render_integration_states(seen)
        yield from _render_queries(seen)
        yield from _render_findings(snapshots)
        yield from render_trials(snapshots, family)
        yield render_changes(snapshots, family)


def make_registry(snapshots: Callable[[], Iterable[Snapshot]]) -> CollectorRegistry:
    """A registry of its own, so that nothing else in the process can add to the page."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SnapshotCollector(snapshots))
    return registry


def _render_sight(snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    up, failures = family("up"), family("poll_failures_total")
    observer, budget = family("observer_seconds_total"), family("observer_budget_ratio")
    for snapshot in snapshots:
        if not snapshot.attempted:
            continue
        up.add_metric([snapshot.server], float(snapshot.up))
        observer.add_metric([snapshot.server], snapshot.observer_seconds)
        if snapshot.up and snapshot.observer_budget_ratio is not None:
            budget.add_metric([snapshot.server], snapshot.observer_budget_ratio)
        for (source, reason), count in sorted(snapshot.poll_failures.items()):
            failures.add_metric([snapshot.server, source, reason], count)
    yield from (up, observer, budget, failures)


def _render_server_info(snapshots: Iterable[Snapshot]) -> Metric:
    servers = [(snapshot.server, snapshot.info) for snapshot in snapshots if snapshot.info]
    names = tuple(sorted({label for _, info in servers for label in info.labels}))
    rendered = family("server_info", extra_labels=names)
    for name, info in servers:
        labels = [info.labels.get(label, "") for label in names]
        rendered.add_metric([name, info.flavour, info.version_text, *labels], 1)
    return rendered


def _render_sources(snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    up, available = family("source_up"), family("evidence_available")
    last, duration = family("last_poll_timestamp_seconds"), family("poll_duration_seconds")
    capture, residual = family("capture_ratio"), family("attribution_residual_ratio")
    for snapshot in snapshots:
        for source in snapshot.sources:
            labels = [snapshot.server, source.name]
            available.add_metric(labels, float(source.offered))
            if source.offered:
                up.add_metric(labels, float(source.up))
            if source.last_read_at is not None:
                last.add_metric(labels, source.last_read_at)
            if source.up and source.duration_seconds is not None:
                duration.add_metric(labels, source.duration_seconds)
        for words, ratio in snapshot.capture_ratios.items():
            capture.add_metric([snapshot.server, words], ratio)
        if snapshot.residual_ratio is not None:
            residual.add_metric([snapshot.server], snapshot.residual_ratio)
    yield from (up, available, last, duration, capture, residual)


def _render_integration_totals(snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    statements, writes = family("integration_statements_total"), family("integration_writes_total")
    measured = {
        "seconds": family("integration_statement_seconds_total"),
        "rows_examined": family("integration_rows_examined_total"),
        "rows_sent": family("integration_rows_sent_total"),
    }
    for snapshot, state in _each_integration(snapshots):
        labels = [snapshot.server, state.integration.name]
        for operation in STATEMENT_OPERATIONS:
            amount = state.statements.get(operation, 0.0)
            if operation is Operation.OTHER:
                amount += state.statements.get(Operation.SET, 0.0)
            statements.add_metric([*labels, operation], amount)
        for written in WRITE_OPERATIONS:
            count = state.writes.get(written, WriteCount())
            writes.add_metric([*labels, written, "done"], count.done)
            writes.add_metric([*labels, written, "refused"], count.refused)
        for quantity, rendered in measured.items():
            measure = getattr(state, quantity)
            if measure is not None:
                rendered.add_metric(labels, measure)
    yield from (statements, writes, *measured.values())


def _render_integration_states(snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    info, evidence = family("integration_info"), family("integration_evidence")
    connections, longest = family("integration_connections"), family("integration_longest_running_seconds")
    budgets, errors = family("integration_budget_ratio"), family("integration_error_ratio")
    victims = family("integration_blocking_victims")
    for snapshot, state in _each_integration(snapshots):
        labels = [snapshot.server, state.integration.name]
        info.add_metric([*labels, state.integration.kind, state.integration.contact], 1)
        for quantity, grade in state.evidence.items():
            evidence.add_metric([*labels, quantity, Evidence(grade)], 1)
        for quantity, ratio in state.error_ratios.items():
            errors.add_metric([*labels, quantity], ratio)
        for budget, ratio in state.budget_ratios.items():
            budgets.add_metric([*labels, budget], ratio)
        if not snapshot.sees_sessions:
            continue
        for name, count in (
            ("active", state.active),
            ("sleeping", state.sleeping),
            ("blocked", state.blocked),
        ):
            connections.add_metric([*labels, name], count)
        longest.add_metric(labels, state.longest_running_seconds)
        if snapshot.blocking_victims is not None:
            victims.add_metric(labels, snapshot.blocking_victims.get(state.integration.name, 0))
    yield from (info, evidence, errors, connections, longest, victims, budgets)


def _each_integration(snapshots: Iterable[Snapshot]) -> Iterator[tuple[Snapshot, IntegrationState]]:
    for snapshot in snapshots:
        for state in snapshot.integrations:
            yield snapshot, state


def _render_queries(snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    statements, seconds = family("query_statements_total"), family("query_seconds_total")
    rows, info = family("query_rows_examined_total"), family("query_info")
    usual = family("baseline_ratio")
    for snapshot in snapshots:
        for query in snapshot.queries:
            labels = [snapshot.server, query.integration, query.fingerprint]
            statements.add_metric(labels, query.executions)
            seconds.add_metric(labels, query.seconds)
            if query.rows_examined is not None:
                rows.add_metric(labels, query.rows_examined)
            if query.baseline_ratio is not None:
                usual.add_metric(labels, query.baseline_ratio)
        for entry in snapshot.query_infos:
            info.add_metric([snapshot.server, entry.fingerprint, entry.tables, entry.shape], 1)
    yield from (statements, seconds, rows, usual, info)


def _render_findings(snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    finding, ratio = family("finding"), family("finding_limit_ratio")
    acknowledged = family("finding_acknowledged_until_timestamp_seconds")
    opened, problem = family("findings_opened_total"), family("problem")
    for snapshot in snapshots:
        for found in snapshot.visible_findings:
            labels = _finding_labels(snapshot.server, found)
            finding.add_metric(labels, 1)
            if found.finding.limit_ratio is not None:
                ratio.add_metric(labels, found.finding.limit_ratio)
            if found.acknowledged_until is not None:
                acknowledged.add_metric(labels, found.acknowledged_until)
        for (rule, severity), count in sorted(snapshot.findings_opened.items()):
            opened.add_metric([snapshot.server, rule, severity], count)
        for leading in snapshot.problems:
            labels = [snapshot.server, leading.integration, leading.subject, leading.severity, leading.rule]
            problem.add_metric(labels, 1)
    yield from (finding, ratio, acknowledged, opened, problem)


def _finding_labels(server: str, found: OpenFinding) -> list[str]:
    finding = found.finding
    return [server, finding.integration, finding.rule, finding.subject, finding.fingerprint, finding.severity]
