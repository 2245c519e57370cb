"""The status page as a person's browser shows it: reachable, readable, silent towards others."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry
from web.browser import DESKTOP, PHONE, browsing, find_violations
from web.office import make_office, make_past

from querywatch.export.web import WebServer


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    office = make_office(time.time())
    away = replace(office, server="branch-office", up=False, trouble="branch-office: does not answer")
    server = WebServer(
        ("127.0.0.1", 0), CollectorRegistry(), is_alive=lambda: True, is_ready=lambda: True,
        find_snapshots=lambda: (office, away), find_past=lambda _: make_past(time.time()),
    )  # fmt: skip
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_and_nothing_is_wider_than_the_screen(
    web: WebServer, width: int, scheme: str
) -> None:
    with browsing(width=width, scheme=scheme) as (page, asked, complaints):
        page.goto(f"{web.url}/still")
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []
        assert [address for address in asked if not address.startswith((web.url, "data:"))] == []


def test_a_printed_page_is_no_wider_than_its_paper(web: WebServer) -> None:
    """A4 upright with its usual margins, 190 mm: nothing can be scrolled there."""
    with browsing(width=718) as (page, _, _):
        page.goto(f"{web.url}/still")
        assert page.evaluate("document.documentElement.scrollWidth") <= 718
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 718
        assert page.locator("table").first.evaluate("table => table.scrollWidth") <= 718


def test_what_refreshes_itself_can_be_held_still(web: WebServer) -> None:
    """A page that changes by itself is a fault for a slow reader, and axe says so: one link ends it."""
    with browsing() as (page, _, complaints):
        page.goto(web.url)
        assert [each.partition(":")[0] for each in find_violations(page)] == ["meta-refresh"]
        page.get_by_role("link", name="Hold it still").click()
        page.wait_for_url("**/still")
        assert page.locator("meta[http-equiv=refresh]").count() == 0
        assert complaints == []


def test_without_scripts_it_says_the_same(web: WebServer) -> None:
    texts = []
    for scripts in (True, False):
        with browsing(scripts=scripts) as (page, _, _):
            page.goto(web.url)
            texts.append(
                [each for each in page.locator("td, h2, article").all_inner_texts() if " ago" not in each]
            )
    assert texts[0] == texts[1]
    assert any("act now" in each for each in texts[0])


def test_every_part_can_be_reached_by_the_keyboard(web: WebServer) -> None:
    with browsing(width=PHONE) as (page, _, _):
        page.goto(web.url)
        wanted = page.locator("a, [tabindex='0']").count()
        reached = set()
        for _ in range(wanted + 1):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 90)"))
        assert len(reached) >= wanted
