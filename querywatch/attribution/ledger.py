"""Lays the growth of the server's digests to integrations: shapes by accounts, so that both margins add up.

The server's counters name accounts or shapes, never both; what was sampled and what the server wrote down names
both. A shape seen from one account alone is laid there whole. All others are fitted into the room that the
accounts' own counters leave (`fit`), from what was seen of them, or else from where room is; what was laid is
remembered, so that places whose counts rise and fall with a shape come to have it. What finds no room is the
residual.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from querywatch.attribution.amounts import QueryAmount
from querywatch.attribution.doubts import Doubt, Growth, Laid, fill, fit_doubts, fit_measure
from querywatch.attribution.fit import Entry, Place, fit_rows
from querywatch.attribution.lessons import Lessons
from querywatch.attribution.match import Matcher
from querywatch.attribution.room import MEASURES, Account, Margins, Room
from querywatch.attribution.witnessed import Sight, find_part, lay_witnessed
from querywatch.model import Evidence

_SHAPES_REMEMBERED = 20_000
_SEEN_BELIEVED = 20.0  # executions: more sights of one shape weigh no more against what was laid
_LAID_BELIEVED = 40.0
_SUPPOSED_BELIEVED = 1.0  # where nothing was seen, but there is room
_FED_BELIEVED = 0.3  # where somebody else was seen, but there is room that nothing explains
_WITNESSED_PART = 0.3  # of an interval's executions: then what was laid before is of no use
_FADING = 0.98  # of what was laid, an interval
_BOLDNESS = 1.5
_FITTED_ALONE = 100  # shapes never seen, the most often run; the rest is fitted together
_EXECUTIONS, _SECONDS, _ROWS = MEASURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """An interval's digests laid to integrations, and the time that could not be."""

    queries: tuple[QueryAmount, ...]
    executions: Mapping[Entry, float]
    seconds: float
    unattributed_seconds: float

    def with_unattributed(self, seconds: float) -> "Shares":
        """With time that no shape is known of."""
        return replace(
            self,
            seconds=self.seconds + seconds,
            unattributed_seconds=self.unattributed_seconds + seconds,
        )


class Ledger:
    """What was seen of each shape (`lessons`), what was laid of it, and the room that is left."""

    def __init__(self, matcher: Matcher) -> None:
        self.lessons = Lessons()
        self._matcher = matcher
        self._laid: OrderedDict[str, dict[Entry, float]] = OrderedDict()
        self._room = Room()

    def share(self, growths: Sequence[Growth], margins: Margins | None) -> Shares:
        """Each shape's growth, laid to the integrations; without margins by what was seen alone."""
        rows = _merge(growths)
        self._room.open(margins)
        seen = {key: self.lessons.find(growth.statement, growth.operation) for key, growth in rows.items()}
        whole = self._lay_whole(rows, {key: entries for key, entries in seen.items() if _is_sole(entries)})
        doubted = [growth for key, growth in rows.items() if key not in whole]
        witnessed = lay_witnessed({growth.key: self._find_sight(growth) for growth in doubted}, self._room)
        doubts = self._find_doubts(doubted, seen, witnessed)
        fitted = fit_doubts(self._feed(doubts), self._room)
        shared = {measure: _join(witnessed[measure], fitted[measure]) for measure in MEASURES}
        self._room.close()
        self.lessons.settle()
        self._remember(shared[_EXECUTIONS])
        amounts = {measure: _lay(whole, rows, measure) | shared[measure] for measure in MEASURES}
        return self._make_shares(rows, amounts, seen, whole.keys())

    def _lay_whole(self, rows: Mapping[str, Growth], seen: Laid) -> Laid:
        """The shapes that one account of one integration alone was seen running, over the hosts it comes from.

        Unless its counters hold fewer than that: then somebody else runs some of them, unseen.
        """
        asked = dict[Account, float]()
        accounts = {key: _find_account(entries) for key, entries in seen.items()}
        for key, account in accounts.items():
            asked[account] = asked.get(account, 0.0) + rows[key].get(_EXECUTIONS)
        crowded = self._room.find_crowded(asked)
        kept = {key: entries for key, entries in seen.items() if accounts[key] not in crowded}
        at_one = {key: entries for key, entries in kept.items() if len(entries) == 1}
        self._take(at_one, rows)
        at_many = {key: rows[key].get(_EXECUTIONS) for key in kept if key not in at_one}
        fitted = fit_rows(at_many, kept, partial(self._room.find_bounds, _EXECUTIONS, {}))
        spread = {key: fitted.get(key) or kept[key] for key in at_many}
        self._take(spread, rows)
        return at_one | spread

    def _take(self, weights: Laid, rows: Mapping[str, Growth]) -> None:
        for measure in MEASURES:
            self._room.take(measure, _lay(weights, rows, measure))

    def _find_sight(self, growth: Growth) -> Sight:
        """What this interval's polls and records told of a shape."""
        known, _ = self.lessons.find_fresh(growth.statement, growth.operation)
        runs = self.lessons.find_runs(growth.statement, growth.operation)
        return Sight(growth=growth, known=known, runs=runs)

    def _find_doubts(
        self, growths: Sequence[Growth], seen: Laid, witnessed: Mapping[str, Laid]
    ) -> dict[str, Doubt]:
        """What is left of each shape, with its seeds; of those that nobody was seen running the rare ones together."""
        places = self._room.find_places()
        doubts, unseen = dict[str, Doubt](), list[Growth]()
        for growth in growths:
            found, laid = seen[growth.key], self._laid.get(growth.key, {})
            if not found:
                unseen.append(growth)
                continue
            part = find_part(growth, witnessed[_EXECUTIONS].get(growth.key, {}))
            _, untold = self.lessons.find_fresh(growth.statement, growth.operation)
            # What this interval showed is laid; the rest is as it was before, where it could stay unseen.
            before = _weigh(found, _SEEN_BELIEVED, laid if part < _WITNESSED_PART else {})
            hidden = {entry: amount * untold.get(entry, 1.0) for entry, amount in before.items()}
            seeds = hidden if any(hidden.values()) else before
            laid_now = {measure: sum(witnessed[measure].get(growth.key, {}).values()) for measure in MEASURES}
            doubts[growth.key] = Doubt(growths=(growth,), seeds=seeds, laid=laid_now)
        often = sorted(unseen, key=lambda growth: growth.get(_EXECUTIONS), reverse=True)
        rare = dict[str, list[Growth]]()
        for place, growth in enumerate(often):
            marked = ",".join(sorted(self._matcher.find_marked(growth.statement)))
            name = growth.key if place < _FITTED_ALONE else f"rare {growth.operation} {marked}"
            rare.setdefault(name, []).append(growth)
        for name, together in rare.items():
            laid = _sharpen(self._laid.get(name, {}))
            seeds = _weigh(self._suppose(together[0], places), _SUPPOSED_BELIEVED, laid)
            doubts[name] = Doubt(growths=tuple(together), seeds=seeds, supposed=True)
        return doubts

    def _feed(self, doubts: Mapping[str, Doubt]) -> dict[str, Doubt]:
        """The shapes with seeds also where nobody was seen running them, at places whose counts nothing explains."""
        seeds = {name: doubt.seeds for name, doubt in doubts.items()}
        fitted = fit_measure(_EXECUTIONS, doubts, seeds, self._room)
        hungry = self._room.find_hungry(fitted)
        if not hungry:
            return dict(doubts)
        return {
            name: replace(
                doubt,
                seeds=_add(fill(self._suppose(doubt.growths[0], hungry), _FED_BELIEVED), doubt.seeds),
            )
            for name, doubt in doubts.items()
        }

    def _suppose(self, growth: Growth, places: Mapping[Place, float]) -> dict[Entry, float]:
        """Every place with room for this kind of statement; for a marked shape those where its marker counts."""
        marked = self._matcher.find_marked(growth.statement)
        found = {}
        for place, room in places.items():
            if place.operation is growth.operation:
                attribution = self._matcher.match(place.account, place.host, None, growth.statement)
                found[self.lessons.suppose(attribution, place)] = room
        return {entry: room for entry, room in found.items() if entry.integration in marked} or found

    def _remember(self, shared: Laid) -> None:
        for key, entries in shared.items():
            laid = self._laid.get(key, {})
            self._laid[key] = {
                entry: laid.get(entry, 0.0) * _FADING + entries.get(entry, 0.0) for entry in laid | entries
            }
            self._laid.move_to_end(key)
            if len(self._laid) > _SHAPES_REMEMBERED:
                self._laid.popitem(last=False)

    def _make_shares(
        self, rows: Mapping[str, Growth], amounts: Mapping[str, Laid], seen: Laid, certain: Iterable[str]
    ) -> Shares:
        queries = dict[tuple[str, str, str], QueryAmount]()
        by_entry = dict[Entry, float]()
        exact = frozenset(certain)
        for key, entries in amounts[_EXECUTIONS].items():
            for entry, executions in entries.items():
                by_entry[entry] = by_entry.get(entry, 0.0) + executions
                amount = self._add_query(queries, rows[key], entry, amounts, is_certain=key in exact)
                amount.supposed = amount.supposed and entry not in seen[key]
        seconds = sum(growth.get(_SECONDS) for growth in rows.values())
        laid_seconds = sum(sum(entries.values()) for entries in amounts[_SECONDS].values())
        return Shares(
            queries=tuple(queries.values()),
            executions=by_entry,
            seconds=seconds,
            unattributed_seconds=max(0.0, seconds - laid_seconds),
        )

    def _add_query(
        self,
        queries: dict[tuple[str, str, str], QueryAmount],
        growth: Growth,
        entry: Entry,
        amounts: Mapping[str, Laid],
        *,
        is_certain: bool,
    ) -> QueryAmount:
        attribution, difference = self.lessons.find_attribution(entry), growth.difference
        exact = is_certain and attribution.confidence >= 1.0
        amount = queries.setdefault(
            (entry.integration, entry.place.account, growth.statement.fingerprint),
            QueryAmount(
                attribution=attribution,
                account=entry.place.account,
                statement=growth.statement,
                evidence=Evidence.COUNTED,
                supposed=True,
            ),
        )
        parts = {measure: amounts[measure].get(growth.key, {}).get(entry, 0.0) for measure in MEASURES}
        share = parts[_EXECUTIONS] / difference.executions if difference.executions else 0.0
        if not exact:
            amount.evidence = Evidence.INFERRED
        amount.executions += parts[_EXECUTIONS]
        amount.seconds += parts[_SECONDS]
        amount.rows_examined = (amount.rows_examined or 0.0) + parts[_ROWS]
        amount.rows_sent = (amount.rows_sent or 0.0) + difference.rows_sent * share
        amount.no_index_used = (amount.no_index_used or 0.0) + difference.no_index_used * share
        amount.lock_seconds = (amount.lock_seconds or 0.0) + difference.lock_seconds * share
        return amount


def _merge(growths: Iterable[Growth]) -> dict[str, Growth]:
    """One row a shape: a server may hash it in more than one way, or hold it for several databases."""
    rows = dict[str, Growth]()
    for growth in growths:
        before = rows.get(growth.key)
        rows[growth.key] = (
            growth
            if before is None
            else replace(growth, difference=before.difference.plus(growth.difference))
        )
    return rows


def _is_sole(entries: Mapping[Entry, float]) -> bool:
    """Whether one integration's account alone was seen, from whatever hosts."""
    return len({(entry.integration, entry.place.account) for entry in entries}) == 1


def _find_account(entries: Mapping[Entry, float]) -> Account:
    place = next(iter(entries)).place
    return place.account, place.operation


def _lay(weights: Laid, rows: Mapping[str, Growth], measure: str) -> Laid:
    """A measure of each shape, all of it, in proportion to its weights."""
    return {key: fill(entries, rows[key].get(measure)) for key, entries in weights.items()}


def _weigh(seen: Mapping[Entry, float], most: float, laid: Mapping[Entry, float]) -> dict[Entry, float]:
    """The seeds of a shape, from what was seen or supposed, `most` believed of it, and from what was laid before."""
    believed = fill(seen, min(sum(seen.values()), most))
    return _add(believed, fill(laid, min(sum(laid.values()), _LAID_BELIEVED)))


def _sharpen(laid: Mapping[Entry, float]) -> dict[Entry, float]:
    """A bolder guess from what was laid: alone it would converge, over hundreds of intervals (over-relaxed EM)."""
    total = sum(laid.values())
    bold = {entry: (amount / total) ** _BOLDNESS if total else 0.0 for entry, amount in laid.items()}
    return fill(bold, total)


def _join(one: Laid, other: Laid) -> Laid:
    return {key: _add(one.get(key, {}), other.get(key, {})) for key in {**one, **other}}


def _add(one: Mapping[Entry, float], other: Mapping[Entry, float]) -> dict[Entry, float]:
    return {entry: one.get(entry, 0.0) + other.get(entry, 0.0) for entry in {**one, **other}}
