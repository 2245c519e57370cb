"""Remembers the server's own plan of each shape, and notices when a later one goes another way."""

from collections import OrderedDict, deque
from collections.abc import Mapping

from querywatch.plan import Plan, PlanAccess

_SHAPES_KEPT = 2_000
_READ_BEFORE_SECONDS = 300.0  # a plan is read while the run lasts, by which it is noticed after it
_PLANS_KEPT = 4  # of one shape, each unlike the one before
_WAYS = {
    PlanAccess.SCAN: "reads {table} whole",
    PlanAccess.INDEX_SCAN: "reads the whole index {key} of {table}",
}
_BY_INDEX = "reaches {table} by the index {key}"
_OTHERWISE = "reaches {table} another way"

_Way = tuple[PlanAccess, str | None]


class PlanBook:
    """One server's. Plans are only ever shown of what runs for long: of most shapes there is none."""

    def __init__(self) -> None:
        self._read: OrderedDict[str, deque[tuple[float, dict[str, _Way]]]] = OrderedDict()

    def note(self, plans: Mapping[str, Plan]) -> None:
        """Takes the latest plans, by fingerprint."""
        for fingerprint, plan in plans.items():
            read, ways = self._read.setdefault(fingerprint, deque(maxlen=_PLANS_KEPT)), _find_ways(plan)
            if not read or read[-1][1] != ways:
                read.append((plan.read_at, ways))
            self._read.move_to_end(fingerprint)
        while len(self._read) > _SHAPES_KEPT:
            self._read.popitem(last=False)

    def find_change(self, fingerprint: str, since: float) -> str:
        """What a plan that was read since then does otherwise than the one before, in words; '': none is known to."""
        read, since = self._read.get(fingerprint, ()), since - _READ_BEFORE_SECONDS
        before = [ways for read_at, ways in read if read_at < since]
        after = [ways for read_at, ways in read if read_at >= since]
        if not before or not after:
            return ""
        changed = [table for table, way in after[-1].items() if before[-1].get(table, way) != way]
        return "; ".join(
            f"the server {_say(table, after[-1][table])}, where it {_say_before(before[-1][table])}"
            for table in changed
        )


def _find_ways(plan: Plan) -> dict[str, _Way]:
    return {row.table: (row.access, row.key) for row in plan.rows if row.table is not None}


def _say(table: str, way: _Way) -> str:
    access, key = way
    words = _WAYS.get(access, _BY_INDEX if key else _OTHERWISE)
    return words.format(table=table, key=key)


def _say_before(way: _Way) -> str:
    access, key = way
    if access is PlanAccess.SCAN:
        return "read it whole"
    return f"used the index {key}" if key else "reached it otherwise"
