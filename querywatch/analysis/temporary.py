"""Tells writes to temporary tables, which end with their session, from writes to the practice's tables."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from querywatch.attribution.amounts import AccountAmount, QueryAmount, make_tally
from querywatch.attribution.doubts import Growth
from querywatch.model import Evidence, Operation, Schema, Statement

_ACCOUNTS_REMEMBERED = 1_000
_NAMES_REMEMBERED = 2_000  # software that numbers its tables has no end of them
_FILLING = (Operation.INSERT, Operation.REPLACE)  # what they write to comes first, what they read behind it
_CHANGING = (Operation.UPDATE, Operation.DELETE)
# CREATE TABLE is not among them: beside a temporary table, a lasting one may have the same name.
_DEFINITIONS = ("ALTER TABLE", "DROP TABLE", "TRUNCATE")
_KNOWN = frozenset(
    {Evidence.COUNTED, Evidence.SAMPLED}
)  # a share that was worked out may be another account's
_ROUNDING = 0.5

_Owner = tuple[str, str]  # integration and account


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What is left of the writes of one kind once those to temporary tables are taken out.

    `perhaps_temporary`: not every statement was seen, and those that were do nothing to a lasting table.
    """

    done: float
    refused: float
    perhaps_temporary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    """What all accounts together wrote, by the kind that the accounts' counters have it under."""

    temporary: defaultdict[Operation, float] = field(default_factory=make_tally)
    lasting: defaultdict[Operation, float] = field(default_factory=make_tally)


class TemporaryTables:
    """Remembers which tables are temporary, and what was written to them.

    Two things tell that a write was to one: the account was seen to run it, or the server counted fewer writes
    to lasting tables, over all accounts, than this account alone has of that kind.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[str, None] = OrderedDict()
        self._defines: OrderedDict[_Owner, set[bool]] = (
            OrderedDict()
        )  # whether its DDL was of temporary tables
        self._own = defaultdict[_Owner, defaultdict[Operation, float]](make_tally)
        self._intervals: tuple[_Interval | None, _Interval | None] = (None, None)

    def learn(
        self, queries: Iterable[QueryAmount], wrote: Iterable[Growth] | None, schema: Schema | None
    ) -> None:
        """Takes what the accounts ran in one interval, and all shapes that wrote, whoever ran them."""
        written = [query for query in queries if query.statement.operation.is_write]
        growths = None if wrote is None else list(wrote)
        for each in (*written, *(growths or ())):
            self._note_names(each.statement)
        self._own.clear()
        for query in written:
            self._learn_owner(query, schema)
        latest = None if growths is None else self._sum(growths, schema)
        self._intervals = (self._intervals[1], latest)

    def take(self, amount: AccountAmount, operation: Operation) -> Remainder:
        """What is left of an account's writes of a kind; what is taken is taken once."""
        owner = (amount.attribution.integration.name, amount.account)
        done = amount.writes_done[operation]
        # Where the server tells kinds apart a kind is its own; USER_STATISTICS, which has no host, does not.
        kinds = tuple(Operation) if amount.host is None else (operation,)
        left = done
        for kind in kinds:
            taken = min(left, self._own[owner][kind])
            self._own[owner][kind] -= taken
            left -= taken
        left = max(0.0, min(left, done - self._find_certain(done, operation)))
        left = 0.0 if left < min(_ROUNDING, done) else left
        only = operation is Operation.DDL and self._defines.get(owner) == {True}
        return Remainder(
            done=left, refused=amount.writes_refused[operation], perhaps_temporary=left > 0 and only
        )

    def is_temporary(self, statement: Statement, schema: Schema | None) -> bool:
        """Whether the statement changes no table that outlasts its session, as far as names tell."""
        if statement.temporary:
            return True
        written = _find_written(statement)
        if schema is None or not written or not all(name in self._names for name in written):
            return False
        return {name for _, name in schema.tables}.isdisjoint(written)

    def _find_certain(self, done: float, operation: Operation) -> float:
        """How many of so many writes must have been to temporary tables.

        The interval before counts too: accounts and shapes are not read at one moment.
        """
        before, latest = self._intervals
        if before is None or latest is None:
            return 0.0
        lasting = before.lasting[operation] + latest.lasting[operation]
        temporary = before.temporary[operation] + latest.temporary[operation]
        return min(max(0.0, done - lasting), temporary)

    def _sum(self, growths: Iterable[Growth], schema: Schema | None) -> _Interval:
        interval = _Interval()
        for growth in growths:
            temporary = self.is_temporary(growth.statement, schema)
            part = interval.temporary if temporary else interval.lasting
            part[growth.operation] += growth.difference.executions
        return interval

    def _learn_owner(self, query: QueryAmount, schema: Schema | None) -> None:
        owner, operation = (query.integration.name, query.account), query.statement.operation
        temporary = self.is_temporary(query.statement, schema)
        if operation is Operation.DDL:
            self._defines.setdefault(owner, set()).add(temporary)
            self._defines.move_to_end(owner)
            if len(self._defines) > _ACCOUNTS_REMEMBERED:
                self._defines.popitem(last=False)
        if temporary and query.evidence in _KNOWN:
            self._own[owner][operation] += query.executions

    def _note_names(self, statement: Statement) -> None:
        if not statement.temporary:
            return
        for name in statement.tables[:1]:
            self._names[name] = None
            self._names.move_to_end(name)
            if len(self._names) > _NAMES_REMEMBERED:
                self._names.popitem(last=False)


def _find_written(statement: Statement) -> tuple[str, ...]:
    """The tables that the statement may change."""
    if statement.operation in _FILLING:
        return statement.tables[:1]
    if statement.operation in _CHANGING or statement.shape.startswith(_DEFINITIONS):
        return statement.tables
    return ()
