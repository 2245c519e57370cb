"""A vendor's report opened as a file in a real browser: whole, readable, silent, and printable."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stored import FOUND, save
from web.browser import DESKTOP, PHONE, browsing, find_violations

from querywatch.analysis.timeline import Change, ChangeKind
from querywatch.cli import main
from querywatch.findings import Acknowledgement
from querywatch.model import Severity
from querywatch.store import Store
from querywatch.store.acknowledgements import add_acknowledgement
from querywatch.store.history import Gap, add_changes, save_gap, save_shapes
from querywatch.store.trials import TrialRecord, save_trial
from querywatch.store.use import Use, add_use
from querywatch.store.writes import WriteNote, add_writes

CONFIG = """
[[servers]]
name = "main-office"
[[integrations]]
name = "recall-texter"
accounts = ["texter"]
contact = "support@example.org"
[integrations.schedule]
period_seconds = 300
allowed_hours = ["Mon-Fri 07:00-18:00"]
"""
DAY_SECONDS, WEEK_SECONDS = 86_400, 7 * 86_400
SHAPES = {
    "0123456789abcdef": (
        "SELECT PatNum, LName FROM patient WHERE DateTStamp > ? ORDER BY DateTStamp",
        "patient",
    ),
    "fedcba9876543210": ("SELECT * FROM appointment WHERE PatNum = ?", "appointment"),
}
BLOCKED = replace(
    FOUND.finding,
    rule="lock.blocking",
    subject="texter",
    message="recall-texter has kept 3 sessions waiting for patient (table) for 6.5 s: 2 SELECTs of opendental.",
    measured=6.5,
    limit=5.0,
)
PAGES_MOST = 12


def fill(directory: Path, now: float) -> None:
    """A week in which it hurt, with all that a report may tell of."""
    about = {"integration": "recall-texter"}
    with closing(Store.open(directory)) as store:
        texter = replace(FOUND, opened_at=now - WEEK_SECONDS / 2, last_seen_at=now)
        save(store, "main-office", [texter, replace(texter, finding=BLOCKED)], now)
        with store.writing() as connection:
            save_shapes(connection, "main-office", SHAPES, now)
            for hour in range(24 * 7):
                if hour % 24 in {2, 3}:
                    continue  # the gap
                runs = 120.0 + 17 * (hour % 24)
                each = Use(
                    **about, runs=runs, seconds=runs / 40, rows_examined=runs * 32_852, longest_seconds=2.5
                )
                both = [each, *(replace(each, fingerprint=shape, runs=runs / 2) for shape in SHAPES)]
                office = Use(integration="opendental", runs=9_000.0, seconds=30.0, rows_examined=80_000.0)
                add_use(connection, "main-office", [*both, office], now - WEEK_SECONDS + 3_600 * (hour + 1))
            note = WriteNote(
                **about, account="texter", host="10.0.0.7", operation="update", outcome="done", evidence="sampled",
                statements=17.0, first_at=now - 7_000, last_at=now - 6_000, tables="patient",
            )  # fmt: skip
            add_writes(connection, "main-office", [note, replace(note, outcome="refused", statements=3.0)])
            windows = {"effect": (3.1, 2.2, 4.4), "ended_at": (now - 5_400,)}
            trial = TrialRecord(
                **about, question="seconds", started_at=now - 9_000, windows=windows, state="stopped",
                verdict="cause: the office's statements took 3.1 times as long with it on",
            )  # fmt: skip
            save_trial(connection, "main-office", trial, now)
            change = Change(
                at=now - 5_000, kind=ChangeKind.INDEX, subject="patient", words="the index x came"
            )
            add_changes(connection, "main-office", [change])
            for day in range(7):
                began = now - WEEK_SECONDS + DAY_SECONDS * day + 3_600 * 3
                gap = Gap(started_at=began, ended_at=began + 7_200, reason="refused")
                save_gap(connection, "main-office", gap)
            add_acknowledgement(
                connection,
                "main-office",
                Acknowledgement(
                    **about,
                    rule="index.missing",
                    who="Ann",
                    why="ticket 7",
                    made_at=now - 100,
                    until=now + 9_000,
                ),
            )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The page's file, and the JSON of the same report, laid beside one of the days before."""
    directory, now = tmp_path_factory.mktemp("report"), time.time()
    config, earlier, saved = (directory / name for name in ("config.toml", "earlier.json", "report.json"))
    config.write_text(f"[state]\ndirectory = {json.dumps(str(directory / 'state'))}\n{CONFIG}")
    asked = ["report", "recall-texter", "--config", str(config)]
    assert main([*asked, "--format", "json", "--output", str(earlier)]) == 0
    fill(directory / "state", now)
    assert main([*asked, "--format", "json", "--output", str(saved), "--compare", str(earlier)]) == 0
    page = directory / "report.html"
    assert main([*asked, "--render", str(saved), "--output", str(page)]) == 0
    return page, json.loads(saved.read_text())


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_and_nothing_else_is_asked_for(
    report: tuple[Path, dict[str, Any]], width: int, scheme: str
) -> None:
    with browsing(width=width, scheme=scheme) as (page, asked, complaints):
        page.goto(report[0].as_uri())
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []
        assert asked == [report[0].as_uri()]


def find_numbers(part: object) -> Iterator[float]:
    """Every number of a document."""
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from find_numbers(each)
    elif isinstance(part, int | float):
        yield float(part)


def test_every_number_of_the_json_is_shown(report: tuple[Path, dict[str, Any]]) -> None:
    """As often as it stands there; an hour of the day without a statement is said in words."""
    with browsing() as (page, _, _):
        page.goto(report[0].as_uri())
        shown = sorted(page.locator("data").evaluate_all("all => all.map(each => Number(each.value))"))
    told = report[1] | {"hours_of_day_utc": [runs for runs in report[1]["hours_of_day_utc"] if runs]}
    missing = sorted(find_numbers(told))
    for number in shown:
        if number in missing:
            missing.remove(number)
    assert missing == []


def test_it_prints_on_a_few_pages(report: tuple[Path, dict[str, Any]]) -> None:
    with browsing() as (page, _, _):
        page.goto(report[0].as_uri())
        printed = page.pdf(format="A4")
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 2 <= pages <= PAGES_MOST


def test_what_was_kept_is_in_it(report: tuple[Path, dict[str, Any]]) -> None:
    """Or the other tests would hold of an empty report."""
    full = (
        "series",
        "shapes",
        "findings",
        "writes",
        "trials",
        "acknowledged",
        "changes",
        "gaps",
        "comparison",
    )
    assert [part for part in full if not report[1][part]] == []
    assert str(Severity.CRITICAL) in {each["severity"] for each in report[1]["findings"]}
