"""Parses a shape into what its tables ask of indexes."""

from querywatch.model import TableNeed
from querywatch.sql.access import find_needs
from querywatch.sql.lexer import parse_tokens
from querywatch.sql.outline import Outline
from querywatch.sql.parse import parse_statement
from querywatch.sql.shape import find_shape

Parts = tuple[tuple[TableNeed, ...], Outline | None]


def parse_shape(shape: str) -> Parts | None:
    """One need for each time a table is named, and the statement's outline; None when it does not parse.

    There are shapes that keep sqlglot busy for ever: where a poll waits, `service.parsing` asks instead.
    """
    lexed = parse_tokens(shape, ansi_quotes=False, no_backslash_escapes=True)
    parsed = parse_statement(find_shape(lexed.tokens, cut=lexed.broken))
    return None if parsed is None else (find_needs(parsed.scopes), parsed.outline)
