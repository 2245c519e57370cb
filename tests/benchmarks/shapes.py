"""The statements of the attribution benchmark: texts with gaps for values, over the synthetic practice."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from querywatch.demo.schema import DATABASE, parse_facts
from querywatch.model import Operation
from querywatch.sql.reduce import reduce_text

# Nobody writes to these: a long read of a MyISAM table holds up its writers, and they all readers.
_READ_TABLES = (
    "claimproc", "document", "payment", "adjustment", "paysplit", "histappointment", "periomeasure", "fee",
    "benefit", "schedule", "toothinitial", "claim", "patplan", "recall", "insplan", "sheet", "statement",
    "treatplan", "disease", "procnote",
)  # fmt: skip
# A few thousand rows: a scan takes some milliseconds.
_SCANNED_TABLES = ("rxpat", "labcase", "refattach", "userod", "carrier", "task", "sheet", "proctp")
_LARGE_TYPES = {"text", "mediumtext", "longtext"}
_NUMBER_TYPES = {"bigint", "double", "float", "int", "smallint", "tinyint"}


class Gap(Enum):
    """What stands in a statement's place of a value."""

    SECONDS = auto()  # how long it shall take
    KEY = auto()  # a primary key of its table
    NUMBER = auto()
    TEXT = auto()
    RECENT = auto()  # a moment some seconds ago


Value = int | float | str


@dataclass(frozen=True, slots=True)
class Shape:
    """One statement but for its values; `%s` marks each gap."""

    text: str
    gaps: tuple[Gap, ...]
    table: str

    def fill(self, dice: random.Random, seconds: float, rows: Mapping[str, int]) -> tuple[Value, ...]:
        """Values for one execution."""
        return tuple(_pick(gap, dice, seconds, rows[self.table]) for gap in self.gaps)

    def find_fingerprint(self) -> str:
        """As querywatch names it, from the text that a client sends."""
        return reduce_text(self.text.replace("%s", "1"), ansi_quotes=False).fingerprint

    def find_operation(self) -> Operation:
        """What it does."""
        return reduce_text(self.text.replace("%s", "1"), ansi_quotes=False).operation


def _pick(gap: Gap, dice: random.Random, seconds: float, rows: int) -> Value:
    match gap:
        case Gap.SECONDS:
            return round(seconds, 4)
        case Gap.KEY:
            return dice.randint(1, rows)
        case Gap.NUMBER:
            return dice.randint(1, 9)
        case Gap.TEXT:
            return f"note {dice.randint(1, 10**9)}"
        case Gap.RECENT:
            moment = datetime.now().astimezone() - timedelta(seconds=dice.randint(5, 15))
            return moment.strftime("%Y-%m-%d %H:%M:%S")


def find_by_key(table: str, *columns: str, prefix: str = "") -> Shape:
    """One row by its primary key, in a time that is given."""
    (key,) = (column.name for column in _FACTS[table].columns if column.is_primary)
    text = f"SELECT {', '.join(columns)}, SLEEP(%s) FROM {prefix}{table} WHERE {key} = %s"
    return Shape(text, (Gap.SECONDS, Gap.KEY), table)


def find_read(number: int, *, qualified: bool = False) -> Shape:
    """A row by its key, each number another shape; a qualified one names the database for a client without."""
    table, turn = _READ_TABLES[number % len(_READ_TABLES)], number // len(_READ_TABLES)
    names = [
        column.name
        for column in _FACTS[table].columns
        if not column.is_primary and column.base_type not in _LARGE_TYPES
    ]
    second = turn + 1 + turn // len(names)
    chosen = dict.fromkeys(names[place % len(names)] for place in (turn, second, number))
    return find_by_key(table, *chosen, prefix=f"{DATABASE}." if qualified else "")


def find_scan(number: int, *, qualified: bool = False) -> Shape:
    """A whole table read for one number, which takes as long as it takes; each number another shape."""
    table, turn = _SCANNED_TABLES[number % len(_SCANNED_TABLES)], number // len(_SCANNED_TABLES)
    names = _find_numbers(table)
    place = f"{DATABASE}.{table}" if qualified else table
    text = f"SELECT COUNT(*) FROM {place} WHERE {names[turn]} <> %s AND {names[turn + 1]} <> %s"
    return Shape(text, (Gap.NUMBER, Gap.NUMBER), table)


def _find_numbers(table: str) -> list[str]:
    """Its columns of numbers, which compare with a number without a conversion."""
    columns = _FACTS[table].columns
    return [column.name for column in columns if not column.is_primary and column.base_type in _NUMBER_TYPES]


_FACTS = {table.name: table for table in parse_facts()}
