"""Decides when a look becomes a burst: many looks a few milliseconds apart, to see what single ones miss.

A burst that what was just seen sets off is not independent of the statements: time comes out wrong by a tenth
and more (tests/unit/test_estimates.py). So the decision takes the rates of the last count, the budget and the
clock, never the present look; the burst's first look is the ordinary one, and each sight stands for its own gap.
"""

from collections.abc import Iterable
from dataclasses import dataclass

NEAR_LOW_RATIO = 0.5  # measured over limit: below, it takes more than chance to cross the limit
NEAR_HIGH_RATIO = 2.0  # above, a closer look would not change what is said
SPACING_SECONDS = 0.025
JITTER_RATIO = 0.4
_MOST_LOOKS = 20
_FEWEST_LOOKS = 5
_REST_SECONDS = 10.0  # between two bursts when the whole budget is to spare; longer when less is
_SPARE_NEEDED_RATIO = 0.25  # of the observer's budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """So many looks in all, the first of them at once."""

    looks: int
    spacing_seconds: float = SPACING_SECONDS

    def find_pause_seconds(self, dice: float) -> float:
        """How long to wait before the next look, for an even throw from 0 to 1: no period can lock in."""
        return self.spacing_seconds * (1.0 + JITTER_RATIO * (2.0 * dice - 1.0))


def find_burst(ratios: Iterable[float], spare_ratio: float, since_last_seconds: float) -> Burst | None:
    """The burst that the next look should be, or None.

    `ratios` are measured over limit at the last count, of what is judged from samples alone; `spare_ratio` is the
    share of the observer's budget that nothing uses.
    """
    if spare_ratio < _SPARE_NEEDED_RATIO or since_last_seconds < _REST_SECONDS / spare_ratio:
        return None
    if not any(NEAR_LOW_RATIO <= ratio <= NEAR_HIGH_RATIO for ratio in ratios):
        return None
    looks = round(_MOST_LOOKS * min(1.0, spare_ratio))
    return Burst(looks=max(_FEWEST_LOOKS, looks))
