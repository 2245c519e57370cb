"""What changes in a watch is logged, each change once."""

import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest

from querywatch.config import ServerSettings
from querywatch.model import Integration, Kind
from querywatch.service.watch import Watch
from querywatch.service.watcher import Watcher
from querywatch.snapshot import IntegrationState, Snapshot

READER = Integration(name="recall-texter", kind=Kind.DIRECT_READ)


def make_snapshot(at: float, learning_until: float | None) -> Snapshot:
    state = IntegrationState(
        integration=READER,
        statements={},
        seconds=None,
        rows_examined=None,
        rows_sent=None,
        writes={},
        evidence={},
        learning_until=learning_until,
    )
    return Snapshot(server="office", at=at, up=True, attempted=True, integrations=(state,))


def test_a_learning_period_is_said_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Once each, with how long it lasts."""
    pacer = SimpleNamespace(
        is_backing_off=False, is_budget_too_small=False, sample_interval_seconds=1.0, budget_used_ratio=0.0
    )
    watch: Any = SimpleNamespace(pacer=pacer)
    watcher = Watcher(ServerSettings(name="office"), cast("Watch", watch))
    with caplog.at_level(logging.INFO):
        for at, until in ((0.0, None), (1.0, 172_801.0), (2.0, 172_801.0), (172_900.0, None)):
            watch.snapshot = make_snapshot(at, until)
            watcher.find_new_interval()
    assert [record.getMessage() for record in caplog.records] == [
        "office: what is normal for recall-texter is learnt: no regression of it can be told for 48 h",
        "office: what is normal for recall-texter is known from now on",
    ]
