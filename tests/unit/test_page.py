"""The status page and /api/v1: they say the same, and escape what others named."""

import base64
import hashlib
import json
import re
from dataclasses import replace

from querywatch.analysis.situation import RunningSession
from querywatch.analysis.summary import Span, make_summary
from querywatch.export.api import find_light, render_api
from querywatch.export.page import STYLE_SOURCE, render_page
from querywatch.findings import OpenFinding
from querywatch.model import (
    Attribution,
    Evidence,
    Finding,
    Flavour,
    Integration,
    Kind,
    ServerInfo,
    Session,
    Severity,
)
from querywatch.snapshot import IntegrationState, Snapshot, SourceState

VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ)
FOUND = OpenFinding(
    finding=Finding(
        rule="index.missing", severity=Severity.CRITICAL, integration="vendor", subject="patient",
        message="reads <b>all</b> of patient", advice="Ask for an index.", evidence=Evidence.COUNTED,
    ),
    opened_at=0.0, last_seen_at=1.0, severe_at=0.0,
)  # fmt: skip
SESSION = Session(
    session_id=1, account="vendor<script>", host="10.0.0.9", database=None, command="Query", state="Sending data",
    seconds=75.0, statement=None,
)  # fmt: skip
SNAPSHOT = Snapshot(
    server="main", at=100.0, up=True, attempted=True,
    sources=(SourceState(name="processlist", up=True),),
    integrations=(
        IntegrationState(
            integration=VENDOR, statements={}, seconds=None, rows_examined=None, rows_sent=None, writes={},
            evidence={"statements": Evidence.COUNTED}, active=1,
        ),
    ),
    running=(
        RunningSession(
            session=SESSION, attribution=Attribution(integration=VENDOR, reason="account"), outward_shape="SELECT ?"
        ),
    ),
    findings=(FOUND,),
)  # fmt: skip


def read_rows(path: str, *snapshots: Snapshot) -> list[dict[str, object]]:
    (rows,) = json.loads(render_api(path, snapshots)).values()
    assert isinstance(rows, list)
    return rows


def test_the_page_shows_the_light_the_advice_and_what_runs() -> None:
    page = render_page((SNAPSHOT,), 103.0).decode()
    for text in ("act now", "Ask for an index.", "SELECT ?", "1 min 15 s", "looked at 3 s ago"):
        assert text in page


def test_what_others_named_is_text_and_never_markup() -> None:
    page = render_page((SNAPSHOT,), 100.0).decode()
    assert "<script" not in page
    assert "<b>" not in page
    assert "vendor&lt;script&gt;@10.0.0.9" in page


def test_the_page_loads_nothing_and_its_sheet_is_the_one_the_policy_allows() -> None:
    page = render_page((SNAPSHOT,), 100.0).decode()
    assert not re.search(r"""(src|style)=|https?://|@import|url\(""", page)
    (sheet,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == STYLE_SOURCE


def test_what_nothing_measures_is_unknown_and_not_nought() -> None:
    (row,) = read_rows("/api/v1/integrations", SNAPSHOT)
    assert (row["seconds"], row["statements"], row["light"]) == (None, 0, "act")
    assert "unknown" in render_page((SNAPSHOT,), 100.0).decode()


def test_an_acknowledged_finding_is_shown_but_lights_nothing() -> None:
    known = replace(SNAPSHOT, findings=(replace(FOUND, acknowledged_until=1e12),))
    assert find_light("vendor", known) == "fine"
    assert read_rows("/api/v1/findings", known)[0]["acknowledged_until"] == 1e12
    assert "acknowledged" in render_page((known,), 100.0).decode()


def test_of_a_server_that_is_away_nothing_is_claimed_about_now() -> None:
    info = ServerInfo(name="main", flavour=Flavour.MARIADB, version=(10, 11, 6))
    away = replace(SNAPSHOT, up=False, trouble="main: refused", info=info)
    assert read_rows("/api/v1/running", away) == []
    assert read_rows("/api/v1/findings", away) == []
    assert read_rows("/api/v1/integrations", away)[0]["sessions"] is None
    page = render_page((away,), 100.0).decode()
    assert "main: refused" in page
    assert "Nothing that can be seen hurts" not in page
    assert "Not known while the server is not seen." in page
    assert read_rows("/api/v1/servers", away)[0]["light"] == "act"


def test_of_a_server_that_was_never_reached_nothing_is_shown_but_that() -> None:
    """No table of noughts."""
    page = render_page((replace(SNAPSHOT, up=False, trouble="main: refused", info=None),), 100.0).decode()
    assert "Not reached since querywatch started:</strong> main: refused" in page
    assert not any(words in page for words in ("Integrations", "Running now", "What is seen"))


def test_a_servers_light_is_that_of_its_worst_finding() -> None:
    """Whosever it is; before the first look nothing is known."""
    lights = [
        read_rows("/api/v1/servers", each)[0]["light"]
        for each in (SNAPSHOT, replace(SNAPSHOT, findings=()), replace(SNAPSHOT, attempted=False))
    ]
    assert lights == ["act", "fine", "unknown"]


def test_what_is_only_to_know_of_is_fine_and_told_beside_the_light() -> None:
    note = replace(FOUND, finding=replace(FOUND.finding, severity=Severity.INFO))
    info = ServerInfo(name="main", flavour=Flavour.MARIADB, version=(10, 11, 6))
    told, not_told = (
        render_page((replace(SNAPSHOT, info=info, findings=(each,)),), 100.0).decode()
        for each in (note, FOUND)
    )
    assert '✓ fine</span><br><span class="soft">1 to know of, below' in told
    assert "to know of" not in not_told


def test_sight_has_a_light_of_its_own() -> None:
    """What querywatch cannot see, and not what it found."""
    blind = replace(
        FOUND,
        finding=replace(FOUND.finding, rule="coverage.blind", severity=Severity.WARNING, integration=""),
    )
    lights = [
        read_rows("/api/v1/servers", each)[0]["sight"]
        for each in (SNAPSHOT, replace(SNAPSHOT, findings=(blind,)), replace(SNAPSHOT, up=False))
    ]
    assert lights == ["fine", "look", "unknown"]


def test_the_last_day_is_told_where_it_was_summed_up() -> None:
    """On the page and in the interface, in the words of the log."""
    summary = make_summary(
        "office", Span(name="day", since=0.0, until=86_400.0), [], [], [], ["recall-texter"]
    )
    told = replace(SNAPSHOT, summaries=(summary,))
    assert read_rows("/api/v1/summaries", told)[0]["headline"] == summary.headline
    page = render_page([told], 1.0).decode()
    assert summary.headline in page
    assert summary.lines[0] in page
