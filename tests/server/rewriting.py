"""Statements with the steps that make them better, as tests and the benchmark try them on real data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pymysql

from querywatch.opendental import read_names
from querywatch.sql.reduce import reduce_text
from querywatch.sql.rewrite import Rewrite, Step, StepKind, find_rewrite

_RANGE, _QUOTE, _BARE = StepKind.RANGE, StepKind.QUOTE, StepKind.BARE
_DAY = date.today() - timedelta(days=100)  # noqa: DTZ011 - a day in the practice's history, whatever the zone
_ROWS_READ = frozenset(
    {"handler_read_first", "handler_read_key", "handler_read_last", "handler_read_next", "handler_read_prev"}
    | {"handler_read_rnd_next"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A statement with a `?` for each value, the values as SQL, and the change to make.

    `key` is the statement that gives the value a page begins behind, where OFFSET becomes one.
    """

    statement: str
    values: tuple[str, ...]
    step: Step
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of running a statement both ways."""

    case: Case
    rewritten: str
    rows: int  # that both answered
    kept: bool  # whether both answered the same
    examined_before: int
    examined_after: int
    plan: tuple[tuple[str, str | None], ...]  # (access type, index) of each table of the rewritten one

    @property
    def fall(self) -> float:
        """How many times as many rows the statement read before."""
        return self.examined_before / max(1, self.examined_after)


def find_case_rewrite(case: Case) -> Rewrite:
    """The rewrite; there is one."""
    rewrite = find_rewrite(reduce_text(case.statement).shape, [case.step], read_names())
    assert rewrite is not None, case.statement
    return rewrite


def fill(text: str, values: Sequence[str]) -> str:
    """The text with its values; one in quotes is quoted."""
    parts = text.replace("'?'", "\0?").split("?")
    filled = parts[0]
    for value, part in zip(values, parts[1:], strict=True):
        quoted = filled.endswith("\0")
        filled = filled.removesuffix("\0") + (_quote(value) if quoted else value) + part
    return filled


def _quote(value: str) -> str:
    return ", ".join(f"'{each.strip()}'" for each in value.split(","))


def try_case(cursor: "pymysql.cursors.Cursor", case: Case) -> Trial:
    """Runs the statement as it was and as it is rewritten."""
    rewrite = find_case_rewrite(case)
    (key,) = _run(cursor, case.key)[0] if case.key else (None,)
    values = [str(key) if slot is None else case.values[slot] for slot in rewrite.slots]
    before, after = fill(case.statement, case.values), fill(rewrite.text, values)
    first, examined_before = count_reads(cursor, before)
    second, examined_after = count_reads(cursor, after)
    return Trial(
        case=case,
        rewritten=rewrite.text,
        rows=len(first),
        kept=sorted(map(repr, first)) == sorted(map(repr, second)),
        examined_before=examined_before,
        examined_after=examined_after,
        plan=_explain(cursor, after),
    )


def _run(cursor: "pymysql.cursors.Cursor", statement: str) -> Sequence[tuple[Any, ...]]:
    cursor.execute(statement)
    return cursor.fetchall()


def count_reads(cursor: "pymysql.cursors.Cursor", statement: str) -> tuple[Sequence[tuple[Any, ...]], int]:
    """(the answer, rows read to find it)."""
    _run(cursor, "FLUSH STATUS")
    rows = _run(cursor, statement)
    counters = _run(cursor, "SHOW SESSION STATUS LIKE 'Handler_read%'")
    return rows, sum(int(value) for name, value in counters if str(name).casefold() in _ROWS_READ)


def _explain(cursor: "pymysql.cursors.Cursor", statement: str) -> tuple[tuple[str, str | None], ...]:
    cursor.execute(f"EXPLAIN FORMAT=TRADITIONAL {statement}")
    names = [column[0].casefold() for column in cursor.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return tuple(
        (str(row["type"]), row["key"])
        for row in found
        if row["type"] is not None and not str(row["table"]).startswith("<")  # what a UNION brings together
    )


def _range(condition: str, *values: str, table: str = "appointment", column: str = "aptdatetime") -> Case:
    return Case(
        statement=f"SELECT * FROM {table} WHERE {condition}",
        values=values,
        step=Step(kind=_RANGE, column=column),
    )


def _make_ranges() -> tuple[Case, ...]:
    day, later = f"'{_DAY}'", f"'{_DAY + timedelta(days=3)}'"
    return (
        _range("DATE(AptDateTime) = ?", day),
        _range("? = DATE(AptDateTime) AND PatNum > ?", day, "10"),
        _range("CAST(AptDateTime AS DATE) BETWEEN ? AND ?", day, later),
        _range("CONVERT(AptDateTime, DATE) > CURDATE() - INTERVAL ? DAY", "5"),
        _range("DATE(AptDateTime) >= ? AND DATE(AptDateTime) <= ?", day, later),
        _range("DATE(AptDateTime) < DATE_SUB(CURDATE(), INTERVAL ? DAY)", "3600"),
        _range("TO_DAYS(AptDateTime) = TO_DAYS(?)", day),
        _range("YEAR(AptDateTime) = ? AND MONTH(AptDateTime) = ?", str(_DAY.year), str(_DAY.month)),
        _range("MONTH(AptDateTime) = MONTH(NOW()) AND YEAR(AptDateTime) = YEAR(NOW()) AND PatNum > ?", "3"),
        _range("DATEDIFF(NOW(), AptDateTime) <= ?", "2"),
        _range("DATEDIFF(AptDateTime, CURDATE()) = ?", "-7"),
        _range("DATEDIFF(AptDateTime, ?) > ?", day, "150"),
        _range("UNIX_TIMESTAMP(DateTStamp) > UNIX_TIMESTAMP() - ?", "86400", column="datetstamp"),
        _range("DateTStamp + INTERVAL ? DAY > NOW()", "2", column="datetstamp"),
        _range("DATE_SUB(AptDateTime, INTERVAL ? HOUR) > NOW()", "12"),
        _range("EXTRACT(YEAR FROM Birthdate) = ?", "1980", table="patient", column="birthdate"),
        _range("DATE(SecDateEntry) = ?", day, table="patient", column="secdateentry"),
    )


def _make_others() -> tuple[Case, ...]:
    chart = Step(kind=_QUOTE, column="chartnumber")
    page = Step(kind=StepKind.KEYSET, column="procnum")
    return (
        Case(statement="SELECT PatNum FROM patient WHERE ChartNumber = ?", values=("1234",), step=chart),
        Case(statement="SELECT PatNum FROM patient WHERE ChartNumber IN (?)", values=("17, 18",), step=chart),
        Case(
            statement="SELECT PatNum FROM patient WHERE UPPER(Email) = UPPER(?)",
            values=("'PATIENT77@example.com'",),
            step=Step(kind=_BARE, column="email"),
        ),
        Case(
            statement="SELECT LName FROM patient WHERE PatNum + ? = ?",
            values=("1", "11990"),
            step=Step(kind=_BARE, column="patnum"),
        ),
        Case(
            statement="SELECT a.AptNum, p.LName FROM appointment a JOIN patient p ON p.PatNum = a.PatNum"
            " WHERE (p.Email = ? OR a.AptNum = ?)",
            values=("'patient77@example.com'", "900"),
            step=Step(kind=StepKind.UNION),
        ),
        Case(
            statement="SELECT * FROM procedurelog LIMIT ?, ?",
            values=("19000", "100"),
            step=page,
            key="SELECT ProcNum FROM procedurelog ORDER BY ProcNum LIMIT 18999, 1",
        ),
        Case(
            statement="SELECT ProcNum, PatNum FROM procedurelog WHERE ProcFee > ? ORDER BY ProcNum DESC"
            " LIMIT ? OFFSET ?",
            values=("0", "50", "15000"),
            step=page,
            key="SELECT ProcNum FROM procedurelog WHERE ProcFee > 0 ORDER BY ProcNum DESC LIMIT 14999, 1",
        ),
    )


CASES = (*_make_ranges(), *_make_others())
