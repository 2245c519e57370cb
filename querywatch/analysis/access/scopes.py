"""Which names a query sees, and what they stand for."""

from dataclasses import dataclass, field

from querywatch.analysis.access.blocks import Block, Column, Instance, Unknown
from querywatch.sql.outline import Node


@dataclass(eq=False, slots=True, kw_only=True)
class Entry:
    """One alias of a FROM: a table or derived table (`instance`), or a query that was merged (`columns`)."""

    alias: str
    instance: Instance | None = None
    columns: dict[str, Node] | None = None

    def find_names(self) -> tuple[str, ...] | None:
        """All its columns, in order; None where the schema does not know them."""
        if self.columns is not None:
            return tuple(self.columns)
        instance = self.instance
        if instance is None or (instance.table is None and instance.derived is None):
            return None
        return tuple(
            instance.derived.selected
            if instance.derived
            else instance.table.columns
            if instance.table
            else ()
        )

    def find(self, name: str) -> Node:
        """What the name stands for, given that it is one of its columns."""
        if self.columns is not None:
            return self.columns.get(name, Unknown())
        if self.instance is None:
            return Unknown()
        self.instance.used.add(name)
        return Column(self.instance, name)


@dataclass(eq=False, slots=True, kw_only=True)
class Scope:
    """The entries of one query, in order, and the query around it."""

    block: Block
    parent: "Scope | None" = None
    entries: list[Entry] = field(default_factory=list)
    aliases: dict[str, Node] = field(default_factory=dict)  # of the select list

    def resolve(self, name: str, qualifier: str) -> Node:
        """What the name stands for here, or in the queries around; those between then depend on it."""
        scope: Scope | None = self
        passed: list[Block] = []
        while scope is not None:
            entry = scope.find_entry(name, qualifier)
            if entry is not None:
                found = entry.find(name)
                if isinstance(found, Column):
                    for block in passed:
                        block.outer.add(found.instance)
                return found
            passed.append(scope.block)
            scope = scope.parent
        return Unknown()

    def find_entry(self, name: str, qualifier: str) -> Entry | None:
        """The entry whose column it is; one that nothing is known of only when no other has it."""
        if qualifier:
            return next((entry for entry in self.entries if entry.alias == qualifier), None)
        open_entries = []
        for entry in self.entries:
            names = entry.find_names()
            if names is None:
                open_entries.append(entry)
            elif name in names:
                return entry
        return open_entries[0] if len(open_entries) == 1 else None
