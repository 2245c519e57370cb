"""Fits the shapes that no single account is known to run into the room that is left, measure by measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from querywatch.attribution.fit import Entry, fit_rows
from querywatch.attribution.room import MEASURES, Room
from querywatch.counters import Difference
from querywatch.model import Operation, Statement

_EXECUTIONS, _SECONDS, _ROWS = MEASURES
_SLIVER = 0.5  # of an execution

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
class Doubt:
    """One shape to be fitted, or several that nothing tells apart, with the entries that may have run it."""

    growths: tuple[Growth, ...]
    seeds: Mapping[Entry, float]
    supposed: bool = False  # nobody was seen running it
    laid: Mapping[str, float] = field(default_factory=dict)  # of each measure, what was witnessed

    def get(self, measure: str) -> float:
        """One of MEASURES, of all of them, as far as nobody witnessed it."""
        whole = sum(growth.get(measure) for growth in self.growths)
        return max(0.0, whole - self.laid.get(measure, 0.0))


def fit_doubts(doubts: Mapping[str, Doubt], room: Room) -> dict[str, Laid]:
    """Measure -> shape -> entry -> amount; takes the room.

    What weighs more by its time than by its number is fitted by time, the rest by number: the margin in which a
    shape is large tells most of it.
    """
    seeds = {name: doubt.seeds for name, doubt in doubts.items()}
    slow = _find_slow(doubts)
    by_time = fit_measure(_SECONDS, doubts, seeds, room)
    slow_time = {name: by_time.get(name, {}) for name in slow}
    slow_number = {
        name: _scale(entries, doubts[name], _SECONDS, _EXECUTIONS) for name, entries in slow_time.items()
    }
    room.take(_SECONDS, slow_time)
    room.take(_EXECUTIONS, slow_number)
    quick = {name: doubt for name, doubt in doubts.items() if name not in slow}
    quick_number = fit_measure(_EXECUTIONS, quick, seeds, room)
    quick_time = _time(quick, quick_number, doubts, room)
    room.take(_EXECUTIONS, quick_number)
    room.take(_SECONDS, quick_time)
    executions = slow_number | quick_number
    rows = fit_measure(_ROWS, doubts, executions, room)
    room.take(_ROWS, rows)
    laid = {_EXECUTIONS: executions, _SECONDS: slow_time | quick_time, _ROWS: rows}
    return _part(doubts, laid)


def fit_measure(
    measure: str, doubts: Mapping[str, Doubt], seeds: Mapping[str, Mapping[Entry, float]], room: Room
) -> Laid:
    """One measure of these shapes within the room that is left of it."""
    amounts = {name: doubt.get(measure) for name, doubt in doubts.items()}
    asked = dict[Operation, float]()
    for name, doubt in doubts.items():
        operation = doubt.growths[0].operation
        asked[operation] = asked.get(operation, 0.0) + amounts[name]
    filled = room.find_fill(measure, asked)
    return fit_rows(amounts, seeds, partial(room.find_bounds, measure, filled))


def fill(entries: Mapping[Entry, float], amount: float) -> dict[Entry, float]:
    """The amount over the entries, in their proportion."""
    total = sum(entries.values())
    if not total:
        return dict.fromkeys(entries, amount / len(entries)) if entries else {}
    return {entry: amount * (part / total) for entry, part in entries.items()}


def _time(quick: Mapping[str, Doubt], by_number: Laid, doubts: Mapping[str, Doubt], room: Room) -> Laid:
    """The time of shapes that were laid by their number: as that, but for as much of all the time as each is.

    The room for time tells of a shape that takes most of it that one account's runs are slower; for the others
    it holds the large ones' errors.
    """
    whole = sum(doubt.get(_SECONDS) for doubt in doubts.values())
    fitted = fit_measure(_SECONDS, quick, by_number, room)
    timed: Laid = {}
    for name, entries in by_number.items():
        trust = quick[name].get(_SECONDS) / whole if whole else 0.0
        even = _scale(entries, quick[name], _EXECUTIONS, _SECONDS)
        timed[name] = {
            entry: trust * fitted.get(name, {}).get(entry, 0.0) + (1.0 - trust) * even.get(entry, 0.0)
            for entry in entries
        }
    return timed


def _find_slow(doubts: Mapping[str, Doubt]) -> frozenset[str]:
    """The shapes whose part of all the time is larger than that of all executions."""
    seconds = sum(doubt.get(_SECONDS) for doubt in doubts.values())
    executions = sum(doubt.get(_EXECUTIONS) for doubt in doubts.values())
    return frozenset(
        name
        for name, doubt in doubts.items()
        if doubt.get(_SECONDS) * executions > doubt.get(_EXECUTIONS) * seconds
    )


def _scale(entries: Mapping[Entry, float], doubt: Doubt, given: str, wanted: str) -> dict[Entry, float]:
    """One measure of a shape in the proportions in which another was laid, as much of it as of the other."""
    laid, whole = sum(entries.values()), doubt.get(given)
    return fill(entries, doubt.get(wanted) * min(1.0, laid / whole)) if laid and whole else {}


def _part(doubts: Mapping[str, Doubt], laid: Mapping[str, Laid]) -> dict[str, Laid]:
    """Measure -> shape -> entry -> amount: what was laid to several shapes together, to each of them."""
    parts: dict[str, Laid] = {measure: {} for measure in MEASURES}
    for name, doubt in doubts.items():
        entries = laid[_EXECUTIONS].get(name, {})
        if not doubt.supposed:
            for measure in MEASURES:
                parts[measure][doubt.growths[0].key] = laid[measure].get(name, {})
            continue
        for key, dealt in _deal(doubt.growths, entries).items():
            parts[_EXECUTIONS][key] = dealt
        for growth in doubt.growths:
            dealt = parts[_EXECUTIONS].get(growth.key, {})
            part = sum(dealt.values()) / growth.get(_EXECUTIONS) if dealt else 0.0
            for measure in (_SECONDS, _ROWS):
                parts[measure][growth.key] = fill(dealt, growth.get(measure) * min(1.0, part))
    return parts


def _deal(growths: Sequence[Growth], entries: Mapping[Entry, float]) -> Laid:
    """The executions of shapes that nobody was seen running over their entries in turn: each to few of them.

    A little of each shape at every account would be true of none.
    """
    dealt: Laid = {}
    whole = sum(growth.get(_EXECUTIONS) for growth in growths)
    found = min(1.0, sum(entries.values()) / whole) if whole else 0.0
    waiting = sorted(entries.items(), key=lambda item: item[1])
    for growth in sorted(growths, key=lambda growth: growth.get(_EXECUTIONS), reverse=True):
        left, parts = growth.get(_EXECUTIONS) * found, dict[Entry, float]()
        while waiting and left > 0:
            entry, room = waiting.pop()
            taken = min(left, room)
            parts[entry] = parts.get(entry, 0.0) + taken
            left -= taken
            if room - taken > _SLIVER:
                waiting.append((entry, room - taken))
        kept = {entry: amount for entry, amount in parts.items() if amount >= _SLIVER} or parts
        dealt[growth.key] = fill(kept, sum(parts.values()))
    return dealt
