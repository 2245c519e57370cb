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
from querywatch.attribution.fit import Entry, Place, fit_rows
from querywatch.attribution.lessons import Lessons
from querywatch.attribution.match import Matcher
from querywatch.attribution.room import MEASURES, Account, Margins, Room
from querywatch.counters import Difference
from querywatch.model import Evidence, Operation, Statement

_SHAPES_REMEMBERED = 20_000
_SEEN_BELIEVED = 20.0  # executions: more sights of one shape weigh no more against what was laid
_LAID_BELIEVED = 40.0
_SUPPOSED_BELIEVED = 1.0  # where nothing was seen, but there is room
_WITNESSED_SHARE = 0.3  # of an interval's executions seen to end: they tell more than all that was before
_FADING = 0.98  # of what was laid, an interval
_BOLDNESS = 1.5
_FITTED_ALONE = 100  # shapes never seen, the most often run; the rest is fitted together
_EXECUTIONS, _SECONDS, _ROWS = MEASURES

Laid = dict[str, dict[Entry, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What one shape did in an interval. `operation` is the kind that the account's counters have it under."""

    statement: Statement
    operation: Operation
    difference: Difference

    @property
    def key(self) -> str:
        """What the ledger knows the shape by; its prepared executions are counted apart from the others."""
        return f"{self.statement.fingerprint} {self.operation}"

    def get(self, measure: str) -> float:
        """One of MEASURES."""
        return float(getattr(self.difference, measure))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubt:
    """One shape to be fitted, or several that nothing tells apart."""

    growths: tuple[Growth, ...]
    seeds: Mapping[Entry, float]

    def get(self, measure: str) -> float:
        return sum(growth.get(measure) for growth in self.growths)


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
        doubts = self._find_doubts([growth for key, growth in rows.items() if key not in whole], seen)
        shared = self._fit(self._feed(doubts))
        self._room.close()
        self.lessons.settle()
        self._remember(shared[_EXECUTIONS])
        amounts = {measure: _lay(whole, rows, measure) | shared[measure] for measure in MEASURES}
        return self._make_shares(rows, amounts, whole.keys())

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

    def _find_doubts(self, growths: Sequence[Growth], seen: Laid) -> dict[str, _Doubt]:
        """Each shape with its seeds; of those that nobody was seen running the rare ones together."""
        places = self._room.find_places()
        doubts, unseen = dict[str, _Doubt](), list[Growth]()
        for growth in growths:
            found, laid = seen[growth.key], self._laid.get(growth.key, {})
            if not found:
                unseen.append(growth)
                continue
            fresh = self.lessons.find_fresh(growth.statement, growth.operation)
            if sum(fresh.values()) >= _WITNESSED_SHARE * growth.get(_EXECUTIONS):
                seeds = _add(fresh, _fill(found, _SUPPOSED_BELIEVED))
            else:
                seeds = _weigh(found, _SEEN_BELIEVED, laid)
            doubts[growth.key] = _Doubt(growths=(growth,), seeds=seeds)
        often = sorted(unseen, key=lambda growth: growth.get(_EXECUTIONS), reverse=True)
        rare = dict[str, list[Growth]]()
        for place, growth in enumerate(often):
            marked = ",".join(sorted(self._matcher.find_marked(growth.statement)))
            name = growth.key if place < _FITTED_ALONE else f"rare {growth.operation} {marked}"
            rare.setdefault(name, []).append(growth)
        for name, together in rare.items():
            laid = _sharpen(self._laid.get(name, {}))
            seeds = _weigh(self._suppose(together[0], places), _SUPPOSED_BELIEVED, laid)
            doubts[name] = _Doubt(growths=tuple(together), seeds=seeds)
        return doubts

    def _feed(self, doubts: Mapping[str, _Doubt]) -> dict[str, _Doubt]:
        """The shapes with seeds also where nobody was seen running them, at places whose counts nothing explains."""
        fitted = self._fit_rows(_EXECUTIONS, doubts, {name: doubt.seeds for name, doubt in doubts.items()})
        hungry = self._room.find_hungry(fitted)
        if not hungry:
            return dict(doubts)
        return {
            name: replace(
                doubt,
                seeds=_add(_fill(self._suppose(doubt.growths[0], hungry), _SUPPOSED_BELIEVED), doubt.seeds),
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

    def _fit(self, doubts: Mapping[str, _Doubt]) -> dict[str, Laid]:
        """The doubtful shapes' measures, by shape and entry.

        What weighs more by its time than by its number is fitted by time, the rest by number: the margin in which
        a shape is large tells most of it.
        """
        seeds = {name: doubt.seeds for name, doubt in doubts.items()}
        slow = _find_slow(doubts)
        by_time = self._fit_rows(_SECONDS, doubts, seeds)
        laid: dict[str, Laid] = {
            _SECONDS: {name: by_time.get(name, {}) for name in slow},
            _EXECUTIONS: {
                name: _scale(by_time.get(name, {}), doubts[name], _SECONDS, _EXECUTIONS) for name in slow
            },
        }
        for measure in (_SECONDS, _EXECUTIONS):
            self._room.take(measure, laid[measure])
        quick = {name: doubt for name, doubt in doubts.items() if name not in slow}
        by_number = self._fit_rows(_EXECUTIONS, quick, seeds)
        laid[_EXECUTIONS].update(by_number)
        laid[_SECONDS].update(
            {
                name: _scale(entries, doubts[name], _EXECUTIONS, _SECONDS)
                for name, entries in by_number.items()
            }
        )
        laid[_ROWS] = self._fit_rows(_ROWS, doubts, laid[_EXECUTIONS])
        for measure in MEASURES:
            self._room.take(measure, laid[measure] if measure != _EXECUTIONS else by_number)
        return {measure: _part(doubts, laid[measure], measure) for measure in MEASURES}

    def _time(self, quick: Mapping[str, _Doubt], by_number: Laid, doubts: Mapping[str, _Doubt]) -> Laid:
        """The time of shapes that were laid by their number: as that, but for as much of all the time as each is.

        The room for time tells of a shape that takes most of it that one account's runs are slower; for the others
        it holds the large ones' errors.
        """
        whole = sum(doubt.get(_SECONDS) for doubt in doubts.values())
        fitted = self._fit_rows(_SECONDS, quick, by_number)
        timed: Laid = {}
        for name, entries in by_number.items():
            trust = quick[name].get(_SECONDS) / whole if whole else 0.0
            even = _scale(entries, quick[name], _EXECUTIONS, _SECONDS)
            timed[name] = {
                entry: trust * fitted.get(name, {}).get(entry, 0.0) + (1.0 - trust) * even.get(entry, 0.0)
                for entry in entries
            }
        return timed

    def _fit_rows(
        self, measure: str, doubts: Mapping[str, _Doubt], seeds: Mapping[str, Mapping[Entry, float]]
    ) -> Laid:
        """These shapes within the room that is left of a measure."""
        amounts = {name: doubt.get(measure) for name, doubt in doubts.items()}
        asked = dict[Operation, float]()
        for name, doubt in doubts.items():
            operation = doubt.growths[0].operation
            asked[operation] = asked.get(operation, 0.0) + amounts[name]
        fill = self._room.find_fill(measure, asked)
        return fit_rows(amounts, seeds, partial(self._room.find_bounds, measure, fill))

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
        self, rows: Mapping[str, Growth], amounts: Mapping[str, Laid], certain: Iterable[str]
    ) -> Shares:
        queries = dict[tuple[str, str, str], QueryAmount]()
        by_entry = dict[Entry, float]()
        exact = frozenset(certain)
        for key, entries in amounts[_EXECUTIONS].items():
            for entry, executions in entries.items():
                by_entry[entry] = by_entry.get(entry, 0.0) + executions
                self._add_query(queries, rows[key], entry, amounts, is_certain=key in exact)
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
    ) -> None:
        attribution, difference = self.lessons.find_attribution(entry), growth.difference
        exact = is_certain and attribution.confidence >= 1.0
        amount = queries.setdefault(
            (entry.integration, entry.place.account, growth.statement.fingerprint),
            QueryAmount(
                attribution=attribution,
                account=entry.place.account,
                statement=growth.statement,
                evidence=Evidence.COUNTED,
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


def _find_slow(doubts: Mapping[str, _Doubt]) -> frozenset[str]:
    """The shapes whose part of all the time is larger than that of all executions."""
    seconds = sum(doubt.get(_SECONDS) for doubt in doubts.values())
    executions = sum(doubt.get(_EXECUTIONS) for doubt in doubts.values())
    return frozenset(
        name
        for name, doubt in doubts.items()
        if doubt.get(_SECONDS) * executions > doubt.get(_EXECUTIONS) * seconds
    )


def _scale(entries: Mapping[Entry, float], doubt: _Doubt, given: str, wanted: str) -> dict[Entry, float]:
    """One measure of a shape in the proportions in which another was laid, as much of it as of the other."""
    laid, whole = sum(entries.values()), doubt.get(given)
    return _fill(entries, doubt.get(wanted) * min(1.0, laid / whole)) if laid and whole else {}


def _lay(weights: Laid, rows: Mapping[str, Growth], measure: str) -> Laid:
    """A measure of each shape, all of it, in proportion to its weights."""
    return {key: _fill(entries, rows[key].get(measure)) for key, entries in weights.items()}


def _part(doubts: Mapping[str, _Doubt], laid: Laid, measure: str) -> Laid:
    """What was laid to shapes together, to each of them as much as it has of it."""
    parts: Laid = {}
    for name, entries in laid.items():
        total = doubts[name].get(measure)
        for growth in doubts[name].growths:
            share = growth.get(measure) / total if total else 0.0
            parts[growth.key] = {entry: amount * share for entry, amount in entries.items()}
    return parts


def _fill(entries: Mapping[Entry, float], amount: float) -> dict[Entry, float]:
    """The amount over the entries, in their proportion."""
    total = sum(entries.values())
    if not total:
        return dict.fromkeys(entries, amount / len(entries)) if entries else {}
    return {entry: amount * (part / total) for entry, part in entries.items()}


def _weigh(seen: Mapping[Entry, float], most: float, laid: Mapping[Entry, float]) -> dict[Entry, float]:
    """The seeds of a shape, from what was seen or supposed, `most` believed of it, and from what was laid before."""
    believed = _fill(seen, min(sum(seen.values()), most))
    return _add(believed, _fill(laid, min(sum(laid.values()), _LAID_BELIEVED)))


def _sharpen(laid: Mapping[Entry, float]) -> dict[Entry, float]:
    """A bolder guess from what was laid: alone it would converge, over hundreds of intervals (over-relaxed EM)."""
    total = sum(laid.values())
    bold = {entry: (amount / total) ** _BOLDNESS if total else 0.0 for entry, amount in laid.items()}
    return _fill(bold, total)


def _add(one: Mapping[Entry, float], other: Mapping[Entry, float]) -> dict[Entry, float]:
    return {entry: one.get(entry, 0.0) + other.get(entry, 0.0) for entry in {**one, **other}}
