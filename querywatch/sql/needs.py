"""Parses a shape into what its tables ask of indexes."""

from querywatch.model import TableNeed
from querywatch.sql.access import find_needs
from querywatch.sql.lexer import parse_tokens
from querywatch.sql.parse import parse_scopes
from querywatch.sql.shape import find_shape


def parse_needs(shape: str) -> tuple[TableNeed, ...] | None:
    """One need for each time a table is named; None when it does not parse.

    There are shapes that keep sqlglot busy for ever: where a poll waits, `service.parsing` asks instead.
    """
    lexed = parse_tokens(shape, ansi_quotes=False, no_backslash_escapes=True)
    scopes = parse_scopes(find_shape(lexed.tokens, cut=lexed.broken))
    return None if scopes is None else find_needs(scopes)
