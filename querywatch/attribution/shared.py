"""Divides what one account from one host did among the integrations that share it.

The server counts each live session for itself; what sessions did that are gone by now is the account's own count
less theirs, and is divided as the shapes were.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from querywatch.attribution.fit import Place
from querywatch.counters import NO_DIFFERENCE, Difference

_EXACT_SHARE = 0.002  # so little of gone sessions, and the rest is called exact
_EXACT_EXECUTIONS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One integration's part of what a place counted; `exact` when the server counted all of it by session."""

    difference: Difference
    exact: bool


class SharedPlaces:
    """Keeps, for each place, by how much its sessions' counts ran ahead of its own."""

    def __init__(self) -> None:
        self._ahead: dict[Place, Difference] = {}

    def divide(
        self,
        place: Place,
        counted: Difference,
        live: Mapping[str, Difference] | None,
        laid: Mapping[str, float],
        base: str,
    ) -> dict[str, Part]:
        """Integration -> its part.

        `live` is what its sessions counted for themselves (None: not read), `laid` the executions of shapes that
        were laid to it, `base` the integration whose the account is when nothing tells otherwise.
        """
        by_session = live or {}
        total = counted.minus(self._ahead.pop(place, NO_DIFFERENCE))
        rest = total.minus(_sum(by_session.values()))
        gone, ahead = rest.at_least_zero(), rest.times(-1.0).at_least_zero()
        if ahead.executions:
            self._ahead[place] = ahead
        wanted = {
            name: amount - by_session.get(name, NO_DIFFERENCE).executions for name, amount in laid.items()
        }
        weights = {name: amount for name, amount in wanted.items() if amount > 0} or {base: 1.0}
        exact = live is not None and gone.executions <= _EXACT_EXECUTIONS + _EXACT_SHARE * counted.executions
        parts = {}
        for name in by_session.keys() | weights.keys():
            share = weights.get(name, 0.0) / sum(weights.values())
            difference = by_session.get(name, NO_DIFFERENCE).plus(gone.times(share))
            parts[name] = Part(difference=difference, exact=exact)
        return parts


def _sum(differences: Iterable[Difference]) -> Difference:
    total = NO_DIFFERENCE
    for difference in differences:
        total = total.plus(difference)
    return total
