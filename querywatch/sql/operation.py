"""Says from a shape's first words what the statement does, whether or not it parses."""

from collections.abc import Sequence

from querywatch.model import Operation

_FIRST_WORDS = {
    "ALTER": Operation.DDL,
    "CALL": Operation.CALL,
    "CREATE": Operation.DDL,
    "DELETE": Operation.DELETE,
    "DROP": Operation.DDL,
    "EXECUTE": Operation.PREPARED,
    "GRANT": Operation.DDL,
    "INSERT": Operation.INSERT,
    "LOAD": Operation.INSERT,
    "RENAME": Operation.DDL,
    "REPLACE": Operation.REPLACE,
    "REVOKE": Operation.DDL,
    "SELECT": Operation.SELECT,
    "SET": Operation.SET,
    "TABLE": Operation.SELECT,
    "TRUNCATE": Operation.DDL,
    "UPDATE": Operation.UPDATE,
    "VALUES": Operation.SELECT,
}
# What may follow a common table expression, MariaDB's ANALYZE, or its SET STATEMENT ... FOR.
_INNER_WORDS = frozenset({"DELETE", "INSERT", "REPLACE", "SELECT", "UPDATE"})


def find_operation(words: Sequence[str]) -> Operation:
    """What the shape does; of several statements behind one another, the first that writes counts."""
    found = [_find_single(statement) for statement in _split(words)]
    writes = [operation for operation in found if operation.is_write]
    return (writes or found or [Operation.OTHER])[0]


def is_temporary(words: Sequence[str]) -> bool:
    """Whether all that the shape writes is to create or drop temporary tables."""
    writes = [statement for statement in _split(words) if _find_single(statement).is_write]
    return bool(writes) and all(_defines_temporary(statement) for statement in writes)


def _defines_temporary(words: Sequence[str]) -> bool:
    """CREATE [OR REPLACE] TEMPORARY TABLE, DROP TEMPORARY TABLE."""
    place = 3 if tuple(words[:3]) == ("CREATE", "OR", "REPLACE") else 1
    return tuple(words[place : place + 2]) == ("TEMPORARY", "TABLE") and words[0] in {"CREATE", "DROP"}


def _split(words: Sequence[str]) -> list[Sequence[str]]:
    ends = [place for place, word in enumerate(words) if word == ";"]
    starts = [0, *(end + 1 for end in ends)]
    return [words[start:end] for start, end in zip(starts, [*ends, len(words)], strict=True)]


def _find_single(words: Sequence[str]) -> Operation:
    first = next((word for word in words if word != "("), "")
    if first == "WITH" or (first == "SET" and words[1:2] == ("statement",)):
        return _FIRST_WORDS[_find_outer_word(words)] if _find_outer_word(words) else Operation.OTHER
    if tuple(words[:3]) == ("BEGIN", "NOT", "atomic"):
        return Operation.CALL  # MariaDB's routine without a name
    if first == "ANALYZE":
        inner = next((word for word in words[1:5] if word in _INNER_WORDS), "")
        return _FIRST_WORDS.get(inner, Operation.OTHER)
    return _FIRST_WORDS.get(first, Operation.OTHER)


def _find_outer_word(words: Sequence[str]) -> str:
    depth = 0
    for word in words:
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif depth <= 0 and word in _INNER_WORDS:
            return word
    return ""
