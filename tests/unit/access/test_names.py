"""Which table and column a name stands for, however it is written."""

import pytest
from unit.access.practice import find, find_accesses, make_schema, read

from querywatch.analysis.access.reading import find_reading
from querywatch.sql.outline import Query
from querywatch.sql.reading import Access
from querywatch.sql.reduce import reduce_text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT LName FROM patient WHERE PatNum = 5",
        "select lname from PATIENT where PATNUM = 5",
        "SELECT p.LName FROM opendental.patient AS p WHERE p.PatNum = 5",
        "SELECT opendental.patient.LName FROM opendental.patient WHERE opendental.patient.PatNum = 5",
        "SELECT `P`.`LName` FROM `patient` `P` WHERE `p`.`PatNum` = 5",
        "SELECT x.LName FROM (SELECT PatNum, LName FROM patient) x WHERE x.PatNum = 5",
        "SELECT x.n FROM (SELECT PatNum AS id, LName AS n FROM patient) x WHERE x.id = 5",
        "SELECT * FROM (SELECT * FROM (SELECT * FROM patient) a) b WHERE b.PatNum = 5",
        "WITH known AS (SELECT PatNum, LName FROM patient) SELECT LName FROM known WHERE PatNum = 5",
        "WITH known (id, n) AS (SELECT PatNum, LName FROM patient) SELECT n FROM known WHERE id = 5",
    ],
)
def test_one_patient_is_one_row_however_it_is_named(text: str) -> None:
    """Aliases, databases, derived tables and common table expressions are seen through, in any case."""
    assert [each.access for each in read(text).tables if each.name == "patient"] == [Access.CONST]


@pytest.mark.parametrize(
    "condition",
    [
        "FROM appointment a JOIN patient p ON p.PatNum = a.PatNum WHERE a.AptNum = 7",
        "FROM appointment a, patient p WHERE a.PatNum = p.PatNum AND a.AptNum = 7",
        "FROM appointment a JOIN patient p USING (PatNum) WHERE a.AptNum = 7",
        "FROM patient p RIGHT JOIN appointment a ON p.PatNum = a.PatNum WHERE a.AptNum = 7",
        "FROM appointment a LEFT JOIN patient p ON p.PatNum = a.PatNum WHERE a.AptNum = 7",
        "FROM (appointment a JOIN patient p ON p.PatNum = a.PatNum) WHERE a.AptNum = 7",
    ],
)
def test_joins_of_every_form_tie_their_tables(condition: str) -> None:
    """A patient is found by the one appointment, whatever the join looks like."""
    assert find_accesses(f"SELECT p.LName {condition}") == {"a": Access.CONST, "p": Access.CONST}
    assert not any(each.untied for each in read(f"SELECT p.LName {condition}").tables)


def test_natural_join_ties_columns_of_one_name() -> None:
    """By the schema's columns: nobody wrote which."""
    assert find("SELECT * FROM inssub i NATURAL JOIN patplan pp WHERE pp.PatPlanNum = 4", "i").access in {
        Access.CONST,
        Access.REF,
    }


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a.AptNum FROM appointment a WHERE a.PatNum IN (SELECT PatNum FROM patient WHERE PatNum = 5)",
        "SELECT 1 FROM appointment a WHERE EXISTS (SELECT 1 FROM patient p WHERE p.PatNum = a.PatNum AND p.PatNum = 5)",
        "SELECT a.AptNum FROM appointment a WHERE a.PatNum = (SELECT PatNum FROM patient WHERE PatNum = 5)",
        "SELECT a.AptNum FROM appointment a WHERE a.PatNum = ANY (SELECT PatNum FROM patient WHERE PatNum = 5)",
    ],
)
def test_subqueries_lend_their_values(text: str) -> None:
    """The appointments of the patients whom a subquery finds are looked up."""
    assert find(text, "a").access is Access.REF


def test_a_correlated_subquery_runs_for_each_row() -> None:
    """Its rows count as often as there are rows around it."""
    text = "SELECT p.PatNum, (SELECT COUNT(*) FROM commlog c WHERE c.PatNum = p.PatNum) FROM patient p"
    found = find(text, "c")
    assert (found.access, found.correlated) == (Access.REF, True)
    assert found.rows is not None
    assert found.rows > 32_852
    assert not find(text, "p").correlated


def test_unions_are_read_part_by_part() -> None:
    """Each part by its own conditions."""
    text = "SELECT PatNum FROM patient WHERE PatNum = 5 UNION SELECT PatNum FROM payment WHERE PayDate = '2026-01-01'"
    assert find_accesses(text) == {"patient": Access.CONST, "payment": Access.SCAN}


def test_a_view_is_read_as_its_definition_where_that_is_known() -> None:
    """And is unknown where it is not: nothing is claimed of it."""
    text = "SELECT LName FROM patientview WHERE PatNum = 5"
    outline = reduce_text(text).outline
    unknown = find_reading(outline, make_schema())
    definition = reduce_text("SELECT patient.PatNum AS PatNum, patient.LName AS LName FROM patient").outline
    assert unknown is not None
    assert [each.access for each in unknown.tables] == [Access.UNKNOWN]
    assert definition is not None
    views: dict[tuple[str, str], Query] = {("", "patientview"): definition.query or Query()}
    known = find_reading(outline, make_schema(), views=views)
    assert known is not None
    assert [(each.name, each.access) for each in known.tables] == [("patient", Access.CONST)]


def test_a_view_of_itself_ends() -> None:
    """Nobody can make one, but a definition may be old."""
    outline = reduce_text("SELECT a FROM v").outline
    assert outline is not None
    assert outline.query is not None
    found = find_reading(outline, make_schema(), views={("", "v"): outline.query})
    assert found is not None
    assert [each.access for each in found.tables] == [Access.UNKNOWN]


def test_what_multiplies_without_end_is_given_up() -> None:
    """Each expression names the one before it twice: four thousand tables."""
    steps = ", ".join(
        f"a{i} AS (SELECT x.PatNum FROM a{i - 1} x JOIN a{i - 1} y ON x.PatNum = y.PatNum)"
        for i in range(1, 13)
    )
    text = f"WITH a0 AS (SELECT PatNum FROM patient), {steps} SELECT * FROM a12"
    assert find_reading(reduce_text(text).outline, make_schema()) is None


def test_tables_without_a_condition_between_them() -> None:
    """The others, however far they are tied through each other, are not."""
    text = "SELECT 1 FROM patient p, provider pr JOIN schedule s ON s.ProvNum = pr.ProvNum WHERE p.PatNum = 5"
    assert {each.alias for each in read(text).tables if each.untied} == {"pr", "s"}


def test_what_a_group_hides_is_marked() -> None:
    """A merged derived table is none; a grouped one is."""
    grouped = "SELECT x.n FROM (SELECT ProvNum, COUNT(*) n FROM procedurelog GROUP BY ProvNum) x"
    assert find(grouped, "procedurelog").in_derived
    assert not find("SELECT x.ProvNum FROM (SELECT ProvNum FROM procedurelog) x", "procedurelog").in_derived
