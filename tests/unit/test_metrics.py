"""Metrics: what a snapshot becomes, what is absent, and that Prometheus' own checker finds no fault."""

import shutil
import subprocess
from dataclasses import replace

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from querywatch.export.metrics import METRICS, make_registry
from querywatch.findings import OpenFinding, find_problems
from querywatch.model import (
    Evidence,
    Finding,
    Flavour,
    Integration,
    Kind,
    Operation,
    ServerInfo,
    Severity,
)
from querywatch.snapshot import (
    IntegrationState,
    QueryInfo,
    QueryState,
    Snapshot,
    SourceState,
    WriteCount,
)

VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ, accounts=("vendor",), contact="vendor@example.org")
INFO = ServerInfo(name="main", flavour=Flavour.MARIADB, version=(10, 11, 6), labels={"site": "north"})


def finding(rule: str, severity: Severity = Severity.WARNING, measured: float | None = None) -> OpenFinding:
    found = Finding(
        rule=rule, severity=severity, integration="vendor", subject="patient", fingerprint="a" * 16,
        message="m", advice="a", evidence=Evidence.COUNTED, measured=measured, limit=100.0,
    )  # fmt: skip
    return OpenFinding(finding=found, opened_at=0.0, last_seen_at=1.0, severe_at=0.0)


def snapshot(*, up: bool = True, attempted: bool = True, name: str = "main") -> Snapshot:
    findings = (finding("index.missing", measured=250.0), finding("coverage.blind", Severity.CRITICAL))
    return Snapshot(
        server=name,
        at=100.0,
        up=up,
        attempted=attempted,
        info=INFO,
        sources=(
            SourceState(name="processlist", up=True, last_read_at=99.0, duration_seconds=0.01),
            SourceState(name="digests", up=False, offered=False, reason="performance-schema-off"),
            SourceState(name="schema", up=False, reason="timeout"),
        ),
        integrations=(
            IntegrationState(
                integration=VENDOR,
                statements={Operation.SELECT: 5.0, Operation.SET: 2.0},
                seconds=1.5,
                rows_examined=None,
                rows_sent=0.0,
                writes={Operation.UPDATE: WriteCount(done=3.0, refused=1.0)},
                evidence={"statements": Evidence.COUNTED},
                sleeping=2,
            ),
        ),
        queries=(
            QueryState(integration="vendor", fingerprint="a" * 16, executions=4, seconds=1, rows_examined=9),
        ),
        query_infos=(QueryInfo(fingerprint="a" * 16, tables="patient", shape="SELECT ?"),),
        findings=findings,
        problems=find_problems(findings),
        findings_opened={("index.missing", "warning"): 2},
        poll_failures={("schema", "timeout"): 1},
        observer_seconds=0.25,
        observer_budget_ratio=0.4,
        capture_ratios={"100ms": 0.1},
    )


Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def render(*snapshots: Snapshot) -> Samples:
    found: Samples = {}
    text = generate_latest(make_registry(lambda: snapshots)).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def labels(**given: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"server": "main", **given}.items()))


def test_only_the_declared_metrics_with_their_declared_labels_are_exported() -> None:
    for name, series in render(snapshot()).items():
        kind = METRICS[name]
        for found in series:
            extra = {"site"} if name == "querywatch_server_info" else set()
            assert {key for key, _ in found} == {*kind.labels, *extra}


def test_no_created_series_and_no_undeclared_type() -> None:
    text = generate_latest(make_registry(lambda: [snapshot()])).decode()
    assert "_created" not in text
    for name, kind in METRICS.items():
        assert f"# TYPE {name} {kind.type}" in text


def test_every_operation_of_an_integration_is_there_from_the_start() -> None:
    """increase() never sees the first write of a series that begins with it."""
    found = render(snapshot())
    statements = found["querywatch_integration_statements_total"]
    assert statements[labels(integration="vendor", operation="select")] == 5
    assert statements[labels(integration="vendor", operation="insert")] == 0
    assert statements[labels(integration="vendor", operation="other")] == 2  # SET is one of the others
    assert {dict(each)["operation"] for each in statements} == {
        "select", "insert", "update", "delete", "replace", "ddl", "call", "prepared", "other",
    }  # fmt: skip
    writes = found["querywatch_integration_writes_total"]
    assert writes[labels(integration="vendor", operation="update", outcome="done")] == 3
    assert writes[labels(integration="vendor", operation="update", outcome="refused")] == 1
    assert writes[labels(integration="vendor", operation="delete", outcome="done")] == 0


def test_a_measured_zero_is_zero_and_an_unknown_is_absent() -> None:
    found = render(snapshot())
    assert found["querywatch_integration_rows_sent_total"] == {labels(integration="vendor"): 0.0}
    assert "querywatch_integration_rows_examined_total" not in found
    assert "querywatch_attribution_residual_ratio" not in found


def test_a_source_that_is_not_offered_is_not_down() -> None:
    found = render(snapshot())
    assert found["querywatch_source_up"] == {
        labels(source="processlist"): 1.0,
        labels(source="schema"): 0.0,
    }
    assert found["querywatch_evidence_available"][labels(source="digests")] == 0
    assert labels(source="schema") not in found["querywatch_last_poll_timestamp_seconds"]


def test_sessions_that_cannot_be_seen_are_not_none() -> None:
    """A processlist that was lost leaves no number of connections, neither the last one nor 0."""
    lost = replace(snapshot(), sources=(SourceState(name="processlist", up=False, reason="timeout"),))
    for metric in ("querywatch_integration_connections", "querywatch_integration_longest_running_seconds"):
        assert metric in render(snapshot())
        assert metric not in render(lost)


def test_a_server_that_is_away_has_nothing_of_its_own_but_that() -> None:
    found = render(snapshot(up=False))
    assert found["querywatch_up"] == {labels(): 0.0}
    about_querywatch = {
        "querywatch_build_info", "querywatch_up", "querywatch_observer_seconds_total", "querywatch_finding",
        "querywatch_findings_opened_total", "querywatch_poll_failures_total", "querywatch_problem",
        "querywatch_changes_total",
    }  # fmt: skip
    assert set(found) <= about_querywatch
    assert {dict(each)["rule"] for each in found["querywatch_finding"]} == {"coverage.blind"}


def test_what_watching_costs_is_told_beside_its_budget() -> None:
    """In seconds of server time, and as a share of what it may take; of a server that is away no share is of now."""
    found = render(snapshot())
    assert found["querywatch_observer_seconds_total"] == {labels(): 0.25}
    assert found["querywatch_observer_budget_ratio"] == {labels(): 0.4}
    assert "querywatch_observer_budget_ratio" not in render(snapshot(up=False))


def test_a_server_that_was_not_looked_at_yet_has_nothing() -> None:
    found = render(snapshot(attempted=False, up=False))
    assert "querywatch_up" not in found


def test_a_finding_carries_its_measure_over_its_limit() -> None:
    found = render(snapshot())
    ratios = {dict(each)["rule"]: value for each, value in found["querywatch_finding_limit_ratio"].items()}
    assert ratios == {"index.missing": 2.5}


def test_labels_of_one_server_do_not_disturb_another() -> None:
    other = snapshot(name="second")
    found = render(snapshot(), other)
    assert {dict(each)["server"] for each in found["querywatch_server_info"]} == {"main", "second"}


def check_with_promtool(text: bytes) -> str:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode()


def test_promtool_finds_no_fault() -> None:
    text = generate_latest(make_registry(lambda: [snapshot()]))
    assert check_with_promtool(text) == ""
