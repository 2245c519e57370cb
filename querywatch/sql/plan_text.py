"""Reads the rows of EXPLAIN in its table form, of which only words from a closed list and known names are kept.

The columns are those of the manuals' "EXPLAIN Output Format". They hold no condition; `table` may hold an alias,
which may be anything, and is turned into the table it stands for.
"""

from collections.abc import Mapping

from querywatch.plan import PlanAccess, PlanRow
from querywatch.sql.lexer import parse_tokens
from querywatch.sql.shape import find_shape
from querywatch.sql.tables import find_labels

_ACCESS = {
    "all": PlanAccess.SCAN,
    "hash_all": PlanAccess.SCAN,
    "index": PlanAccess.INDEX_SCAN,
    "hash_index": PlanAccess.INDEX_SCAN,
    "range": PlanAccess.RANGE,
    "hash_range": PlanAccess.RANGE,
    "index_merge": PlanAccess.RANGE,
    "ref": PlanAccess.REF,
    "ref_or_null": PlanAccess.REF,
    "eq_ref": PlanAccess.REF,
    "fulltext": PlanAccess.REF,
    "unique_subquery": PlanAccess.REF,
    "index_subquery": PlanAccess.REF,
    "const": PlanAccess.CONST,
    "system": PlanAccess.CONST,
}
_DECIDED_EACH_TIME = "range checked for each record"


def parse_labels(shape: str) -> Mapping[str, str]:
    """What a plan of the shape may call its tables, folded -> the table, folded."""
    lexed = parse_tokens(shape, ansi_quotes=False, no_backslash_escapes=True)
    return find_labels(find_shape(lexed.tokens, cut=lexed.broken))


def parse_plan_row(
    table: object, kind: object, key: object, rows: object, extra: object, *, labels: Mapping[str, str]
) -> PlanRow | None:
    """One row of the plan; None for one that reaches no table. `key` is believed to be the name of an index."""
    if kind is None:
        return None
    words = str(extra or "").casefold()
    # MariaDB writes a second index, which thins out what the first one finds, behind a bar: 'ref|filter'.
    access = _ACCESS.get(str(kind).casefold().partition("|")[0], PlanAccess.UNKNOWN)
    return PlanRow(
        table=labels.get(str(table).casefold()),
        access=PlanAccess.UNKNOWN if _DECIDED_EACH_TIME in words else access,
        key=None if key is None else str(key).casefold().partition("|")[0],
        rows=int(rows) if isinstance(rows, int) else None,
        filesort="using filesort" in words,
        temporary="using temporary" in words,
    )
