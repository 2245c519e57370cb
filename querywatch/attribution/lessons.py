"""Remembers who was seen running which shape: the seed of every attribution."""

from collections import OrderedDict
from typing import NamedTuple

from querywatch.attribution.fit import Entry, Place
from querywatch.model import Attribution, Operation, Statement

_SHAPES_REMEMBERED = 20_000
_SIGHTS_ENOUGH = 10.0  # of one shape, for polls to tell better than records who runs it how often
_RECORDED_SHARE = 0.7  # of an interval's executions of a shape: so much of them tells more than all before
_SIGHTED_SHARE = 0.3

_Who = tuple[str, str, str]  # integration, account, host


class _Seen(NamedTuple):
    sighted: float  # by polls, before this interval
    recorded: float  # by the server, before this interval
    fresh_sighted: float  # in this interval
    fresh_recorded: float

    @property
    def sighted_ever(self) -> float:
        return max(0.0, self.sighted + self.fresh_sighted)

    @property
    def recorded_ever(self) -> float:
        return max(0.0, self.recorded + self.fresh_recorded)


_UNSEEN = _Seen(0.0, 0.0, 0.0, 0.0)


class Lessons:
    """The shapes seen last, each with who ran it, and why each of them is taken for who it is."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, dict[_Who, _Seen]] = OrderedDict()
        self._fresh: set[str] = set()  # the shapes that polls saw in this interval
        self._attributions: dict[_Who, Attribution] = {}

    def learn(
        self,
        statement: Statement,
        account: str,
        host: str,
        attribution: Attribution,
        *,
        sighted: float = 0.0,
        recorded: float = 0.0,
    ) -> None:
        """Remembers that so many executions of a shape ended in a session that is this integration's.

        Less than none where that turned out to be wrong. `sighted` by polls, which see an execution with a chance
        that its duration gives; `recorded` by the server, which writes down the last few of each session, however
        many there are.
        """
        who = (attribution.integration.name, account, host)
        self._attributions[who] = attribution
        seen = self._seen.setdefault(statement.fingerprint, {})
        before = seen.get(who, _UNSEEN)
        after = _Seen(
            before.sighted + min(0.0, sighted),
            before.recorded + min(0.0, recorded),
            before.fresh_sighted + max(0.0, sighted),
            before.fresh_recorded + max(0.0, recorded),
        )
        if after.sighted_ever or after.recorded_ever:
            seen[who] = after
            self._fresh.add(statement.fingerprint)
        else:
            seen.pop(who, None)
        self._seen.move_to_end(statement.fingerprint)
        if len(self._seen) > _SHAPES_REMEMBERED:
            self._seen.popitem(last=False)

    def find(self, statement: Statement, operation: Operation) -> dict[Entry, float]:
        """The shape's entries by how often each was seen: by polls, and as long as those saw few, by the records."""
        seen = self._seen.get(statement.fingerprint, {})
        sighted = sum(each.sighted_ever for each in seen.values())
        recorded = sum(each.recorded_ever for each in seen.values())
        weight = max(1.0, _SIGHTS_ENOUGH - sighted) / recorded if recorded > 0 else 0.0
        return {
            Entry(integration, Place(account, host, operation)): (
                each.sighted_ever + weight * each.recorded_ever
            )
            for (integration, account, host), each in seen.items()
        }

    def find_fresh(self, statement: Statement, operation: Operation, executions: float) -> dict[Entry, float]:
        """What polls or records prove of so many executions of this interval; nothing where that is too few of them.

        Records weighted by what their sessions ran come near to all; else what polls saw end.
        """
        seen = {
            Entry(integration, Place(account, host, operation)): each
            for (integration, account, host), each in self._seen.get(statement.fingerprint, {}).items()
        }
        recorded = {entry: each.fresh_recorded for entry, each in seen.items() if each.fresh_recorded > 0}
        sighted = {entry: each.fresh_sighted for entry, each in seen.items() if each.fresh_sighted > 0}
        if sum(recorded.values()) >= _RECORDED_SHARE * executions:
            return {**sighted, **recorded}
        return {**recorded, **sighted} if sum(sighted.values()) >= _SIGHTED_SHARE * executions else {}

    def settle(self) -> None:
        """The interval is over."""
        for fingerprint in self._fresh:
            seen = self._seen.get(fingerprint, {})
            for who, each in seen.items():
                seen[who] = _Seen(each.sighted_ever, each.recorded_ever, 0.0, 0.0)
        self._fresh.clear()

    def suppose(self, attribution: Attribution, place: Place) -> Entry:
        """The entry of an integration that nobody was seen to be, at a place where it may be at work."""
        who = (attribution.integration.name, place.account, place.host)
        self._attributions.setdefault(who, attribution)
        return Entry(attribution.integration.name, place)

    def find_attribution(self, entry: Entry) -> Attribution:
        """Why the integration is at work there."""
        return self._attributions[entry.integration, entry.place.account, entry.place.host]
