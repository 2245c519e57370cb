"""The facts about Open Dental's tables, and the CREATE TABLE made of them."""

import pytest

from querywatch.demo.schema import TableFact, parse_facts, render_create

FACTS = {table.name: table for table in parse_facts()}


def test_the_facts_are_packaged_and_whole() -> None:
    """Every table has columns, a primary key, and a size of its own or a small one."""
    assert len(FACTS) == 57
    for table in FACTS.values():
        assert [index for index in table.indexes if index.name == "PRIMARY"], table.name
        assert table.rows > 0


def test_indexes_name_columns_that_exist() -> None:
    for table in FACTS.values():
        columns = {column.name for column in table.columns}
        assert {name for index in table.indexes for name, _ in index.parts} <= columns


def test_a_table_is_created_with_its_types_keys_and_prefixes() -> None:
    """Prefix indexes stay prefix indexes, the order of an index's columns stays, and the engine is MyISAM."""
    patient = render_create(FACTS["patient"])
    assert "`PatNum` bigint(20) NOT NULL AUTO_INCREMENT" in patient
    assert "PRIMARY KEY (`PatNum`)" in patient
    assert "KEY `indexLName` (`LName`(10))" in patient
    assert patient.endswith("ENGINE=MyISAM")
    assert "KEY `SecDateTEditPN` (`SecDateTEdit`, `PatNum`)" in render_create(FACTS["adjustment"])


def test_no_index_leads_with_what_the_demo_polls() -> None:
    """The demo's point stands on the facts: patient has no index on DateTStamp, procedurelog has one."""
    leading = {
        name: {index.parts[0][0] for index in FACTS[name].indexes} for name in ("patient", "procedurelog")
    }
    assert "DateTStamp" not in leading["patient"]
    assert "DateTStamp" in leading["procedurelog"]


@pytest.mark.parametrize(
    ("rows", "scale", "expected"),
    [
        pytest.param(1_000_000, 1.0, 1_000_000, id="whole"),
        pytest.param(1_000_000, 0.2, 200_000, id="a large table shrinks"),
        pytest.param(32_852, 0.1, 20_000, id="not below the size that costs nothing"),
        pytest.param(54, 0.1, 54, id="a small one stays"),
        pytest.param(1_000, 2.0, 2_000, id="a larger office has more of all"),
    ],
)
def test_scale_shrinks_large_tables_alone(rows: int, scale: float, expected: int) -> None:
    assert TableFact(name="t", rows=rows, columns=(), indexes=()).find_rows(scale) == expected


def test_patient_is_a_large_table_at_any_scale() -> None:
    """The rules call a table large from 10,000 rows on."""
    assert FACTS["patient"].find_rows(0.01) > 15_000
