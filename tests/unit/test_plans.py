"""Plans as values: whose rows they are, what they say of a table, and how long they are believed."""

from dataclasses import replace

import pytest

from querywatch.db.privileges import ExplainLeave, find_explain_leave
from querywatch.model import Index, Schema, Table
from querywatch.plan import Plan, PlanAccess, PlanRow, find_plan_access, find_plan_rows, is_same_design
from querywatch.sql.plan_text import parse_labels, parse_plan_row
from querywatch.sql.reduce import reduce_text

_PATIENT = Table(
    database="opendental",
    name="patient",
    engine="MyISAM",
    rows=30_000,
    columns={"patnum": "bigint"},
    indexes=(Index(name="PRIMARY", columns=("patnum",), unique=True),),
)


def find_labels(text: str) -> dict[str, str]:
    return dict(parse_labels(reduce_text(text).shape))


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (
            "SELECT 1 FROM Patient p JOIN opendental.claim AS `Mary O'Neil` ON 1",
            {"p": "patient", "mary o'neil": "claim"},
        ),
        ("SELECT 1 FROM patient, claim WHERE 1", {"patient": "patient", "claim": "claim"}),
        ("SELECT 1 FROM (SELECT x FROM patient a) d, claim a", {}),
        ("WITH c AS (SELECT 1 FROM patient) SELECT 1 FROM c x", {"patient": "patient"}),
        ("SELECT 1 FROM patient USE INDEX (a) WHERE 1", {"patient": "patient"}),
    ],
)
def test_labels_of_tables(text: str, labels: dict[str, str]) -> None:
    """An alias leads to its table; one that means two, or what the statement makes itself, to none."""
    assert find_labels(text) == labels


@pytest.mark.parametrize(
    ("kind", "extra", "access"),
    [
        ("ALL", "Using where", PlanAccess.SCAN),
        ("ALL", "Range checked for each record (index map: 0x3)", PlanAccess.UNKNOWN),
        ("index", None, PlanAccess.INDEX_SCAN),
        ("index_merge", "", PlanAccess.RANGE),
        ("ref|filter", "", PlanAccess.REF),
        ("const", "", PlanAccess.CONST),
        ("a word of tomorrow's server", "", PlanAccess.UNKNOWN),
    ],
)
def test_words_of_a_plan(kind: str, extra: str | None, access: PlanAccess) -> None:
    """The servers' words for the ways to a row; what is not known is said to be so."""
    row = parse_plan_row("p", kind, "IdxA|IdxB", 5, extra, labels={"p": "patient"})
    assert row == PlanRow(table="patient", access=access, key="idxa", rows=5)


def test_a_row_keeps_no_name_that_is_no_table() -> None:
    """An alias that leads nowhere is dropped, with whatever stands in it."""
    row = parse_plan_row("Mary Jones", "ALL", None, None, "Using temporary; Using filesort", labels={})
    assert row == PlanRow(
        table=None, access=PlanAccess.SCAN, key=None, rows=None, filesort=True, temporary=True
    )
    assert parse_plan_row(None, None, None, None, "Impossible WHERE", labels={}) is None


def test_the_dearest_of_several_ways_counts() -> None:
    """A table that is read by an index in one place and whole in another is read whole."""
    rows = tuple(
        PlanRow(table="patient", access=access, key=None, rows=count)
        for access, count in ((PlanAccess.REF, 1), (PlanAccess.INDEX_SCAN, 500), (PlanAccess.RANGE, None))
    )
    plan = Plan(rows=rows, read_at=0.0)
    assert find_plan_access(plan, "patient") is PlanAccess.INDEX_SCAN
    assert find_plan_rows(plan, "patient") == 500
    assert find_plan_access(plan, "claim") is None
    assert find_plan_rows(plan, "claim") is None


def test_an_index_more_or_less_is_another_design() -> None:
    """Rows come and go without a change of plan; indexes do not."""
    before = Schema(tables={("opendental", "patient"): _PATIENT})
    grown = Schema(tables={("opendental", "patient"): replace(_PATIENT, rows=40_000)})
    bare = Schema(tables={("opendental", "patient"): replace(_PATIENT, indexes=())})
    assert is_same_design(("patient",), before, grown)
    assert not is_same_design(("patient",), before, bare)
    assert is_same_design(("claim",), before, bare)


_TO = "TO `querywatch`@`%`"


@pytest.mark.parametrize(
    ("lines", "leave"),
    [
        ([f"GRANT PROCESS ON *.* {_TO}", f"GRANT REFERENCES ON `od`.* {_TO}"], ExplainLeave.NO_SELECT),
        ([f"GRANT SELECT ON `performance_schema`.* {_TO}"], ExplainLeave.NO_SELECT),
        ([f"GRANT PROCESS ON *.* {_TO}", f"GRANT SELECT ON `od`.* {_TO}"], ExplainLeave.GIVEN),
        ([f"GRANT SELECT, EXECUTE ON `od`.* {_TO}"], ExplainLeave.CAN_CHANGE),
        (
            [f"GRANT SELECT ON `od`.* {_TO}", f"GRANT EXECUTE ON FUNCTION `od`.`f` {_TO}"],
            ExplainLeave.CAN_CHANGE,
        ),
        ([f"GRANT SELECT ON `od`.* {_TO}", f"GRANT INSERT (`a`) ON `od`.`t` {_TO}"], ExplainLeave.CAN_CHANGE),
        ([f"GRANT SELECT ON `od`.* {_TO} WITH GRANT OPTION"], ExplainLeave.CAN_CHANGE),
        ([f"GRANT SELECT ON `od`.* {_TO}", f"GRANT `reader`@`%` {_TO}"], ExplainLeave.CAN_CHANGE),
        ([f"GRANT SELECT ON `od`.* {_TO}", f"GRANT SOMETHING_NEW ON *.* {_TO}"], ExplainLeave.CAN_CHANGE),
        ([f"GRANT ALL PRIVILEGES ON *.* {_TO}"], ExplainLeave.CAN_CHANGE),
    ],
)
def test_who_may_be_trusted_with_explain(lines: list[str], leave: ExplainLeave) -> None:
    """Only an account all of whose grants are known to change nothing."""
    assert find_explain_leave(lines) is leave
