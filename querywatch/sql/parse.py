"""Parses a shape with sqlglot, within bounds, and hands out what it found as querywatch's own values.

No literal ever enters the parser. Its trees stay within the modules `parse*`, its messages within this one.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import SqlglotError

from querywatch.model import Operation
from querywatch.sql.lexer import parse_tokens
from querywatch.sql.operation import find_operation
from querywatch.sql.outline import Outline
from querywatch.sql.parse_outline import find_outline
from querywatch.sql.parse_terms import SLOT_PREFIX
from querywatch.sql.shape import CUT_MARK, find_shape, render_shape
from querywatch.sql.words import Slot

logging.getLogger("sqlglot").setLevel(logging.CRITICAL + 1)

# Measured over thirty kinds of hostile text (sqlglot 30.30, compiled): at 4,000 words no parse took more than
# 90 ms, and nesting that exhausts Python's recursion limit ends in an error after as long at the most.
_MAX_WORDS = 4_000
_MAX_CHARACTERS = 60_000
_MAX_DEPTH = 100

_DIALECT = MySQL()
_KNOWN_STATEMENTS = (
    *(exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable),
    *(exp.Set, exp.Show, exp.Use, exp.Kill, exp.Describe, exp.Commit, exp.Rollback, exp.Transaction),
)
# They say nothing about indexes, and sqlglot knows them in one order only.
_SELECT_MODIFIERS = frozenset(
    {"HIGH_PRIORITY", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT", "SQL_CALC_FOUND_ROWS", "SQL_NO_CACHE"}
    | {"SQL_SMALL_RESULT"}
)


def parse_shape(shape: str) -> Outline | None:
    """What a shape comes to; None when it does not parse, or is too much to try.

    There are shapes that keep sqlglot busy for ever: where a poll waits, `service.parsing` asks instead.
    """
    lexed = parse_tokens(shape, ansi_quotes=False, no_backslash_escapes=True)
    return _parse_words(find_shape(lexed.tokens, cut=lexed.broken))


def _parse_words(words: Sequence[str]) -> Outline | None:
    if len(words) > _MAX_WORDS or words[-1:] == (CUT_MARK,) or _find_depth(words) > _MAX_DEPTH:
        return None
    kind = find_operation(tuple(words))
    numbered = [_spell_slot(word) for word in _find_parser_words(_number_slots(words))]
    # Where a literal's type stands before it, sqlglot wants the literal itself.
    return _parse_text(render_shape(numbered), kind) or _parse_text(
        render_shape(list(_find_parser_words(words))), kind
    )


def _parse_text(text: str, kind: Operation) -> Outline | None:
    if len(text) > _MAX_CHARACTERS:
        return None
    try:
        tree = _parse(text)
        return None if tree is None else find_outline(tree, kind)
    except (SqlglotError, RecursionError, ValueError, TypeError, LookupError, AttributeError):
        # Builders of single functions trip over arguments that the shape no longer has.
        return None


def _number_slots(words: Iterable[str]) -> list[str]:
    places = count()
    return [Slot(word, next(places)) if word == "?" else word for word in words]


def _spell_slot(word: str) -> str:
    """A variable of its own for each `?`, so that each can be told from the others."""
    return f"@{SLOT_PREFIX}{word.place}" if isinstance(word, Slot) else word


def _parse(text: str) -> exp.Expr | None:
    # Functions are not held to their number of arguments, since a shape folds lists; the rest still counts.
    parser = _DIALECT.parser(error_level=ErrorLevel.IGNORE)
    trees = parser.parse(_DIALECT.tokenize(text), text)
    if parser.errors or len(trees) != 1 or not isinstance(trees[0], _KNOWN_STATEMENTS):
        return None
    return trees[0]


def _find_depth(words: Sequence[str]) -> int:
    depth = deepest = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        deepest = max(deepest, depth)
    return deepest


def _find_parser_words(words: Sequence[str]) -> Iterator[str]:
    """The shape in the words that sqlglot knows: without aliases that were literals, REPLACE as INSERT."""
    before = ""
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if (word == "AS" and following == "?") or (word == "?" and before == "AS"):
            pass
        elif word in _SELECT_MODIFIERS:
            continue
        elif word == "REPLACE" and place == 0:
            yield "INSERT"
        elif word == "IF" and following == "(":
            yield "COALESCE"
        elif word.upper() == "VALUE" and following == "(" and before in {")", "`"}:
            yield "VALUES"
        else:
            yield word
        before = word
