"""Reduces SQL text to statements without literals, and remembers the shapes it has seen."""

import re
from bisect import bisect_left, insort
from collections import Counter, OrderedDict
from dataclasses import replace
from hashlib import blake2b

from querywatch.model import Operation, Statement
from querywatch.sql.fingerprint import find_fingerprint
from querywatch.sql.hints import Hints, find_common_hints, find_hints
from querywatch.sql.lexer import ModesFrom, Token, TokenKind, parse_tokens
from querywatch.sql.operation import find_operation, is_temporary
from querywatch.sql.shape import CUT_MARK, find_shape, render_shape
from querywatch.sql.skeleton import find_skeleton
from querywatch.sql.tables import find_tables

# MySQL 9 shows a prepared statement's execution as EXECUTE and the statement itself.
_PREPARED_STATEMENTS = frozenset(
    {
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "REPLACE",
        "WITH",
        "CALL",
        "SET",
        "(",
        "CREATE",
        "DROP",
        "TRUNCATE",
    }
)
_STATEMENT_OVERHEAD_BYTES = 1_000
_TEXTS_COMPARED = (
    32  # of one shape, for what their literals have in common: it takes as long as reducing them
)
_KIN_TRIED = 50  # of the shapes that begin like a cut one; it is the beginning of one, or of none
# How a server stores a digest (sql/sql_digest.h): two bytes a token, and for a name its length and itself. The
# first token that finds no room ends it, without a mark.
_DIGEST_TOKENS = re.compile(r"`([^`]*+)`|\((?:\?|\.\.\.)\)(?: /\* , \.\.\. \*/)?|\?, \.\.\.|[^\s`]++")
# MySQL doubles no backtick within a name: behind one, the rest of the name stands bare. What the server itself
# writes bare has no lower case but in a system variable, and a space or the end behind every name (measured on
# all supported servers).
_DIGEST_AS_WRITTEN = re.compile(r"(?>(?:[^`a-z@]++|@@\w++|@|`[^`]*+(?>(?:``[^`]*+)*)`(?=\s|\Z))*)")
_DIGEST_TOKEN_BYTES = 2
_LARGEST_TOKEN_BYTES = 2 * _DIGEST_TOKEN_BYTES + 64
DEFAULT_MAX_DIGEST_BYTES = 1_024


def reduce_text(
    text: str,
    *,
    ansi_quotes: bool | None = None,
    no_backslash_escapes: bool | None = None,
    cut: bool = False,
) -> Statement:
    """The statement that a client sent, parsed; `cut` when the text is known to go on past its end.

    Never raises, but some shapes keep the parser busy for ever: a `StatementBook` reduces without it. None for one
    of the sql_modes is "not known", and then nothing is read in a way that could show a literal.
    """
    return _parse(
        _read_text(text, ansi_quotes=ansi_quotes, no_backslash_escapes=no_backslash_escapes, cut=cut)
    )


def reduce_digest(text: str, *, max_digest_bytes: int = DEFAULT_MAX_DIGEST_BYTES) -> Statement:
    """The statement of a server's DIGEST_TEXT, parsed; never raises.

    A digest that leaves no room for one more name within the server's `max_digest_length` counts as cut.
    """
    return _parse(_read_digest(text, max_digest_bytes))


def _read_text(
    text: str,
    *,
    ansi_quotes: bool | None,
    no_backslash_escapes: bool | None,
    modes_from: ModesFrom = ModesFrom.SESSION,
    cut: bool,
) -> tuple[str, ...]:
    lexed = parse_tokens(
        text,
        ansi_quotes=ansi_quotes,
        no_backslash_escapes=no_backslash_escapes,
        modes_from=modes_from,
        cut=cut,
    )
    tokens = lexed.tokens
    cut = cut or lexed.broken
    if cut and tokens and _touches_end(text, tokens[-1]):
        tokens = tokens[:-1]
    return _unwrap(find_shape(tokens, cut=cut))


def _touches_end(text: str, last: Token) -> bool:
    """Whether the last word may be the first half of a longer one."""
    return last.kind is TokenKind.WORD and text.endswith(last.text)


def _read_digest(text: str, max_digest_bytes: int) -> tuple[str, ...]:
    cut = (
        len(text) > max_digest_bytes // 2
        and _find_digest_bytes(text) > max_digest_bytes - _LARGEST_TOKEN_BYTES
    )
    # MariaDB has no name for binary and hexadecimal literals; all show a charset introducer as (_charset).
    text = text.replace("(unknown)", "?").replace("(_charset)", "")
    written = _DIGEST_AS_WRITTEN.match(text)
    if written is not None and written.end() < len(text):
        text, cut = text[: written.end()], True
    lexed = parse_tokens(text, ansi_quotes=False, no_backslash_escapes=True)
    return _unwrap(find_shape(lexed.tokens, cut=cut or lexed.broken, digest=True))


def _find_digest_bytes(text: str) -> int:
    found = _DIGEST_TOKENS.finditer(text)
    return sum(
        _DIGEST_TOKEN_BYTES
        + (_DIGEST_TOKEN_BYTES + len(name.encode("utf-8", "replace")) if name is not None else 0)
        for name in (match[1] for match in found)
    )


def _unwrap(words: tuple[str, ...]) -> tuple[str, ...]:
    is_prepared = words[:1] == ("EXECUTE",) and words[1:2] and words[1] in _PREPARED_STATEMENTS
    return words[1:] if is_prepared else words


def _build(words: tuple[str, ...], shape: str) -> Statement:
    """The statement, not parsed."""
    return Statement(
        fingerprint=find_fingerprint(shape),
        shape=shape,
        operation=find_operation(words),
        tables=find_tables(words),
        cut=words[-1:] == (CUT_MARK,),
        temporary=is_temporary(words),
    )


def _parse(words: tuple[str, ...]) -> Statement:
    # sqlglot takes as much memory as all the rest, which a process that only reduces is spared.
    from querywatch.sql.parse import parse_shape  # noqa: PLC0415

    shape = render_shape(words)
    return replace(_build(words, shape), outline=parse_shape(shape))


class _Recent:
    """The statements used last, within a number of entries and of bytes."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[str | bytes, Statement] = OrderedDict()

    def find(self, key: str | bytes) -> Statement | None:
        statement = self._entries.get(key)
        if statement is not None:
            self._entries.move_to_end(key)
        return statement

    def add(self, key: str | bytes, statement: Statement) -> list[Statement]:
        """What had to go."""
        self._entries[key] = statement
        self._bytes += _cost(statement)
        gone = []
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= _cost(oldest)
            gone.append(oldest)
        return gone

    def renew(self, key: str | bytes, statement: Statement) -> None:
        """Another one of the same size for a known key."""
        self._entries[key] = statement

    def __len__(self) -> int:
        return len(self._entries)


def _cost(statement: Statement) -> int:
    return len(statement.shape) + _STATEMENT_OVERHEAD_BYTES


class StatementBook:
    """Reduces text, each new one once, and gives a cut shape the full one it is the beginning of.

    Nothing is parsed here, so that no text takes long: `outline` stays None. The book keeps no text, only hashes of
    it, and belongs to one thread at a time. `ansi_quotes` and `no_backslash_escapes` are the sql_modes, None is
    "not known", and `modes_from` says whose they are; `max_digest_bytes` is the server's max_digest_length.
    """

    def __init__(
        self,
        *,
        max_entries: int = 10_000,
        max_bytes: int = 32_000_000,
        modes_from: ModesFrom = ModesFrom.SESSION,
    ) -> None:
        self._modes_from = modes_from
        self.ansi_quotes: bool | None = None
        self.no_backslash_escapes: bool | None = None
        self.max_digest_bytes = DEFAULT_MAX_DIGEST_BYTES
        self._by_text = _Recent(max_entries, max_bytes)
        self._by_shape = _Recent(max_entries, max_bytes)
        self._full: dict[tuple[Operation, tuple[str, ...]], list[Statement]] = {}  # sorted by `_fold`
        self._compared = Counter[str]()  # texts, by shape

    def from_text(self, text: str, *, cut: bool = False) -> Statement:
        """The statement that a client sent (`PROCESSLIST.INFO`, a slow log, a file)."""
        key = _hash(f"{self.ansi_quotes}{self.no_backslash_escapes}{cut}", text)
        statement = self._by_text.find(key)
        if statement is None:
            statement = self._match_skeleton(text, cut=cut)
            self._by_text.add(key, statement)
        return self._match(statement)

    def _match_skeleton(self, text: str, *, cut: bool) -> Statement:
        """The statement of which all but the literals may be known."""
        skeleton = None if cut else find_skeleton(text)
        key = _hash("skeleton", text if skeleton is None else skeleton)
        statement = None if skeleton is None else self._by_text.find(key)
        if statement is not None:
            return statement
        words = _read_text(
            text,
            ansi_quotes=self.ansi_quotes,
            no_backslash_escapes=self.no_backslash_escapes,
            modes_from=self._modes_from,
            cut=cut,
        )
        statement = self._find_by_shape(words, text)
        if skeleton is not None:
            self._by_text.add(key, statement)
        return statement

    def from_digest(self, text: str) -> Statement:
        """The statement of a server's DIGEST_TEXT."""
        key = _hash(f"digest {self.max_digest_bytes}", text)
        statement = self._by_text.find(key)
        if statement is None:
            statement = self._find_by_shape(_read_digest(text, self.max_digest_bytes))
            self._by_text.add(key, statement)
        return self._match(statement)

    def _find_by_shape(self, words: tuple[str, ...], text: str = "") -> Statement:
        shape = render_shape(words)
        statement = self._by_shape.find(shape)
        if statement is None:
            statement = replace(_build(words, shape), hints=self._find_hints(words, text))
            if not statement.cut:
                insort(self._full.setdefault(_find_kind(statement), []), statement, key=_fold)
            for gone in self._by_shape.add(shape, statement):
                self._forget(gone)
        elif text and self._compared[shape] < _TEXTS_COMPARED:
            self._compared[shape] += 1
            hints = find_common_hints(statement.hints, self._find_hints(words, text))
            if hints is not statement.hints:
                statement = replace(statement, hints=hints)
                self._by_shape.renew(shape, statement)
        return statement

    def _find_hints(self, words: tuple[str, ...], text: str) -> Hints:
        """What a text of the shape tells of its literals."""
        if not text or "?" not in words or words[-1:] == (CUT_MARK,):
            return ()
        hints = find_hints(text, ansi_quotes=self.ansi_quotes, no_backslash_escapes=self.no_backslash_escapes)
        return hints if len(hints) == words.count("?") else ()

    def _forget(self, statement: Statement) -> None:
        kin = self._full.get(_find_kind(statement), [])
        place = bisect_left(kin, _fold(statement), key=_fold)
        while place < len(kin) and kin[place].shape != statement.shape:
            place += 1
        self._compared.pop(statement.shape, None)
        del kin[place : place + 1]
        if not kin:
            self._full.pop(_find_kind(statement), None)

    def _match(self, statement: Statement) -> Statement:
        if not statement.cut:
            return self._by_shape.find(statement.shape) or statement  # its hints may be others by now
        beginning = _fold(statement).removesuffix(CUT_MARK).rstrip()
        kin = self._full.get(_find_kind(statement), [])
        place = bisect_left(kin, beginning, key=_fold)
        alike = [full for full in kin[place : place + _KIN_TRIED] if _fold(full).startswith(beginning)]
        found = [full for full in alike if _ends_a_word(_fold(full), len(beginning))]
        if len(found) != 1 or len(alike) == _KIN_TRIED:
            return statement
        return self._by_shape.find(found[0].shape) or found[0]


def _hash(reading: str, text: str) -> bytes:
    return blake2b(f"{reading} {text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _find_kind(statement: Statement) -> tuple[Operation, tuple[str, ...]]:
    return (statement.operation, statement.tables)


def _fold(statement: Statement) -> str:
    return statement.shape.casefold()


def _ends_a_word(shape: str, length: int) -> bool:
    """Whether no word of the shape goes on past so many characters."""
    border = shape[length - 1 : length + 1]
    return not (len(border) == 2 and border.replace("_", "a").replace("$", "a").isalnum())
