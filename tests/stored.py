"""What tests of the state file share: two findings, and saving and loading as one call each."""

from collections.abc import Sequence
from dataclasses import replace

from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding, Severity
from querywatch.store import Store
from querywatch.store.findings import load_findings, save_findings
from querywatch.store.trail import Event, load_events, record

FOUND = OpenFinding(
    finding=Finding(
        rule="index.missing",
        severity=Severity.CRITICAL,
        integration="recall-texter",
        subject="patient",
        fingerprint="0123456789abcdef",
        message="recall-texter read 32,852 rows of patient.",
        advice="Ask its vendor.",
        evidence=Evidence.COUNTED,
        measured=65704.0,
        limit=5000.0,
    ),
    opened_at=100.0,
    last_seen_at=200.0,
    severe_at=150.0,
    quiet_cycles=2,
    acknowledged_until=5000.0,
)
OTHER = replace(
    FOUND,
    finding=replace(FOUND.finding, subject="claimproc", measured=None, limit=None),
    acknowledged_until=None,
)


def save(store: Store, server: str, findings: Sequence[OpenFinding], now: float) -> None:
    with store.writing() as connection:
        save_findings(connection, server, findings, now)


def load(store: Store, server: str) -> tuple[OpenFinding, ...]:
    with store.reading() as connection:
        return load_findings(connection, server)


def note(store: Store, event: str, detail: str, now: float) -> None:
    with store.writing() as connection:
        record(connection, event, detail, now)


def trail(store: Store) -> tuple[Event, ...]:
    with store.reading() as connection:
        return load_events(connection)
