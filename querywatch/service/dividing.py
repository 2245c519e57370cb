"""Divides the accounts' counters among the integrations that are at work on them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from querywatch.analysis.deltas import TotalsTracker
from querywatch.attribution.amounts import Counted
from querywatch.attribution.fit import Entry, Place
from querywatch.attribution.shared import SharedPlaces
from querywatch.counters import NO_DIFFERENCE, AccountKey, Difference, SessionKey, SessionReading
from querywatch.model import Attribution, Evidence, Operation
from querywatch.service.learning import Learner

_LEAST_WRITE = 0.5

Live = Mapping[Place, Mapping[str, Difference]]  # place -> integration -> what its sessions did


class Division:
    """The sessions' own counters, and what they leave of each account's."""

    def __init__(self) -> None:
        self._sessions: TotalsTracker[SessionKey] = TotalsTracker()
        self._places = SharedPlaces()
        self.ran: dict[
            tuple[int, Operation], float
        ] = {}  # what each session ran since the last time, where known

    def restart(self) -> None:
        """The server restarted: its totals began again at zero."""
        self._sessions.restart()

    def advance(self, reading: SessionReading | None, learner: Learner) -> Live | None:
        """What each integration's sessions did that are there now, by place; None: not known."""
        if reading is None:
            self._sessions.forget()
            self.ran = {}
            return None
        started, owners = self._sessions.started, learner.find_owners()
        live = defaultdict[Place, dict[str, Difference]](dict)
        self.ran = {}
        for key, difference in self._sessions.advance(reading.rows).items():
            self.ran[key.session_id, key.operation] = difference.executions
            if key.session_id in owners:
                session, attribution = owners[key.session_id]
                place, name = (
                    Place(session.account, session.host, key.operation),
                    attribution.integration.name,
                )
                live[place][name] = live[place].get(name, NO_DIFFERENCE).plus(difference)
        return live if started else None

    def divide(
        self,
        grown: Mapping[AccountKey, Difference],
        live: Live | None,
        laid: Mapping[Entry, float],
        learner: Learner,
    ) -> Iterator[Counted]:
        """Each account's growth, whole where one integration alone is at work on it.

        `laid` are the executions of shapes that were laid to whom.
        """
        weights = defaultdict[Place, dict[str, float]](dict)
        for entry, executions in laid.items():
            weights[entry.place][entry.integration] = executions
        for key, difference in grown.items():
            place = Place(key.account, key.host, key.operation)
            by_session = None if live is None else live.get(place, {})
            yield from self._divide_place(key, difference, by_session, weights.get(place, {}), learner)

    def _divide_place(
        self,
        key: AccountKey,
        difference: Difference,
        by_session: Mapping[str, Difference] | None,
        weights: Mapping[str, float],
        learner: Learner,
    ) -> Iterator[Counted]:
        alone = learner.matcher.match_account(key.account, key.host)
        base = alone or learner.matcher.match(key.account, key.host, None)
        if alone is not None and {base.integration.name, *weights, *(by_session or {})} == {
            base.integration.name
        }:
            yield Counted(attribution=alone, key=key, difference=difference, evidence=Evidence.COUNTED)
            return
        place = Place(key.account, key.host, key.operation)
        parts = self._places.divide(
            place, difference, by_session, _drop_hunches(weights, place), base.integration.name
        )
        for name, part in parts.items():
            attribution = base if name == base.integration.name else _find_attribution(learner, name, place)
            evidence = Evidence.COUNTED if part.exact and attribution.confidence >= 1.0 else Evidence.INFERRED
            yield Counted(attribution=attribution, key=key, difference=part.difference, evidence=evidence)


def _find_attribution(learner: Learner, integration: str, place: Place) -> Attribution:
    """Why somebody else than the account's own integration is at work there."""
    for session, attribution in learner.find_owners().values():
        if (attribution.integration.name, session.account, session.host) == (
            integration,
            place.account,
            place.host,
        ):
            return attribution
    return learner.ledger.lessons.find_attribution(Entry(integration, place))


def _drop_hunches(weights: Mapping[str, float], place: Place) -> Mapping[str, float]:
    """Nobody is said to have written for a part of one statement that the fit had left over."""
    if not place.operation.is_write:
        return weights
    return {name: executions for name, executions in weights.items() if executions >= _LEAST_WRITE}
