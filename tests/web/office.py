"""An office with a vendor that hurts, one that is new and one that behaves, as a snapshot."""

from querywatch.analysis.situation import RunningSession
from querywatch.findings import OpenFinding
from querywatch.model import (
    Attribution,
    Evidence,
    Finding,
    Flavour,
    Integration,
    Kind,
    Operation,
    ServerInfo,
    Session,
    Severity,
)
from querywatch.snapshot import IntegrationState, Past, Snapshot, SourceState

_TEXTER = Integration(name="recall-texter", kind=Kind.DIRECT_READ)
_BRIDGE = Integration(name="imaging-bridge", kind=Kind.PROGRAM_LINK)
_OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL)


def make_office(now: float) -> Snapshot:
    """As of `now`."""
    return Snapshot(
        server="main-office", at=now - 2, up=True, attempted=True,
        info=ServerInfo(name="main-office", flavour=Flavour.MARIADB, version=(10, 11, 6)),
        sources=(
            SourceState(name="processlist", up=True),
            SourceState(name="digests", up=True),
            SourceState(
                name="user_statistics", up=False, offered=False, reason="off",
                advice="An administrator runs: SET GLOBAL userstat = ON",
            ),
        ),
        integrations=(
            _make_state(_TEXTER, 48_210, 812.4, 96_400_000, now), _make_state(_BRIDGE, 312, 0.4, 2_210, now, now),
            _make_state(_OFFICE, 31_544, 96.2, 1_204_000, now),
        ),
        running=(
            RunningSession(
                session=Session(
                    session_id=7, account="recall_texter", host="192.168.1.40", database="opendental",
                    command="Query", state="Sending data", seconds=14.0, statement=None,
                ),
                attribution=Attribution(integration=_TEXTER, reason="account"),
                outward_shape="SELECT * FROM patient WHERE DateTStamp > ? ORDER BY DateTStamp",
            ),
        ),
        findings=(
            _make_finding("index.missing", Severity.CRITICAL, "patient", now),
            _make_finding("frequency.poll", Severity.WARNING, "recall_texter", now),
        ),
        observer_seconds=0.9, observer_budget_ratio=0.21, capture_ratios={"1 s": 0.98},
    )  # fmt: skip


def _make_state(
    integration: Integration,
    statements: float,
    seconds: float,
    rows: float,
    now: float,
    learning: float | None = None,
) -> IntegrationState:
    return IntegrationState(
        integration=integration, statements={Operation.SELECT: statements}, seconds=seconds, rows_examined=rows,
        rows_sent=None, writes={}, evidence={"statements": Evidence.COUNTED}, active=1, sleeping=2,
        learning_until=now + 60 if learning else None,
    )  # fmt: skip


def _make_finding(rule: str, severity: Severity, subject: str, now: float) -> OpenFinding:
    return OpenFinding(
        finding=Finding(
            rule=rule, severity=severity, integration="recall-texter", subject=subject,
            message="Every run reads all 32,852 rows of patient: no index leads with DateTStamp.",
            advice="Ask the vendor to read by SecDateTEdit, which an index serves, or once an hour.",
            evidence=Evidence.COUNTED,
        ),
        opened_at=now - 4000, last_seen_at=now, severe_at=now,
    )  # fmt: skip


def make_past(now: float) -> tuple[Past, ...]:
    """Four hours of it: a vendor every quarter of an hour, an office that works, and twenty minutes out of sight."""
    first = now // 60 * 60 - 359 * 60
    texter = [
        None if minute < 120 or 200 <= minute < 220 else 40.0 * (minute % 15 == 0) for minute in range(360)
    ]
    office = [None if value is None else 3.0 + minute % 7 for minute, value in enumerate(texter)]
    return tuple(
        Past(
            integration=name, started_at=first, step_seconds=60, seconds=tuple(values),
            running=tuple(None if value is None else 1.0 + (value > most) for value in values),
        )
        for name, values, most in (("opendental", office, 8.0), ("recall-texter", texter, 39.0))
    )  # fmt: skip
