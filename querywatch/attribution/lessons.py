"""Remembers who was seen running which shape: the seed of every attribution."""

from collections import OrderedDict
from typing import NamedTuple

from querywatch.attribution.fit import Entry, Place
from querywatch.model import Attribution, Operation, Statement

_SHAPES_REMEMBERED = 20_000
_SIGHTS_ENOUGH = 10.0  # of one shape, for polls to tell better than records who runs it how often

_Who = tuple[str, str, str]  # integration, account, host


class _Seen(NamedTuple):
    sighted: float  # by polls, before this interval
    recorded: float  # by the server
    fresh: float  # by polls, in this interval


_UNSEEN = _Seen(0.0, 0.0, 0.0)


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
        fresh = before.fresh + max(0.0, sighted)
        after = _Seen(before.sighted + min(0.0, sighted), before.recorded + recorded, fresh)
        if after.sighted + after.fresh > 0 or after.recorded > 0:
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
        sighted = sum(max(0.0, each.sighted + each.fresh) for each in seen.values())
        recorded = sum(each.recorded for each in seen.values())
        weight = max(1.0, _SIGHTS_ENOUGH - sighted) / recorded if recorded > 0 else 0.0
        return {
            Entry(integration, Place(account, host, operation)): (
                max(0.0, each.sighted + each.fresh) + weight * max(0.0, each.recorded)
            )
            for (integration, account, host), each in seen.items()
        }

    def find_fresh(self, statement: Statement, operation: Operation) -> dict[Entry, float]:
        """The same, by what polls saw end in this interval alone."""
        return {
            Entry(integration, Place(account, host, operation)): each.fresh
            for (integration, account, host), each in self._seen.get(statement.fingerprint, {}).items()
            if each.fresh > 0
        }

    def settle(self) -> None:
        """The interval is over."""
        for fingerprint in self._fresh:
            seen = self._seen.get(fingerprint, {})
            for who, each in seen.items():
                seen[who] = _Seen(max(0.0, each.sighted + each.fresh), each.recorded, 0.0)
        self._fresh.clear()

    def suppose(self, attribution: Attribution, place: Place) -> Entry:
        """The entry of an integration that nobody was seen to be, at a place where it may be at work."""
        who = (attribution.integration.name, place.account, place.host)
        self._attributions.setdefault(who, attribution)
        return Entry(attribution.integration.name, place)

    def find_attribution(self, entry: Entry) -> Attribution:
        """Why the integration is at work there."""
        return self._attributions[entry.integration, entry.place.account, entry.place.host]
