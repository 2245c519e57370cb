"""What a report says of an earlier one: what is better, worse, gone and new, and what is about the same."""

from typing import Any

import pytest

from querywatch.errors import QuerywatchError
from querywatch.export.report import add_comparison

Document = dict[str, Any]


def make_report(*shapes: Document, seconds: float = 864.0, rules: tuple[str, ...] = ()) -> Document:
    """Of ten days."""
    return {
        "sha256": "a" * 64,
        "since": "2026-11-01T00:00:00Z",
        "made_at": "2026-11-11T00:00:00Z",
        "integration": {"name": "texter"},
        "totals": {"runs": 10.0, "seconds": seconds, "rows_examined": None},
        "series": [{"length_seconds": 864_000.0}],
        "shapes": list(shapes),
        "findings": [{"rule": rule, "subject": "patient", "fingerprint": ""} for rule in rules],
    }


def make_shape(
    name: str, *, seconds: float | None, rows: float | None = None, every: float = 60.0
) -> Document:
    return {
        "fingerprint": name,
        "tables": "patient",
        "seconds_a_run": seconds,
        "rows_a_run": rows,
        "every_seconds": every,
    }


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"seconds": 9.0}, {"seconds": 0.9}, "faster (1/10.0)"),
        ({"seconds": 0.9}, {"seconds": 9.0}, "slower (10.0 times)"),
        ({"seconds": 1.0}, {"seconds": 1.2}, "about the same"),
        ({"seconds": 1.0}, {"seconds": 1.0, "every": 20.0}, "more often (1/3.0)"),
        ({"seconds": 1.0}, {"seconds": 2.0, "every": 600.0}, "slower (2.0 times), more seldom (10.0 times)"),
        ({"seconds": None, "rows": 10.0}, {"seconds": 1.0, "rows": 40.0}, "reads more (4.0 times)"),
        ({"seconds": None}, {"seconds": 1.0}, "about the same"),
    ],
)
def test_a_statement_is_better_or_worse(before: Document, after: Document, change: str) -> None:
    """By a run's time, or by its rows where no time was measured; by how far apart runs are."""
    comparison = add_comparison(
        make_report(make_shape("a", **after)), make_report(make_shape("a", **before))
    )["comparison"]
    (told,) = comparison["statements"]
    assert told["change"] == change


def test_what_came_and_went_is_told_in_words() -> None:
    """Statements, findings, and the time of a day."""
    earlier = make_report(
        make_shape("a", seconds=1.0), make_shape("b", seconds=1.0), rules=("index.missing",)
    )
    later = make_report(
        make_shape("a", seconds=1.0), make_shape("c", seconds=1.0), seconds=86.4, rules=("size.wide",)
    )
    comparison = add_comparison(later, earlier)["comparison"]
    assert {each["fingerprint"]: each["change"] for each in comparison["statements"]} == {
        "a": "about the same",
        "b": "gone",
        "c": "new",
    }
    assert comparison["summary"] == [
        "It takes the server 8.64 s a day; it was 1 min 26 s: less (1/10.0).",
        "Of its statements: 1 about the same, 1 new, 1 gone.",
        "Of its findings: 1 gone, 1 new, 0 kept.",
    ]


def test_another_integrations_report_is_refused() -> None:
    """Nothing of it could be compared."""
    other = make_report() | {"integration": {"name": "imaging"}}
    with pytest.raises(QuerywatchError, match="another integration"):
        add_comparison(make_report(), other)
