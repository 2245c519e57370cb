"""The seven columns that every statement summary of the performance schema counts in."""

from collections.abc import Sequence
from typing import Any

from querywatch.counters import Totals
from querywatch.units import seconds_from_picoseconds


def parse_totals(columns: Sequence[Any]) -> Totals:
    """COUNT_STAR, SUM_ERRORS, SUM_TIMER_WAIT, SUM_ROWS_AFFECTED, _SENT, _EXAMINED and SUM_NO_INDEX_USED."""
    executions, errors, picoseconds, affected, sent, examined, no_index_used = columns
    return Totals(
        executions=int(executions),
        errors=int(errors),
        seconds=seconds_from_picoseconds(int(picoseconds)),
        rows_affected=int(affected),
        rows_sent=int(sent),
        rows_examined=int(examined),
        no_index_used=int(no_index_used),
    )
