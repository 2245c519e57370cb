"""A headless Chromium that notes what a page asks for and complains of."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

from playwright.sync_api import Page, sync_playwright

PHONE, DESKTOP = 390, 1280
_AXE = resources.files("axe_playwright_python").joinpath("axe.min.js")


@contextmanager
def browsing(
    *, width: int = DESKTOP, scheme: str = "light", scripts: bool = True
) -> Iterator[tuple[Page, list[str], list[str]]]:
    """(page, addresses asked for, complaints in the console), with Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        page = context.new_page()
        asked, complaints = list[str](), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(error.message))
        try:
            yield page, asked, complaints
        finally:
            chromium.close()


def find_violations(page: Page) -> list[str]:
    """What axe-core says against the page: rule and element of each fault."""
    page.evaluate(_AXE.read_text())
    result: dict[str, Any] = page.evaluate("axe.run()")
    return [f"{each['id']}: {node['html'][:120]}" for each in result["violations"] for node in each["nodes"]]
