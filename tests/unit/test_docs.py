"""The manual: every setting is explained, and no link leads nowhere."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "dashboards" / "manual"
PAGES = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "dashboards" / "runbook.md", ROOT / "CONTRIBUTING.md"]
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def find_anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text)]
    return {heading.strip().replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def pages_of_reference():
    sys.path.insert(0, str(DOCS))
    try:
        import reference_settings  # noqa: PLC0415

        yield reference_settings
    finally:
        sys.path.remove(str(DOCS))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_link_of_the_manual_leads_nowhere(page):
    """To a file, and in a page to a heading that it has."""
    for target, anchor in _LINK.findall(page.read_text()):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        if anchor:
            assert anchor in find_anchors(file.read_text()), f"{target}#{anchor}"


def test_every_setting_is_explained(pages_of_reference):
    """What config.example.toml says of a setting is what the manual says."""
    explained = pages_of_reference.find_explanations((ROOT / "config.example.toml").read_text())
    settings = pages_of_reference.Settings
    wanted = {
        (section, name)
        for section, model, _ in pages_of_reference.find_sections(settings)
        for name, field in model.model_fields.items()
        if pages_of_reference.find_model(field.annotation) is None
    }
    assert {place for place in wanted if not explained.get(place)} == set()
