"""The patterns that keep literals in are right on every Python that querywatch supports."""

import re
from pathlib import Path

import pytest

import querywatch

PACKAGE = Path(querywatch.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_possessive_quantifier_stands_behind_a_group(path: Path) -> None:
    """Python 3.11.0 to 3.11.4 match such a group wrongly, which once let a literal's words out."""
    text = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert re.findall(r"(?<!\\)\)[*+?]\+", text) == []
