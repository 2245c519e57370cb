"""The only way a shape leaves the process: with nothing in it but the schema's own names and the language."""

from collections.abc import Iterable
from itertools import count

from querywatch.model import Schema
from querywatch.sql.lexer import parse_tokens
from querywatch.sql.shape import CUT_MARK, find_shape, render_shape
from querywatch.sql.vocabulary import CLAUSE_WORDS, FUNCTIONS, KEYWORDS

_SERVER_DATABASES = frozenset({"information_schema", "mysql", "performance_schema", "sys"})


def render_outward(shape: str, known: frozenset[str]) -> str:
    """The shape with every name that is not in `known` as id1, id2, ... in order of appearance.

    `known` holds folded names. Keywords and built-in functions stay; applying it again changes nothing.
    """
    lexed = parse_tokens(shape, ansi_quotes=False, no_backslash_escapes=True)
    words = find_shape(lexed.tokens, cut=lexed.broken)
    numbers: dict[str, str] = {}
    free = (f"id{number}" for number in count(1) if f"id{number}" not in known)
    shown = []
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if _is_name(word) and not _may_be_shown(word, following, known):
            if word not in numbers:
                numbers[word] = next(free)
            shown.append(numbers[word])
        else:
            shown.append(word)
    return render_shape(shown)


def known_names(schema: Schema | None, extra: Iterable[str] = ()) -> frozenset[str]:
    """The names that may be shown: the databases, tables, columns and indexes of the schema, and `extra`."""
    names = set(_SERVER_DATABASES) | set(extra)
    for table in schema.tables.values() if schema is not None else ():
        names |= {table.database, table.name, *table.columns, *(index.name for index in table.indexes)}
    return frozenset(name.casefold() for name in names)


def shorten(text: str, limit: int = 300) -> str:
    """At most `limit` characters, an ellipsis last where some were left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _is_name(word: str) -> bool:
    first = word[0]
    return first in "`_$" or first.isalnum() or not first.isascii()


def _may_be_shown(word: str, following: str, known: frozenset[str]) -> bool:
    if word[0] == "`":
        return word[1:-1].replace("``", "`") in known
    if word in KEYWORDS or word == CUT_MARK or word.casefold() in known:
        return True
    return word.upper() in CLAUSE_WORDS or (following == "(" and word in FUNCTIONS)
