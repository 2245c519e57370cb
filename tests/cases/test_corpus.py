"""What Open Dental itself asks, by its own indexes and in bounds, is no finding, however often it runs."""

from pathlib import Path

import pytest

from querywatch.analysis.situation import Limits
from querywatch.review import Asked, Setting, judge
from querywatch.sql.hints import find_hints
from querywatch.sql.reduce import reduce_text
from querywatch.sql.split import split_statements
from tests.cases.situations import make_schema

_CORPUS = Path(__file__).parents[1] / "corpus" / "open-dental"
_TEXTS = [
    text
    for path in sorted(_CORPUS.rglob("*.sql"))
    for text in split_statements(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("every_seconds", [60.0, 86_400.0])
def test_well_behaved_statements_are_left_alone(every_seconds: float) -> None:
    """Two hundred of them; its own writes would be another company's alone."""
    setting = Setting(schema=make_schema(), limits=Limits())
    asked = [
        Asked(statement=reduce_text(text), hints=find_hints(text), every_seconds=every_seconds)
        for text in _TEXTS
    ]
    found = [finding for each in asked for finding in judge(each, setting).findings]
    assert len(asked) >= 200
    assert {finding.rule for finding in found} <= {"write.forbidden"}
    assert sum(each.statement.operation.is_write for each in asked) == len(found) < 10
