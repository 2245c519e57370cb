"""Remembers who was seen running which shape: the seed of every attribution."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from querywatch.attribution.fit import Entry, Place
from querywatch.model import Attribution, Operation, Statement

_SHAPES_REMEMBERED = 20_000
_SIGHTS_ENOUGH = 10.0  # of one shape, for polls to tell better than records who runs it how often

_Who = tuple[str, str, str]  # integration, account, host


class Runs(NamedTuple):
    """Single executions of which it is known how long they took: their number, and their seconds together."""

    recorded: float = 0.0
    recorded_seconds: float = 0.0
    sighted: float = 0.0  # by polls: only those that took long enough, and to the nearest look
    sighted_seconds: float = 0.0

    def plus(self, other: "Runs") -> "Runs":
        """Both together."""
        return Runs(*(one + more for one, more in zip(self, other, strict=True)))


class _Seen(NamedTuple):
    """Executions of one shape in one integration's sessions: before this interval, and fresh in it."""

    sighted: float = 0.0  # seen by polls
    recorded: float = 0.0  # what the server's records stand for
    records: float = 0.0  # how many of these there were, where it is known what part of all they are
    fresh_sighted: float = 0.0
    fresh_recorded: float = 0.0
    fresh_records: float = 0.0
    runs: Runs = Runs()

    def settle(self) -> "_Seen":
        return _Seen(
            sighted=max(0.0, self.sighted + self.fresh_sighted),
            recorded=max(0.0, self.recorded + self.fresh_recorded),
            records=max(0.0, self.records + self.fresh_records),
            runs=self.runs,
        )


class Lessons:
    """The shapes seen last, each with who ran it, and why each of them is taken for who it is."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, dict[_Who, _Seen]] = OrderedDict()
        self._fresh: set[str] = set()  # the shapes that polls saw in this interval
        self._untold: dict[Entry, float] = {}  # what part of an entry's executions no fresh record tells of
        self._attributions: OrderedDict[_Who, Attribution] = OrderedDict()

    def learn(
        self,
        statement: Statement,
        account: str,
        host: str,
        attribution: Attribution,
        *,
        sighted: float = 0.0,
        recorded: float = 0.0,
        records: float = 0.0,
    ) -> None:
        """Remembers that so many executions of a shape ended in a session that is this integration's.

        Less than none where that turned out to be wrong. `sighted` by polls, which see an execution with a chance
        that its duration gives; `recorded` is what the server's `records` stand for, which are the last few of
        each session, however many there are; no `records` where it is not known how many.
        """
        who = (attribution.integration.name, account, host)
        self._remember(who, attribution)
        seen = self._seen.setdefault(statement.fingerprint, {})
        before = seen.get(who, _Seen())
        if sighted < 0 or recorded < 0:
            after = before._replace(
                sighted=before.sighted + sighted,
                recorded=before.recorded + recorded,
                records=before.records + records,
            )
        else:
            after = before._replace(
                fresh_sighted=before.fresh_sighted + sighted,
                fresh_recorded=before.fresh_recorded + recorded,
                fresh_records=before.fresh_records + records,
            )
        settled = after.settle()
        if settled.sighted or settled.recorded:
            seen[who] = after
            self._fresh.add(statement.fingerprint)
        else:
            seen.pop(who, None)
        self._seen.move_to_end(statement.fingerprint)
        if len(self._seen) > _SHAPES_REMEMBERED:
            self._seen.popitem(last=False)

    def find(self, statement: Statement, operation: Operation) -> dict[Entry, float]:
        """The shape's entries by how often each was seen so far, by what tells most: polls or records."""
        seen = {who: each.settle() for who, each in self._seen.get(statement.fingerprint, {}).items()}
        sighted = sum(each.sighted for each in seen.values())
        recorded = sum(each.recorded for each in seen.values())
        records = sum(each.records for each in seen.values())
        if records > sighted:
            return {_enter(who, operation): each.recorded + each.sighted for who, each in seen.items()}
        # Records of which nobody knows what part of all they are say who, and only as long as polls saw few how often.
        weight = max(1.0, _SIGHTS_ENOUGH - sighted) / recorded if recorded else 0.0
        return {_enter(who, operation): each.sighted + weight * each.recorded for who, each in seen.items()}

    def find_fresh(
        self, statement: Statement, operation: Operation
    ) -> tuple[dict[Entry, float], Mapping[Entry, float]]:
        """(the executions of this interval that polls or records told of, how likely each entry's others stay untold).

        An entry that is not in the second is as likely as any.
        """
        seen = {
            _enter(who, operation): each for who, each in self._seen.get(statement.fingerprint, {}).items()
        }
        # Polls and records may tell of the same execution.
        known = {
            entry: most
            for entry, each in seen.items()
            if (most := max(each.fresh_sighted, each.fresh_records)) > 0
        }
        sighted = sum(each.fresh_sighted for each in seen.values())
        records = sum(each.fresh_records for each in seen.values())
        return known, {} if sighted >= records else self._untold

    def time(self, statement: Statement, account: str, host: str, integration: str, runs: Runs) -> None:
        """Remembers how long executions took that were learnt."""
        seen = self._seen.get(statement.fingerprint, {})
        who = (integration, account, host)
        if who in seen:
            seen[who] = seen[who]._replace(runs=seen[who].runs.plus(runs))

    def find_runs(self, statement: Statement, operation: Operation) -> dict[Entry, Runs]:
        """How long the shape took whom so far."""
        seen = self._seen.get(statement.fingerprint, {})
        return {_enter(who, operation): each.runs for who, each in seen.items()}

    def tell(self, entry: Entry, untold_ratio: float) -> None:
        """What part of all that ran there in this interval is not among the fresh records."""
        self._untold[entry] = untold_ratio

    def settle(self) -> None:
        """The interval is over."""
        self._untold = {}
        for fingerprint in self._fresh:
            seen = self._seen.get(fingerprint, {})
            for who, each in seen.items():
                seen[who] = each.settle()
        self._fresh.clear()

    def suppose(self, attribution: Attribution, place: Place) -> Entry:
        """The entry of an integration that nobody was seen to be, at a place where it may be at work."""
        who = (attribution.integration.name, place.account, place.host)
        self._remember(who, self._attributions.get(who, attribution))
        return Entry(attribution.integration.name, place)

    def _remember(self, who: _Who, attribution: Attribution) -> None:
        self._attributions[who] = attribution
        self._attributions.move_to_end(who)
        if len(self._attributions) > _SHAPES_REMEMBERED:
            self._attributions.popitem(last=False)

    def find_attribution(self, entry: Entry) -> Attribution:
        """Why the integration is at work there."""
        return self._attributions[entry.integration, entry.place.account, entry.place.host]


def _enter(who: _Who, operation: Operation) -> Entry:
    integration, account, host = who
    return Entry(integration, Place(account, host, operation))
