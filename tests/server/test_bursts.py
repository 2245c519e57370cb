"""A look becomes a burst while what polls alone show is near its limit, on a real server."""

import time
from contextlib import closing
from dataclasses import replace
from unittest.mock import patch

import pytest
from server.servers import RunningServer
from server.watching import OFFICE, VENDOR, make_watch, repeating

from querywatch.analysis.situation import Limits
from querywatch.model import Budgets
from querywatch.service.intake import Intake

_PATIENCE_SECONDS = 20.0

pytestmark = [pytest.mark.server, pytest.mark.servers("mariadb-10.11", "mariadb-local")]


def test_a_vendor_near_its_budget_is_looked_at_closely(server: RunningServer) -> None:
    """It runs all the time, and may run all the time: a single look cannot tell on which side of that it is."""
    server.create_account("vendor")
    vendor = replace(VENDOR, budgets=Budgets(busy_ratio=1.0))
    watch = make_watch(server.watcher(), (OFFICE, vendor), limits=Limits(learning_seconds=0.1))
    read = Intake.read_sessions

    def work() -> None:
        with server.client("vendor") as session, session.cursor() as cursor:
            cursor.execute("SELECT SLEEP(0.5)")

    with (
        closing(watch),
        repeating(work),
        patch.object(Intake, "read_sessions", autospec=True, side_effect=read) as looks,
    ):
        most = 0
        ends_at = time.monotonic() + _PATIENCE_SECONDS
        while most < 5 and time.monotonic() < ends_at:
            before = looks.call_count
            watch.cycle(count=True)
            most = max(most, looks.call_count - before)
            time.sleep(0.1)
    assert most >= 5
