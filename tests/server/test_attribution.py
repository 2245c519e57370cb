"""Who did it, held against a workload that counts for itself: the short form of tests/benchmarks/attribution.py."""

from collections.abc import Iterator

import pytest
from benchmarks.comparison import Comparison, compare
from benchmarks.watched import staged
from benchmarks.workload import build_parties
from server.servers import find_choices

_SERVERS = ("mysql-9.7", "mariadb-10.11-ps", "mariadb-local-ps")
_LEARNING_SECONDS = 15.0
_SECONDS = 20.0

_CHOICES = tuple(choice for choice in find_choices()[0] if choice.name in _SERVERS)


@pytest.fixture(scope="module", params=_CHOICES, ids=[choice.name for choice in _CHOICES])
def comparison(request: pytest.FixtureRequest) -> Iterator[Comparison]:
    """Twenty seconds of an office and six integrations, two of them on the office's account."""
    with staged(request.param) as stage:
        stage.run(_LEARNING_SECONDS)
        yield compare(build_parties(), *stage.run(_SECONDS))


def test_accounts_of_their_own_are_exact_to_the_statement(comparison: Comparison) -> None:
    """Statements and writes, done and refused: short connections, prepared statements, no default schema."""
    own = [row for row in comparison.parties if not row.shares_account]
    assert len(own) == 4
    for row in own:
        for measure in (row.statements, row.writes, row.refused):
            assert measure.claim == pytest.approx(measure.truth, abs=0.01), row
        assert row.statements.truth > 0


def test_a_shared_account_is_told_apart(comparison: Comparison) -> None:
    """Four fifths of the third parties' time go to the right one, and a twentieth of the office's to another.

    That is after a quarter of a minute of learning; the benchmark asks for more, after longer.
    """
    right, lost = comparison.right_ratio, comparison.lost_ratio
    assert right.claim >= 0.8 * right.truth
    assert lost.claim <= 0.05 * lost.truth
