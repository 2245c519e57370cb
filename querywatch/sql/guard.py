"""Writes out anew the SELECTs that a server may safely be asked to EXPLAIN, and refuses all others.

EXPLAIN is no reading: servers run derived tables and stored functions for it. So nothing is passed on as it came.
What is sent is written here, token by token, in a small language that cannot do harm: one SELECT over named tables,
every name in backticks and every table with its database, operators and functions from closed lists, plain literals.
Where a text may be read in two ways (a backslash, a double quote, a comment, a character set), it is refused.
"""

# ruff: noqa: SIM905 -- lists of words read better as words than as quoted strings

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from querywatch.sql.vocabulary import KEYWORDS

_MAX_CHARACTERS = 20_000
_MAX_TOKENS = 2_000
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<word>[A-Za-z_][A-Za-z0-9_]*)
       |`(?P<name>[A-Za-z0-9_][A-Za-z0-9_ ]*)`
       |(?P<number>\d+(?:\.\d+)?)(?![\w.$])
       |(?P<string>'[ !#-&(-\[\]-~]*')(?!['"])
       |(?P<symbol><=>|<=|>=|<>|!=|[(),.=<>+*/%-])
       |(?P<end>;?[ \t\r\n]*\Z)
    )""",
    re.VERBOSE,
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ ]*")
_WORDS = frozenset(
    """
    SELECT DISTINCT FROM WHERE GROUP ORDER BY HAVING LIMIT OFFSET ASC DESC AS ON USING JOIN INNER
    LEFT RIGHT OUTER CROSS STRAIGHT_JOIN AND OR NOT XOR IN IS NULL TRUE FALSE LIKE BETWEEN REGEXP
    RLIKE DIV MOD CASE WHEN THEN ELSE END INTERVAL
    """.split()
)
# Built in, on every supported server, and harmless: they read their arguments and the clock, and nothing else.
_FUNCTIONS = frozenset(
    """
    ABS AVG CEIL CEILING CHAR_LENGTH COALESCE CONCAT CONCAT_WS COUNT CRC32 CURDATE DATE DATEDIFF
    DATE_ADD DATE_FORMAT DATE_SUB DAY DAYOFMONTH DAYOFWEEK FIELD FIND_IN_SET FLOOR GREATEST
    GROUP_CONCAT HOUR IF IFNULL INSTR ISNULL LCASE LEAST LEFT LENGTH LOCATE LOWER LPAD LTRIM MAX MD5
    MIN MINUTE MOD MONTH NOW NULLIF REPLACE REVERSE RIGHT ROUND RPAD RTRIM SECOND SUBSTR SUBSTRING
    SUM TO_DAYS TRIM TRUNCATE UCASE UNIX_TIMESTAMP UPPER WEEK WEEKDAY YEAR
    """.split()
)
_UNITS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
_ENDS_OF_TABLES = frozenset({"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT"})
_BRING_TABLES = frozenset({"FROM", "JOIN", "STRAIGHT_JOIN"})
_RESERVED = KEYWORDS | _WORDS
_COMMENTS = (("-", "-"), ("/", "*"))  # what a comment begins with; a sign before a sign goes with them
_LITERALS = frozenset({"number", "string"})

Token = tuple[str, str]  # (kind, text)


@dataclass(frozen=True, slots=True)
class GuardedSelect:
    """A SELECT that this module wrote. It holds literals: it goes to its own server, and nowhere else."""

    text: str = field(repr=False)


def guard_select(
    text: str, *, database: str | None, tables: Collection[tuple[str, str]]
) -> GuardedSelect | None:
    """The same SELECT, as it may be explained; None where it is anything else.

    `tables` are the practice's (database, table), folded, without its views, which may call anything; `database` is
    the one that the session has chosen.
    """
    tokens = _parse_tokens(text)
    if tokens is None or tokens[0] != ("word", "SELECT"):
        return None
    try:
        written = list(_Writer(tokens, database, tables).write())
    except _RefusedError:
        return None
    return GuardedSelect(" ".join(written))


class _RefusedError(Exception):
    """A token that does not belong."""


def _parse_tokens(text: str) -> Sequence[Token] | None:
    """(kind, text) of each token, words that mean something in upper case; None where one is not plain."""
    if len(text) > _MAX_CHARACTERS:
        return None
    tokens = list[Token]()
    place = 0
    while found := _TOKEN.match(text, place):
        kind = found.lastgroup or ""
        if kind == "end":
            return tokens or None
        tokens.append(_fold(kind, found[kind]))
        place = found.end()
        if len(tokens) > _MAX_TOKENS:
            break
    return None


def _fold(kind: str, text: str) -> Token:
    return (kind, text.upper()) if kind == "word" and text.upper() in _RESERVED else (kind, text)


class _Writer:
    def __init__(
        self, tokens: Sequence[Token], database: str | None, tables: Collection[tuple[str, str]]
    ) -> None:
        self._tokens = tokens
        self._database = database
        self._tables = tables
        self._place = 0
        self._depth = 0
        self._seen_from = self._in_tables = self._awaits_table = False

    def write(self) -> Iterator[str]:
        """The tokens as they may be sent; raises `_RefusedError` at the first that may not."""
        while self._place < len(self._tokens):
            yield self._write_next()
        if self._depth or not self._seen_from or self._awaits_table:
            raise _RefusedError

    def _look(self, offset: int) -> Token:
        place = self._place + offset
        return self._tokens[place] if 0 <= place < len(self._tokens) else ("", "")

    def _write_next(self) -> str:
        kind, text = self._look(0)
        if self._awaits_table:
            return self._write_table()
        if kind in _LITERALS:
            written = self._write_literal(text)
        elif kind == "symbol":
            written = self._write_symbol(text)
        elif kind == "word" and self._look(1) == ("symbol", "(") and text.upper() in _FUNCTIONS:
            return self._write_function(text.upper())
        elif kind == "word" and text in _WORDS:
            written = self._write_word(text)
        elif kind == "word" and text.upper() in _UNITS and self._is_unit():
            written = text.upper()
        else:
            written = self._write_name(kind, text)
        self._place += 1
        return written

    def _write_literal(self, text: str) -> str:
        if self._look(-1)[0] in {"name", *_LITERALS} or self._is_plain_name(-1):
            raise _RefusedError  # a character set's or a type's name, an alias, a text in two parts
        return text

    def _write_symbol(self, text: str) -> str:
        self._depth += (text == "(") - (text == ")")
        if self._depth < 0 or (text == "." and not (self._names(-1) and self._names(1))):
            raise _RefusedError
        if (text, self._look(1)[1]) in _COMMENTS:
            raise _RefusedError
        if text == "," and self._in_tables and not self._depth:
            self._awaits_table = True
        return text

    def _write_function(self, name: str) -> str:
        """With its parenthesis: a space between them would let some of these names mean a stored function."""
        if self._look(-1) == ("symbol", "."):
            raise _RefusedError
        self._place += 2
        self._depth += 1
        return f"{name}("

    def _write_word(self, word: str) -> str:
        if word == "SELECT" and self._place:
            raise _RefusedError
        if word == "FROM":
            if self._seen_from or self._depth:
                raise _RefusedError
            self._seen_from = self._in_tables = True
        if word in _BRING_TABLES:
            if not self._in_tables or self._depth:
                raise _RefusedError
            self._awaits_table = True
        if word in _ENDS_OF_TABLES and not self._depth:
            self._in_tables = False
        return word

    def _is_unit(self) -> bool:
        return self._look(-2) == ("word", "INTERVAL") and self._look(-1)[0] in _LITERALS

    def _write_name(self, kind: str, text: str) -> str:
        if not self._names(0) or self._look(1) == ("symbol", "("):
            raise _RefusedError
        return f"`{text}`" if kind else text

    def _write_table(self) -> str:
        if not self._names(0):
            raise _RefusedError
        name, length, database = self._look(0)[1], 1, self._database
        if self._look(1) == ("symbol", ".") and self._names(2):
            database, name, length = name, self._look(2)[1], 3
        following = self._look(length)
        if database is None or following in {("symbol", "."), ("symbol", "(")}:
            raise _RefusedError
        if (database.casefold(), name.casefold()) not in self._tables or not _PLAIN_NAME.fullmatch(database):
            raise _RefusedError
        self._place += length
        self._awaits_table = False
        return f"`{database}`.`{name}`"

    def _names(self, offset: int) -> bool:
        return self._look(offset)[0] == "name" or self._is_plain_name(offset)

    def _is_plain_name(self, offset: int) -> bool:
        kind, text = self._look(offset)
        return kind == "word" and text.upper() not in _RESERVED
