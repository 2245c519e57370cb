"""Where the optimisers of different servers differ, as far as it decides what is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """One server's; by default MySQL's."""

    weighs_filters: bool = True  # conditions that no index serves count in the order of a join
    groups_by_index: bool = True  # for GROUP BY it reads rows by way of an index rather than sort them
    turns_exists: bool = True  # EXISTS is IN to it
    # In readings of a page:
    seek_cost: float = 0.0  # of a look-up beside that of its rows, where they may be many
    kept_row_cost: float = 0.15  # to put a row into a table in memory, or to find it there
    merges_derived: bool = True  # a derived table that groups nothing is part of the query around it
    pushes_into_derived: bool = True  # a derived table is asked for no more than the statement wants of it
    pushes_implied: bool = True  # also what follows but from conditions taken together
