"""What a statement is rewritten to, and where it is better left alone."""

import pytest

from querywatch.opendental import read_names
from querywatch.sql.reduce import reduce_text
from querywatch.sql.rewrite import Step, StepKind, find_rewrite

KNOWN = read_names()


def rewrite(condition: str, kind: StepKind, column: str = "") -> str | None:
    """The condition after the step; None where nothing is changed."""
    statement = f"SELECT AptNum FROM appointment WHERE {condition}"
    found = find_rewrite(reduce_text(statement).shape, [Step(kind=kind, column=column)], KNOWN)
    return found and found.text.removeprefix("SELECT aptnum FROM appointment WHERE ")


@pytest.mark.parametrize(
    ("condition", "rewritten"),
    [
        ("DATE(AptDateTime) = '2020-01-01'", "aptdatetime >= ? AND aptdatetime < ? + INTERVAL 1 DAY"),
        ("CAST(AptDateTime AS DATE) >= '2020-01-01'", "aptdatetime >= ?"),
        ("CONVERT(AptDateTime, DATE) > CURDATE()", "aptdatetime >= CURDATE() + INTERVAL 1 DAY"),
        ("'2020-01-01' > DATE(AptDateTime) AND Op = 1", "aptdatetime < ? AND op = ?"),
        (
            "DATE(AptDateTime) BETWEEN '2020-01-01' AND CURDATE() AND Op = 1",
            "aptdatetime >= ? AND aptdatetime < CURDATE() + INTERVAL 1 DAY AND op = ?",
        ),
        (
            "Op = 1 OR DATE(AptDateTime) = '2020-01-01'",
            "op = ? OR (aptdatetime >= ? AND aptdatetime < ? + INTERVAL 1 DAY)",
        ),
        (
            "NOT DATE(AptDateTime) = '2020-01-01'",
            "NOT (aptdatetime >= ? AND aptdatetime < ? + INTERVAL 1 DAY)",
        ),
        (
            "YEAR(AptDateTime) = 2020",
            "aptdatetime >= MAKEDATE(?, 1) AND aptdatetime < MAKEDATE(? + 1, 1)",
        ),
        (
            "Op = 1 AND MONTH(AptDateTime) = 2 AND YEAR(AptDateTime) = 2020",
            (
                "op = ? AND aptdatetime >= MAKEDATE(?, 1) + INTERVAL ? - 1 MONTH"
                " AND aptdatetime < MAKEDATE(?, 1) + INTERVAL ? MONTH"
            ),
        ),
        ("DATEDIFF(NOW(), AptDateTime) <= 30", "aptdatetime >= CURDATE() - INTERVAL ? DAY"),
        ("DATEDIFF(AptDateTime, CURDATE()) < 7", "aptdatetime < CURDATE() + INTERVAL ? DAY"),
        (
            "TO_DAYS(AptDateTime) = TO_DAYS(NOW())",
            "aptdatetime >= CURDATE() AND aptdatetime < CURDATE() + INTERVAL 1 DAY",
        ),
        ("UNIX_TIMESTAMP(AptDateTime) > 1600000000", "aptdatetime > FROM_UNIXTIME(?)"),
        ("AptDateTime + INTERVAL 3 DAY > NOW()", "aptdatetime > NOW() - INTERVAL ? DAY"),
        ("DATE_SUB(AptDateTime, INTERVAL 1 HOUR) <= NOW()", "aptdatetime <= NOW() + INTERVAL ? HOUR"),
    ],
)
def test_a_function_of_a_date_becomes_a_range(condition: str, rewritten: str) -> None:
    """The column stands bare, so that an index that leads with it serves; the rest stays word for word."""
    assert rewrite(condition, StepKind.RANGE, "aptdatetime") == rewritten


@pytest.mark.parametrize(
    "condition",
    [
        "DATE(AptDateTime) = DATE(DateTStamp)",
        "DATE(AptDateTime) = NOW()",
        "DATE(AptDateTime) <> '2020-01-01'",
        "DATE(AptDateTime) IN ('2020-01-01', '2020-01-02')",
        "DATE(AptDateTime)",
        "Op BETWEEN 1 AND DATE(AptDateTime) = '2020-01-01'",
        "IF(DATE(AptDateTime) = '2020-01-01', 1, 0) = 1",
        "CASE WHEN DATE(AptDateTime) = '2020-01-01' THEN 1 END = 1",
        "MONTH(AptDateTime) = 2",
        "AptDateTime + INTERVAL 1 MONTH > NOW()",
        "DATE(DateTStamp) = '2020-01-01'",
        "HOUR(AptDateTime) = 8",
    ],
)
def test_what_a_range_does_not_say_is_left_alone(condition: str) -> None:
    assert rewrite(condition, StepKind.RANGE, "aptdatetime") is None


def test_text_is_quoted_wherever_it_is_compared() -> None:
    """A number beside a text column makes the server turn every row's text into a number."""
    assert rewrite("Note = 5 OR 7 = Note", StepKind.QUOTE, "note") == "note = '?' OR '?' = note"
    assert rewrite("Note IN (5, 6) AND Op = 1", StepKind.QUOTE, "note") == "note IN ('?') AND op = ?"
    assert rewrite("Op = 1", StepKind.QUOTE, "note") is None


def test_a_column_is_freed_of_what_changes_nothing() -> None:
    assert rewrite("UPPER(Note) = UPPER('x')", StepKind.BARE, "note") == "note = ?"
    assert rewrite("Op + 1 > 5 AND Note = 'x'", StepKind.BARE, "op") == "op > ? - ? AND note = ?"
    assert rewrite("Op * 2 = 5", StepKind.BARE, "op") is None


@pytest.mark.parametrize(
    ("condition", "rewritten"),
    [
        (
            "Op = 1 OR ProvNum = 2",
            "op = ? UNION ALL SELECT aptnum FROM appointment WHERE provnum = ? AND (op = ?) IS NOT TRUE",
        ),
        (
            "PatNum = 1 AND (Op = 1 OR ProvNum BETWEEN 2 AND 3) ORDER BY AptNum LIMIT 5",
            (
                "patnum = ? AND op = ? UNION ALL SELECT aptnum FROM appointment WHERE patnum = ?"
                " AND provnum BETWEEN ? AND ? AND (op = ?) IS NOT TRUE ORDER BY aptnum LIMIT ?"
            ),
        ),
    ],
)
def test_alternatives_become_queries_of_their_own(condition: str, rewritten: str) -> None:
    """Each is served by its own index, and no row comes twice."""
    assert rewrite(condition, StepKind.UNION) == rewritten


@pytest.mark.parametrize(
    "condition",
    [
        "Op = 1 OR ProvNum = 2 GROUP BY AptNum",
        "Op = 1 OR ProvNum = 2 ORDER BY DateTStamp",
        "Op = 1 OR ProvNum = 2 FOR UPDATE",
        "(Op = 1 OR ProvNum = 2) AND (PatNum = 1 OR AptNum = 2)",
        "Op = 1 AND ProvNum = 2",
    ],
)
def test_alternatives_stay_together_where_the_answer_needs_them_so(condition: str) -> None:
    assert rewrite(condition, StepKind.UNION) is None


@pytest.mark.parametrize(
    ("statement", "rewritten"),
    [
        (
            "SELECT * FROM procedurelog LIMIT 5300000, 100000",
            "SELECT * FROM procedurelog WHERE procnum > ? ORDER BY procnum LIMIT ?",
        ),
        (
            "SELECT * FROM procedurelog WHERE ProcStatus = 2 OR PatNum = 1 ORDER BY ProcNum DESC LIMIT 9 OFFSET 90000",
            (
                "SELECT * FROM procedurelog WHERE (procstatus = ? OR patnum = ?) AND procnum < ?"
                " ORDER BY procnum DESC LIMIT ?"
            ),
        ),
    ],
)
def test_an_offset_becomes_a_key(statement: str, rewritten: str) -> None:
    """The value that the page begins behind is new; every other `?` is one of the statement's."""
    step = Step(kind=StepKind.KEYSET, column="procnum")
    found = find_rewrite(reduce_text(statement).shape, [step], KNOWN)
    assert found is not None
    assert found.text == rewritten
    assert found.slots.count(None) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM procedurelog ORDER BY ProcDate LIMIT 900000, 10",
        "SELECT * FROM procedurelog, patient LIMIT 900000, 10",
        "SELECT COUNT(*) FROM procedurelog LIMIT 900000, 10",
        "SELECT * FROM procedurelog LIMIT 10",
    ],
)
def test_an_offset_stays_where_the_key_does_not_tell_the_order(statement: str) -> None:
    step = Step(kind=StepKind.KEYSET, column="procnum")
    assert find_rewrite(reduce_text(statement).shape, [step], KNOWN) is None


def test_a_rewrite_shows_no_more_than_the_shape_does() -> None:
    """Names that the schema does not have are numbered, as everywhere."""
    shape = reduce_text(
        "SELECT Mary.AptNum AS `Doe 1` FROM appointment Mary WHERE DATE(Mary.AptDateTime) = '2020-01-01'"
    )
    step = Step(kind=StepKind.RANGE, column="aptdatetime", qualifier="mary")
    found = find_rewrite(shape.shape, [step], KNOWN)
    assert found is not None
    assert found.text == (
        "SELECT id1.aptnum AS id2 FROM appointment id1"
        " WHERE id1.aptdatetime >= ? AND id1.aptdatetime < ? + INTERVAL 1 DAY"
    )
    assert found.slots == (0, 0)
