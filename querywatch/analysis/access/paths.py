"""The ways to read one table, and what its conditions ask of it."""

from dataclasses import dataclass

from querywatch.analysis.access.blocks import Instance
from querywatch.analysis.access.uses import Choice, Use
from querywatch.model import Index, Table
from querywatch.sql.reading import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way to read a table: the rows of one reading, and its cost."""

    access: Access
    rows: float
    cost: float
    index: str | None = None
    columns: int = 0  # of the index, that serve


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the conditions ask of one instance."""

    instance: Instance
    uses: tuple[Use, ...]
    choices: tuple[Choice, ...] = ()
    needed: frozenset[Instance] = frozenset()  # those whose values it may be looked up by

    @property
    def table(self) -> Table | None:
        """The schema's."""
        return self.instance.table


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When a table is read: what has been read before, and of which of those one row only."""

    placed: frozenset[Instance] = frozenset()
    fixed: frozenset[Instance] = frozenset()
    seek_cost: float = 0.0  # of a look-up, beside that of its rows

    def is_ready(self, use: Use) -> bool:
        """Whether the value is there."""
        return use.needs <= self.placed

    def is_constant(self, use: Use) -> bool:
        """Whether the value is there before anything is read."""
        return not use.outer and use.needs <= self.fixed


def find_indexes(instance: Instance) -> list[Index]:
    """Those that the hints leave."""
    table = instance.table
    if table is None:
        return []
    wanted = [hint.indexes for hint in instance.hints if hint.kind in {"USE", "FORCE"}]
    spurned = {name for hint in instance.hints if hint.kind == "IGNORE" for name in hint.indexes}
    allowed = {name for names in wanted for name in names}
    return [
        index
        for index in table.indexes
        if index.name.casefold() not in spurned and (not wanted or index.name.casefold() in allowed)
    ]


def is_forced(instance: Instance) -> bool:
    """Whether a hint makes the server prefer any index to a scan."""
    return any(hint.kind == "FORCE" for hint in instance.hints)
