"""Tells writes to temporary tables, which end with their session, from writes to the practice's tables."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from querywatch.attribution.amounts import AccountAmount, QueryAmount
from querywatch.model import Evidence, Operation, Schema, Statement

_ACCOUNTS_REMEMBERED = 1_000
_NAMES_REMEMBERED = 200  # of an account: one that numbers its tables has no end of them
_FILLING = (Operation.INSERT, Operation.REPLACE)  # what they write to comes first, what they read behind it
_CHANGING = (Operation.UPDATE, Operation.DELETE)
# CREATE TABLE is not among them: beside a temporary table, a lasting one may have the same name.
_DEFINITIONS = ("ALTER TABLE", "DROP TABLE", "TRUNCATE")
_KNOWN = frozenset(
    {Evidence.COUNTED, Evidence.SAMPLED}
)  # a share that was worked out may be another account's
_ROUNDING = 0.5

_Owner = tuple[str, str]  # integration and account


@dataclass(slots=True)
class _Habits:
    names: OrderedDict[str, None] = field(default_factory=OrderedDict)  # the temporary tables it makes
    defines: set[bool] = field(default_factory=set)  # of its DDL: whether it was of temporary tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What is left of the writes of one kind once those to temporary tables are taken out.

    `perhaps_temporary`: not every statement was seen, and those that were do nothing to a lasting table.
    """

    done: float
    refused: float
    perhaps_temporary: bool


class TemporaryTables:
    """Remembers the temporary tables that each account makes."""

    def __init__(self) -> None:
        self._habits: OrderedDict[_Owner, _Habits] = OrderedDict()
        self._amounts = defaultdict[_Owner, defaultdict[Operation, float]](lambda: defaultdict(float))

    def learn(self, queries: Iterable[QueryAmount], schema: Schema | None) -> None:
        """Takes what the accounts ran in one interval; what `take` takes away is of this interval."""
        self._amounts.clear()
        written = [query for query in queries if query.statement.operation.is_write]
        for query in written:
            if query.statement.temporary:
                self._note_names((query.integration.name, query.account), query.statement)
        for query in written:
            owner, statement = (query.integration.name, query.account), query.statement
            temporary = self.is_temporary(owner, statement, schema)
            if statement.operation is Operation.DDL:
                self._find_habits(owner).defines.add(temporary)
            if temporary and query.evidence in _KNOWN:
                self._amounts[owner][statement.operation] += query.executions

    def take(self, amount: AccountAmount, operation: Operation) -> Remainder:
        """What is left of an account's writes of a kind; what is taken is taken once."""
        owner = (amount.attribution.integration.name, amount.account)
        done = amount.writes_done[operation]
        # Where the server tells kinds apart a kind is its own; USER_STATISTICS, which has no host, does not.
        kinds = tuple(Operation) if amount.host is None else (operation,)
        left = done
        for kind in kinds:
            taken = min(left, self._amounts[owner][kind])
            self._amounts[owner][kind] -= taken
            left -= taken
        left = left if left >= _ROUNDING or left == done else 0.0
        only = operation is Operation.DDL and self._find_habits(owner).defines == {True}
        return Remainder(
            done=left, refused=amount.writes_refused[operation], perhaps_temporary=left > 0 and only
        )

    def is_temporary(self, owner: _Owner, statement: Statement, schema: Schema | None) -> bool:
        """Whether the statement changes no table that outlasts the session, as far as the names tell."""
        if statement.temporary:
            return True
        written = _find_written(statement)
        names = self._find_habits(owner).names
        if schema is None or not written or not all(name in names for name in written):
            return False
        lasting = {name for _, name in schema.tables}
        return lasting.isdisjoint(written)

    def _note_names(self, owner: _Owner, statement: Statement) -> None:
        names = self._find_habits(owner).names
        for name in statement.tables[:1]:
            names[name] = None
            names.move_to_end(name)
            if len(names) > _NAMES_REMEMBERED:
                names.popitem(last=False)

    def _find_habits(self, owner: _Owner) -> _Habits:
        habits = self._habits.setdefault(owner, _Habits())
        self._habits.move_to_end(owner)
        if len(self._habits) > _ACCOUNTS_REMEMBERED:
            self._habits.popitem(last=False)
        return habits


def _find_written(statement: Statement) -> tuple[str, ...]:
    """The tables that the statement may change."""
    if statement.operation in _FILLING:
        return statement.tables[:1]
    if statement.operation in _CHANGING or statement.shape.startswith(_DEFINITIONS):
        return statement.tables
    return ()
