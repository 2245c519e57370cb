"""Lays the growth of the server's digests to integrations: shapes by accounts, so that both margins add up.

The server's counters name accounts or shapes, never both; what was sampled and what the server wrote down names
both. A shape seen from one place alone is laid there whole. One seen from several is shared out by what was seen
and by the room that the accounts' own counters leave (`fit`); one never seen goes where room is left. What was
laid is remembered, so that places whose counts rise and fall with a shape come to have it. What finds no room is
the residual.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, TypeVar

from querywatch.attribution.amounts import QueryAmount
from querywatch.attribution.fit import Entry, Place, fit_rows
from querywatch.attribution.match import Matcher
from querywatch.attribution.room import MEASURES, Margins, Room
from querywatch.counters import Difference
from querywatch.model import Attribution, Evidence, Operation, Statement

Remembered = TypeVar("Remembered")

_SHAPES_REMEMBERED = 20_000
_SIGHTS_BELIEVED = 20.0  # more sights of one shape weigh no more against what was laid
_LAID_BELIEVED = 40.0
_FADING = 0.98  # of what was laid, an interval
_BOLDNESS = 1.5
_SHARED_ONE_BY_ONE = 100  # shapes never seen, the most often run; the rest is shared out together
_TOGETHER = "together"

_SIGHTS_ENOUGH = 10.0  # of one shape, for polls to tell better than records who runs it how often

Pair = tuple[str, str, str]  # integration, account, host
Laid = dict[str, dict[Entry, float]]


class _Seen(NamedTuple):
    sighted: float
    recorded: float


_UNSEEN = _Seen(0.0, 0.0)


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
    """Remembers which integrations were seen running which shape, and what was laid to them."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._seen: OrderedDict[str, dict[Pair, _Seen]] = OrderedDict()
        self._laid: OrderedDict[str, dict[Entry, float]] = OrderedDict()
        self._attributions: dict[Pair, Attribution] = {}
        self._room = Room()

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
        """Remembers that so many executions of a shape were seen in a session that is this integration's.

        Less than none where that turned out to be wrong.

        `sighted` by polls, which see an execution with a chance that its duration gives; `recorded` by the server,
        which writes down the last few of each session, however many there are.
        """
        pair = (attribution.integration.name, account, host)
        self._attributions[pair] = attribution
        seen = self._seen.setdefault(statement.fingerprint, {})
        before = seen.get(pair, _UNSEEN)
        after = _Seen(before.sighted + sighted, before.recorded + recorded)
        if after.sighted > 0 or after.recorded > 0:
            seen[pair] = after
        else:
            seen.pop(pair, None)
        _keep_newest(self._seen, statement.fingerprint)

    def find_attribution(self, integration: str, place: Place) -> Attribution:
        """Why an integration that shapes were laid to is at work at a place."""
        return self._attributions[integration, place.account, place.host]

    def share(self, growths: Sequence[Growth], margins: Margins | None) -> Shares:
        """Each shape's growth, laid to the integrations; without margins by what was seen alone."""
        rows = _merge(growths)
        self._room.open(margins)
        laid, certain = self._lay_executions(rows)
        amounts = {"executions": laid} | {
            measure: self._lay_measure(measure, rows, laid, certain) for measure in MEASURES[1:]
        }
        self._room.close()
        return self._make_shares(rows, amounts, certain)

    def _lay_executions(self, rows: Mapping[str, Growth]) -> tuple[Laid, frozenset[str]]:
        """(what was laid, the keys of those laid whole)."""
        executions = {key: growth.difference.executions for key, growth in rows.items()}
        seen = {key: self._find_seen(growth) for key, growth in rows.items()}
        whole = self._lay_whole(
            executions, {key: entries for key, entries in seen.items() if _is_sole(entries)}
        )
        doubtful = {key: executions[key] for key in rows if key not in whole and seen[key]}
        shared = fit_rows(
            doubtful,
            {key: _believe(seen[key], self._laid.get(key, {})) for key in doubtful},
            partial(self._room.find_limits, "executions"),
        )
        self._room.take("executions", shared)
        left = {key: executions[key] - sum(shared.get(key, {}).values()) for key in rows if key not in whole}
        shared = _add(
            shared, self._lay_unseen(rows, {key: rest for key, rest in left.items() if rest > 1e-9})
        )
        self._remember(shared)
        return whole | shared, frozenset(whole)

    def _lay_whole(self, executions: Mapping[str, float], seen: Mapping[str, Mapping[Entry, float]]) -> Laid:
        """The shapes that one integration's account alone was seen running: to it, over the hosts it comes from.

        Unless its counters hold fewer than that: then somebody else runs some of them, unseen.
        """
        asked = dict[tuple[str, Operation], float]()
        for key, entries in seen.items():
            place = next(iter(entries)).place
            asked[place.account, place.operation] = (
                asked.get((place.account, place.operation), 0.0) + executions[key]
            )
        crowded = self._room.find_crowded(asked)
        kept = {
            key: entries
            for key, entries in seen.items()
            if (next(iter(entries)).place.account, next(iter(entries)).place.operation) not in crowded
        }
        whole: Laid = {
            key: {next(iter(entries)): executions[key]} for key, entries in kept.items() if len(entries) == 1
        }
        self._room.take("executions", whole)
        spread = {key: executions[key] for key, entries in kept.items() if len(entries) > 1}
        shared = fit_rows(spread, kept, partial(self._room.find_limits, "executions"))
        shared = {key: _fill(shared.get(key) or kept[key], amount) for key, amount in spread.items()}
        self._room.take("executions", shared)
        return whole | shared

    def _lay_unseen(self, rows: Mapping[str, Growth], left: Mapping[str, float]) -> Laid:
        """What no session was seen running, to the places that have room for it."""
        places = self._room.find_places()
        often = sorted(left, key=left.__getitem__, reverse=True)
        alone, together = often[:_SHARED_ONE_BY_ONE], dict[str, list[str]]()
        for key in often[_SHARED_ONE_BY_ONE:]:
            growth = rows[key]
            marked = ",".join(sorted(self._matcher.find_marked(growth.statement)))
            together.setdefault(f"{_TOGETHER} {growth.operation} {marked}", []).append(key)
        amounts = {key: left[key] for key in alone}
        amounts |= {name: sum(left[key] for key in keys) for name, keys in together.items()}
        seeds = {
            key: self._find_candidates(rows[together.get(key, [key])[0]], places, self._laid.get(key, {}))
            for key in amounts
        }
        shared = fit_rows(amounts, seeds, partial(self._room.find_limits, "executions"))
        self._room.take("executions", shared)
        for name, keys in together.items():
            entries = shared.pop(name, {})
            for key in keys:
                shared[key] = {entry: part * left[key] / amounts[name] for entry, part in entries.items()}
        return shared

    def _find_candidates(
        self, growth: Growth, places: Mapping[Place, float], laid: Mapping[Entry, float]
    ) -> dict[Entry, float]:
        """Every place with room for this kind of statement; for a marked shape those where its marker counts."""
        marked = self._matcher.find_marked(growth.statement)
        found = {}
        for place, room in places.items():
            if place.operation is growth.operation:
                attribution = self._matcher.match(place.account, place.host, None, growth.statement)
                entry = Entry(attribution.integration.name, place)
                self._attributions.setdefault((entry.integration, place.account, place.host), attribution)
                found[entry] = room
        of_marker = {entry: room for entry, room in found.items() if entry.integration in marked}
        return _believe(of_marker or found, _sharpen(laid), sights_believed=1.0)

    def _find_seen(self, growth: Growth) -> dict[Entry, float]:
        """The shape's entries by how often each was seen: by polls, and as long as those saw few, by the records."""
        seen = self._seen.get(growth.statement.fingerprint, {})
        sighted, recorded = (sum(part) for part in zip(*seen.values(), strict=True)) if seen else (0.0, 0.0)
        weight = max(1.0, _SIGHTS_ENOUGH - sighted) / recorded if recorded else 0.0
        return {
            Entry(integration, Place(account, host, growth.operation)): each.sighted + weight * each.recorded
            for (integration, account, host), each in seen.items()
        }

    def _lay_measure(
        self, measure: str, rows: Mapping[str, Growth], executions: Laid, certain: frozenset[str]
    ) -> Laid:
        """Time or rows: whole where the executions were, else as they were, within the places' own room."""
        amounts = {key: float(getattr(rows[key].difference, measure)) for key in executions}
        whole: Laid = {key: _fill(executions[key], amounts[key]) for key in certain}
        self._room.take(measure, whole)
        doubtful = {key: amount for key, amount in amounts.items() if key not in certain}
        shared = fit_rows(doubtful, executions, partial(self._room.find_limits, measure))
        self._room.take(measure, shared)
        return whole | shared

    def _remember(self, shared: Laid) -> None:
        for key, entries in shared.items():
            laid = self._laid.get(key, {})
            self._laid[key] = {
                entry: laid.get(entry, 0.0) * _FADING + entries.get(entry, 0.0) for entry in laid | entries
            }
            _keep_newest(self._laid, key)

    def _make_shares(
        self, rows: Mapping[str, Growth], amounts: Mapping[str, Laid], certain: frozenset[str]
    ) -> Shares:
        queries = dict[tuple[str, str, str], QueryAmount]()
        by_entry = dict[Entry, float]()
        for key, entries in amounts["executions"].items():
            for entry, executions in entries.items():
                by_entry[entry] = by_entry.get(entry, 0.0) + executions
                self._add_query(queries, rows[key], entry, amounts, is_certain=key in certain)
        seconds = sum(growth.difference.seconds for growth in rows.values())
        laid_seconds = sum(sum(entries.values()) for entries in amounts["seconds"].values())
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
        place, difference = entry.place, growth.difference
        attribution = self._attributions[entry.integration, place.account, place.host]
        exact = is_certain and attribution.confidence >= 1.0
        amount = QueryAmount(
            attribution=attribution,
            account=place.account,
            statement=growth.statement,
            evidence=Evidence.COUNTED if exact else Evidence.INFERRED,
        )
        amount = queries.setdefault((entry.integration, place.account, growth.statement.fingerprint), amount)
        parts = {measure: amounts[measure].get(growth.key, {}).get(entry, 0.0) for measure in MEASURES}
        share = parts["executions"] / difference.executions if difference.executions else 0.0
        if not exact:
            amount.evidence = Evidence.INFERRED
        amount.executions += parts["executions"]
        amount.seconds += parts["seconds"]
        amount.rows_examined = (amount.rows_examined or 0.0) + parts["rows_examined"]
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
            else Growth(
                statement=growth.statement,
                operation=growth.operation,
                difference=before.difference.plus(growth.difference),
            )
        )
    return rows


def _is_sole(entries: Mapping[Entry, float]) -> bool:
    """Whether one integration's account alone was seen, from whatever hosts."""
    return len({(entry.integration, entry.place.account) for entry in entries}) == 1


def _fill(entries: Mapping[Entry, float], amount: float) -> dict[Entry, float]:
    """The amount over the entries, in their proportion."""
    total = sum(entries.values())
    if not total:
        return dict.fromkeys(entries, amount / len(entries))
    return {entry: amount * (part / total) for entry, part in entries.items()}


def _believe(
    seen: Mapping[Entry, float], laid: Mapping[Entry, float], *, sights_believed: float = _SIGHTS_BELIEVED
) -> dict[Entry, float]:
    """The weights of a shape's entries, from what was seen of it and what was laid before."""
    weights = dict[Entry, float]()
    for source, most in ((seen, sights_believed), (laid, _LAID_BELIEVED)):
        total = sum(source.values())
        for entry, weight in source.items():
            weights[entry] = weights.get(entry, 0.0) + (min(total, most) * weight / total if total else 0.0)
    return weights


def _sharpen(laid: Mapping[Entry, float]) -> dict[Entry, float]:
    """A bolder guess from what was laid: alone it would converge, over hundreds of intervals (over-relaxed EM)."""
    total = sum(laid.values())
    bold = {entry: (amount / total) ** _BOLDNESS if total else 0.0 for entry, amount in laid.items()}
    return _fill(bold, total) if bold else {}


def _add(one: Laid, other: Laid) -> Laid:
    sums = {key: dict(entries) for key, entries in one.items()}
    for key, entries in other.items():
        mine = sums.setdefault(key, {})
        for entry, amount in entries.items():
            mine[entry] = mine.get(entry, 0.0) + amount
    return sums


def _keep_newest(remembered: "OrderedDict[str, Remembered]", key: str) -> None:
    remembered.move_to_end(key)
    if len(remembered) > _SHAPES_REMEMBERED:
        remembered.popitem(last=False)
