"""What is told of literals, and that none of them is."""

from hypothesis import given
from hypothesis import strategies as st

from querywatch.sql.hints import ValueKind, find_hints
from querywatch.sql.reduce import reduce_text

_KINDS = {
    "5": ValueKind.INTEGER,
    "-5": ValueKind.INTEGER,
    "5.5": ValueKind.DECIMAL,
    "1e3": ValueKind.DECIMAL,
    "'x'": ValueKind.STRING,
    "'it''s, so'": ValueKind.STRING,
    "'55'": ValueKind.NUMERIC_STRING,
    "''": ValueKind.STRING,
    "'2026-11-22'": ValueKind.DATE,
    "'2026-11-22 08:00:00'": ValueKind.DATE,
    "'%x'": ValueKind.WILDCARD,
    "'_x'": ValueKind.WILDCARD,
    "'x%'": ValueKind.STRING,
    "0x4D": ValueKind.HEX,
    "x'4D'": ValueKind.HEX,
    "?": ValueKind.UNKNOWN,
    "@x": ValueKind.UNKNOWN,
    "TRUE": ValueKind.UNKNOWN,
}
_LITERALS = st.sampled_from(sorted(_KINDS))


@given(st.lists(_LITERALS, min_size=1, max_size=8))
def test_each_place_has_its_hint(literals: list[str]) -> None:
    """In the order of the shape's placeholders, each of the kind that stood there."""
    text = "SELECT 1 FROM t WHERE " + " AND ".join(
        f"c{place} = {each}" for place, each in enumerate(literals)
    )
    hints = find_hints(text)
    assert [hint.kind for hint in hints[1:]] == [_KINDS[each] for each in literals]
    assert len(hints) == reduce_text(text).shape.count("?")


def test_lists_say_how_many() -> None:
    """And of which kind, where all are of one."""
    one, other = find_hints("SELECT a FROM t WHERE a IN (1, 2, 3) AND b IN ('x, y', 4)")
    assert (one.kind, one.values) == (ValueKind.INTEGER, 3)
    assert (other.kind, other.values) == (ValueKind.UNKNOWN, 2)


def test_two_dates_say_how_far_apart_they_are() -> None:
    """And a date alone says nothing."""
    hints = find_hints(
        "SELECT a FROM t WHERE b BETWEEN '2026-01-01' AND '2026-01-31 23:59:59' AND c > '2026-05-01'"
    )
    assert [hint.days for hint in hints] == [None, 30.0, 90.0]
    assert find_hints("SELECT a FROM t WHERE b > '2026-02-31'")[0].days is None


def test_numbers_are_those_of_a_limit_alone() -> None:
    """Any other number is somebody's."""
    hints = find_hints("SELECT a FROM t WHERE b = 770077 AND c = 5 LIMIT 100, 20")
    assert [hint.number for hint in hints] == [None, None, 100, 20]
    assert [hint.number for hint in find_hints("SELECT a FROM t LIMIT 7 OFFSET 9")] == [7, 9]


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever it is; and one that ends within a string tells nothing."""
    find_hints(text)
    assert find_hints("SELECT a FROM t WHERE b = 1 AND c = 'x") == ()


def test_a_hint_shows_no_literal() -> None:
    """Only its kind."""
    shown = repr(find_hints("SELECT a FROM t WHERE b = 'zyxwanda' AND c = 770077 AND d = '1970-03-04'"))
    assert "zyxwanda" not in shown
    assert "770077" not in shown
    assert "1970" not in shown
