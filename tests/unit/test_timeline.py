"""What changed on a server is found by comparing two sights of it, and told in words that findings can quote."""

from dataclasses import replace

import pytest

from querywatch.analysis.timeline import (
    Change,
    ChangeKind,
    find_newcomers,
    find_recent,
    find_schema_changes,
    find_variable_changes,
    find_version_changes,
    make_restart,
    quote,
    render_before,
)
from querywatch.model import Evidence, Finding, Flavour, Index, Schema, ServerInfo, Severity, Table

NOW = 1_000_000.0
PATIENT = Table(
    database="opendental", name="patient", engine="MyISAM", rows=30_000,
    columns={"patnum": "bigint(20)", "lname": "varchar(100)"},
    indexes=(
        Index(name="PRIMARY", columns=("patnum",), unique=True),
        Index(name="indexLName", columns=("lname", "patnum"), unique=False),
    ),
)  # fmt: skip
FINDING = Finding(
    rule="index.missing", severity=Severity.CRITICAL, integration="vendor", subject="patient", message="It reads.",
    advice="a", evidence=Evidence.COUNTED, table="patient",
)  # fmt: skip


def make_schema(*tables: Table) -> Schema:
    return Schema(tables={(table.database, table.name): table for table in tables})


def find(before: Table, after: Table) -> list[tuple[ChangeKind, str, str]]:
    changes = find_schema_changes(make_schema(before), make_schema(after), NOW)
    assert {change.at for change in changes} <= {NOW}
    return [(change.kind, change.subject, change.words) for change in changes]


def test_work_on_the_rows_alters_no_index() -> None:
    """Of three tables that gained rows the indexes tell more values apart: no change, and no upgrade of Open Dental."""
    before = [replace(PATIENT, name=name) for name in ("patient", "recall", "claim")]
    after = [
        replace(table, indexes=tuple(replace(index, cardinalities=(9, 7)) for index in table.indexes))
        for table in before
    ]
    assert find_schema_changes(make_schema(*before), make_schema(*after), NOW) == ()


@pytest.mark.parametrize(
    ("after", "kind", "words"),
    [
        (
            replace(PATIENT, indexes=PATIENT.indexes[:1]),
            ChangeKind.INDEX,
            "the index indexLName (lname, patnum) of patient was dropped",
        ),
        (
            replace(PATIENT, indexes=(*PATIENT.indexes, Index(name="x", columns=("lname",), unique=False))),
            ChangeKind.INDEX,
            "the index x (lname) of patient came",
        ),
        (
            replace(PATIENT, indexes=(PATIENT.indexes[0], replace(PATIENT.indexes[1], columns=("lname",)))),
            ChangeKind.INDEX,
            "the index indexLName of patient was altered",
        ),
        (
            replace(PATIENT, columns={**PATIENT.columns, "fname": "varchar(100)"}),
            ChangeKind.TABLE,
            "of patient the column fname came",
        ),
        (
            replace(PATIENT, columns={"patnum": "int(11)"}),
            ChangeKind.TABLE,
            "of patient the column lname went",
        ),
        (replace(PATIENT, engine="InnoDB"), ChangeKind.TABLE, "patient went from MyISAM to InnoDB"),
        (replace(PATIENT, rows=45_000), ChangeKind.ROWS, "patient grew from 30,000 to 45,000 rows"),
        (replace(PATIENT, rows=10_000), ChangeKind.ROWS, "patient shrank from 30,000 to 10,000 rows"),
    ],
)
def test_what_became_of_a_table_is_told(after: Table, kind: ChangeKind, words: str) -> None:
    """With its name as the subject."""
    assert find(PATIENT, after)[0] == (kind, "patient", words)


@pytest.mark.parametrize(
    "after",
    [
        PATIENT,
        replace(PATIENT, rows=44_000),  # less than half as much again
        replace(PATIENT, rows=None),
        replace(PATIENT, indexes=PATIENT.indexes[::-1]),
    ],
)
def test_what_is_no_change_is_not_told(after: Table) -> None:
    assert find(PATIENT, after) == []


def test_an_estimated_number_of_rows_must_jump_further() -> None:
    """InnoDB's is off by half now and then; a small table's growth is none."""
    estimated = replace(PATIENT, engine="InnoDB")
    assert find(estimated, replace(estimated, rows=60_000)) == []
    assert len(find(estimated, replace(estimated, rows=90_000))) == 1
    assert find(replace(PATIENT, rows=1), replace(PATIENT, rows=9_000)) == []


def test_tables_that_come_and_go_are_told() -> None:
    """A view as one."""
    view = replace(PATIENT, name="v", engine=None, rows=None, columns={}, indexes=())
    changes = find_schema_changes(make_schema(PATIENT), make_schema(replace(PATIENT, name="x"), view), NOW)
    assert [change.words for change in changes] == [
        "the table x came",
        "the view v came",
        "the table patient went",
    ]


def test_several_tables_altered_at_once_are_an_upgrade() -> None:
    """Two are somebody's work; a vendor's own new tables are none."""
    tables = [replace(PATIENT, name=f"table{number}") for number in range(6)]

    def alter(number: int) -> Schema:
        altered = [replace(table, columns={**table.columns, "new": "int(11)"}) for table in tables[:number]]
        return make_schema(*altered, *tables[number:])

    def find_upgrades(after: Schema) -> list[str]:
        changes = find_schema_changes(make_schema(*tables), after, NOW)
        return [change.words for change in changes if change.kind is ChangeKind.UPGRADE]

    assert find_upgrades(alter(2)) == []
    assert find_upgrades(alter(6)) == [
        "table0, table1, table2, table3, table4 and 1 more were altered at once, as when Open Dental is upgraded"
    ]
    own = [replace(PATIENT, name=f"vendor{number}") for number in range(6)]
    assert find_upgrades(make_schema(*tables, *own)) == []


def test_a_flood_of_changes_is_told_as_a_number() -> None:
    """Twenty of a kind by name."""
    many = make_schema(*(replace(PATIENT, name=f"t{number:03}") for number in range(500)))
    changes = find_schema_changes(make_schema(), many, NOW)
    assert len(changes) == 21
    assert changes[-1].words == "480 more tables came"


def test_versions_and_variables_that_changed_are_told() -> None:
    """A variable that only one of two sights knows says nothing; a long value is not repeated."""
    old = ServerInfo(name="a", flavour=Flavour.MARIADB, version=(10, 5, 29))
    (change,) = find_version_changes(old, replace(old, version=(10, 11, 2)), NOW)
    assert change.words == "the server went from mariadb 10.5.29 to mariadb 10.11.2"
    assert find_version_changes(old, replace(old, labels={"x": "y"}), NOW) == ()
    changes = find_variable_changes(
        {"key_buffer_size": "8388608", "sql_mode": "", "gone": "1", "optimizer_switch": "a=on," * 30},
        {"key_buffer_size": "134217728", "sql_mode": "ANSI", "new": "1", "optimizer_switch": "b=on"},
        NOW,
    )
    assert {change.subject: change.words for change in changes} == {
        "key_buffer_size": "key_buffer_size went from 8388608 to 134217728",
        "sql_mode": "sql_mode went from nothing to ANSI",
        "optimizer_switch": "optimizer_switch was changed",
    }


def test_newcomers_are_told_once_they_are_new() -> None:
    known = {"root"}
    changes = find_newcomers(ChangeKind.ACCOUNT, ["vendor", "root", ""], known.__contains__, NOW)
    assert [change.words for change in changes] == ["the account vendor came for the first time"]


def test_what_happened_shortly_before_is_found() -> None:
    """To the table within a day, and what was noticed within the hour after; to the server within an hour."""
    index = Change(at=NOW - 720, kind=ChangeKind.INDEX, subject="patient", words="the index i was dropped")
    restart = make_restart(NOW - 100, 500)
    noticed = replace(index, at=NOW + 600)
    others = [
        replace(index, subject="claim"),
        replace(index, at=NOW - 86_401),
        replace(restart, at=NOW - 3_601),
        replace(index, kind=ChangeKind.HOST),
        replace(index, at=NOW + 3_601),
    ]
    assert find_recent([*others, index, restart, noticed], NOW, {"patient"}) == (noticed, restart, index)
    assert render_before(index, NOW) == "The index i was dropped 12 min before."
    assert render_before(noticed, NOW) == "The index i was dropped, as was noticed 10 min later."
    assert render_before(replace(restart, at=NOW - 20), NOW) == "The server was restarted just before."


def test_a_finding_quotes_what_happened_to_its_table() -> None:
    """Once; the server's restart only where time is the matter; a finding of another sort quotes nothing."""
    index = Change(at=NOW - 720, kind=ChangeKind.INDEX, subject="patient", words="the index i was dropped")
    restart = make_restart(NOW, 100)
    quoted = quote(FINDING, [index, restart], NOW)
    assert quoted.message == "It reads. The index i was dropped 12 min before."
    assert quote(quoted, [index], NOW) == quoted
    assert quote(quoted, [index], NOW).message == quoted.message
    slower = replace(FINDING, rule="regression.slower", subject="", table="")
    assert quote(slower, [index, restart], NOW).message == "It reads. The server was restarted 1 min before."
    write = replace(FINDING, rule="write.forbidden")
    assert quote(write, [index, restart], NOW) is write
