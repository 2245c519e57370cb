"""Both margins are met, and what finds no room is left over."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querywatch.attribution.fit import Bound, Entry, Place, sum_entries
from querywatch.attribution.fit import fit_rows as fit_rows_within
from querywatch.model import Operation

A, B, C = (Place(name, "h", Operation.SELECT) for name in "abc")


def fit_rows(
    rows: dict[str, float], seeds: dict[str, dict[Entry, float]], limits: dict[Place, float] | None
) -> dict[str, dict[Entry, float]]:
    """Without limits for None."""
    return fit_rows_within(
        rows,
        seeds,
        lambda entry: {entry.place: Bound(0.0, inf if limits is None else limits.get(entry.place, 0.0))},
    )


IN_A, IN_B, IN_C = (Entry(place.account, place) for place in (A, B, C))


def test_a_row_of_one_entry_goes_there_whole() -> None:
    assert fit_rows({"x": 5.0}, {"x": {IN_A: 0.1}}, {A: 9.0}) == {"x": {IN_A: pytest.approx(5.0)}}


def test_without_limits_the_seeds_alone_decide() -> None:
    assert fit_rows({"x": 8.0}, {"x": {IN_A: 3.0, IN_B: 1.0}}, None) == {"x": {IN_A: 6.0, IN_B: 2.0}}


def test_the_margins_correct_wrong_seeds() -> None:
    """Seen as often from both, a shape was run eight times in ten by the account that has room for as many."""
    shared = fit_rows(
        {"only a": 500.0, "only b": 200.0, "both": 100.0},
        {"only a": {IN_A: 1.0}, "only b": {IN_B: 1.0}, "both": {IN_A: 1.0, IN_B: 1.0}},
        {A: 580.0, B: 220.0},
    )
    assert shared["both"][IN_A] == pytest.approx(80.0, rel=0.01)
    assert shared["both"][IN_B] == pytest.approx(20.0, rel=0.01)
    assert shared["only a"][IN_A] == pytest.approx(500.0, rel=0.001)


def test_room_that_nobody_needs_pulls_nothing() -> None:
    shared = fit_rows({"x": 10.0}, {"x": {IN_A: 1.0, IN_B: 1.0}}, {A: 1_000.0, B: 10.0})
    assert shared["x"] == {IN_A: pytest.approx(5.0), IN_B: pytest.approx(5.0)}


def test_room_that_is_wanted_pulls() -> None:
    """Both margins have the same sum: what the seeds leave empty is filled."""
    shared = fit_rows_within(
        {"x": 90.0, "y": 10.0},
        {"x": {IN_A: 99.0, IN_B: 1.0}, "y": {IN_A: 1.0}},
        lambda entry: {entry.place: Bound(50.0, 200.0)},
    )
    assert shared["x"] == {IN_A: pytest.approx(40.0, rel=0.01), IN_B: pytest.approx(50.0, rel=0.01)}


def test_what_finds_no_room_is_left_over() -> None:
    shared = fit_rows({"x": 10.0}, {"x": {IN_A: 1.0, IN_B: 1.0}}, {A: 3.0})
    assert sum(shared["x"].values()) == pytest.approx(3.0)
    assert fit_rows({"x": 10.0}, {"x": {IN_A: 1.0}}, {B: 3.0}) == {"x": {}}


def test_a_row_without_seeds_is_not_shared() -> None:
    assert fit_rows({"x": 1.0, "y": 0.0}, {"y": {IN_A: 1.0}}, None) == {"x": {}}


def test_one_place_may_have_a_limit_for_each_of_its_integrations() -> None:
    """Their sessions are counted for themselves: the account has room for either, the integration has not."""
    office, vendor = Entry("office", A), Entry("vendor", A)
    limits = {A: 100.0, office: 90.0, vendor: 10.0}
    shared = fit_rows_within(
        {"x": 60.0, "y": 40.0},
        {"x": {office: 1.0, vendor: 1.0}, "y": {office: 1.0}},
        lambda entry: {A: Bound(0.0, limits[A]), entry: Bound(0.0, limits[entry])},
    )
    assert shared["x"] == {office: pytest.approx(50.0, rel=0.01), vendor: pytest.approx(10.0, rel=0.01)}


amounts = st.floats(0, 1e6)


@given(
    rows=st.dictionaries(st.sampled_from("uvwxyz"), amounts, min_size=1),
    weights=st.dictionaries(
        st.tuples(st.sampled_from("uvwxyz"), st.sampled_from([IN_A, IN_B, IN_C])), amounts
    ),
    limits=st.dictionaries(st.sampled_from([A, B, C]), amounts),
)
def test_no_margin_is_ever_exceeded_and_nothing_is_negative(
    rows: dict[str, float], weights: dict[tuple[str, Entry], float], limits: dict[Place, float]
) -> None:
    seeds = {row: {entry: weight for (key, entry), weight in weights.items() if key == row} for row in rows}
    shared = fit_rows(rows, seeds, limits)
    assert all(amount >= 0 for entries in shared.values() for amount in entries.values())
    for row, entries in shared.items():
        assert sum(entries.values()) <= rows[row] * 1.0001
    for entry, total in sum_entries(shared).items():
        assert total <= limits.get(entry.place, 0.0) * 1.0001
