"""Names the tables of a shape from its words alone, so that text which does not parse has tables too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from querywatch.sql.vocabulary import KEYWORDS

_STATEMENTS = frozenset(
    {"SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "SHOW", "EXPLAIN", "CREATE", "ALTER"}
    | {"DROP", "TRUNCATE", "RENAME", "LOCK", "GRANT", "REVOKE", "OPTIMIZE", "ANALYZE", "CHECK", "TABLE"}
)
_DEFINING = frozenset({"CREATE", "DROP", "GRANT", "REVOKE"})
_STORING = frozenset({"INSERT", "REPLACE", "LOAD"})
_SHOWN_OF_TABLES = frozenset({"columns", "INDEX", "INDEXES", "KEYS"})
_MODIFIERS = frozenset(
    {"LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IGNORE", "INTO", "TABLE", "IF", "NOT", "EXISTS", "quick"}
)
_ENDS_OF_LIST = frozenset(
    {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "SET", "VALUES", "UNION", "FOR", "PROCEDURE", "window"}
)


@dataclass(slots=True)
class _Frame:
    """What is known inside one pair of parentheses."""

    statement: str = ""
    awaits_table: bool = False
    in_list: bool = False  # a comma or a JOIN brings the next table
    awaits_common: bool = False  # the name of a common table expression comes next
    in_common: bool = False


def find_tables(words: Sequence[str]) -> tuple[str, ...]:
    """The tables in order of appearance, once each, without their databases and without backticks."""
    reader = _Reader()
    place = 0
    while place < len(words):
        place += reader.read(words, place)
    return tuple(dict.fromkeys(name for name in reader.tables if name not in reader.common))


def find_labels(words: Sequence[str]) -> dict[str, str]:
    """What the statement calls its tables, folded -> the table, folded; without what it calls more than one so."""
    reader = _Reader()
    place = 0
    while place < len(words):
        place += reader.read(words, place)
    meant = dict[str, set[str]]()
    for label, table in reader.labels:
        meant.setdefault(label.casefold(), set()).add(table.casefold())
    return {
        label: next(iter(tables))
        for label, tables in meant.items()
        if len(tables) == 1 and not tables & reader.common
    }


class _Reader:
    def __init__(self) -> None:
        self.tables: list[str] = []
        self.labels: list[tuple[str, str]] = []
        self.common: set[str] = set()
        self._frames = [_Frame()]

    def read(self, words: Sequence[str], place: int) -> int:
        """How many words were taken."""
        word, frame = words[place], self._frames[-1]
        before = words[place - 1] if place else ""
        if word == "(":
            inside = frame.awaits_table and before != "USING"
            frame.awaits_table = False
            self._frames.append(
                _Frame(statement="SELECT" if inside else "", awaits_table=inside, in_list=inside)
            )
        elif word == ")":
            if len(self._frames) > 1:
                self._frames.pop()
        elif word == ";":
            self._frames = [_Frame()]
        elif _is_name(word):
            return self._read_name(frame, words, place)
        else:
            self._read_keyword(frame, word, before)
        return 1

    def _read_name(self, frame: _Frame, words: Sequence[str], place: int) -> int:
        parts = list(_find_parts(words, place))
        following = words[place + len(parts) * 2 - 1 : place + len(parts) * 2]
        if frame.awaits_common and words[place] != "recursive":
            self.common.add(_bare(parts[0]))
            frame.awaits_common = False
        elif frame.awaits_table and words[place] not in _MODIFIERS:
            frame.awaits_table = False
            if parts[-1] != "*" and not (following == (".",) or _is_function(parts[-1], following)):
                self.tables.append(_bare(parts[-1]))
                label = _find_label(words, place + len(parts) * 2 - 1, parts[-1])
                self.labels.append((label, self.tables[-1]))
        return len(parts) * 2 - 1

    def _read_keyword(self, frame: _Frame, word: str, before: str) -> None:
        if word == "WITH" and not frame.statement:
            frame.awaits_common = frame.in_common = True
        elif word in _STATEMENTS and (not frame.statement or word in {"SELECT", "TABLE", "UPDATE"}):
            self._start_statement(frame, word, before)
        elif word in {"FROM", "JOIN", "STRAIGHT_JOIN", ",", "USING", "INTO", "ON", "TABLES"}:
            self._await_next(frame, word, before)
        elif word in _ENDS_OF_LIST:
            frame.in_list = frame.awaits_table = False
        elif word not in _MODIFIERS:
            frame.awaits_table = False

    def _start_statement(self, frame: _Frame, word: str, before: str) -> None:
        if word == "TABLE":
            frame.awaits_table = frame.in_list = True
        elif word != "UPDATE" or before not in {"KEY", "FOR", "ON"}:
            frame.statement = word
            frame.in_common = frame.awaits_common = False
            frame.awaits_table = word in {"UPDATE", "INSERT", "REPLACE", "TRUNCATE", "EXPLAIN"}
            frame.in_list = word == "UPDATE"

    def _await_next(self, frame: _Frame, word: str, before: str) -> None:
        if word == ",":
            frame.awaits_common = frame.in_common
            frame.awaits_table = frame.in_list
        elif word in {"JOIN", "STRAIGHT_JOIN"}:
            frame.awaits_table = frame.in_list
        elif word == "FROM" and frame.statement:
            shown = frame.statement != "SHOW" or before in _SHOWN_OF_TABLES
            frame.awaits_table = frame.in_list = shown
        elif word == "INTO":
            frame.awaits_table = frame.statement in _STORING
        elif word == "ON":
            frame.awaits_table = frame.statement in _DEFINING
        elif (word == "USING" and frame.statement == "DELETE") or (
            word == "TABLES" and frame.statement == "LOCK"
        ):
            frame.awaits_table = frame.in_list = True


def _is_name(word: str) -> bool:
    return word[0] == "`" or (
        (word[0] in "_$" or word[0].isalnum() or not word[0].isascii()) and word not in KEYWORDS
    )


def _is_function(word: str, following: Sequence[str]) -> bool:
    return following == ("(",) and word.isupper()


def _find_parts(words: Sequence[str], place: int) -> Iterator[str]:
    yield words[place]
    while words[place + 1 : place + 2] == (".",) and place + 2 < len(words):
        place += 2
        if not (_is_name(words[place]) or words[place] == "*"):
            yield words[place]
            return
        yield words[place]


def _find_label(words: Sequence[str], place: int, name: str) -> str:
    """The alias that follows a table's name, or the name."""
    following = words[place : place + 2]
    alias = following[1:] if following[:1] == ("AS",) else following[:1]
    return _bare(alias[0]) if alias and _is_name(alias[0]) else _bare(name)


def _bare(word: str) -> str:
    return word[1:-1].replace("``", "`") if word[0] == "`" else word.casefold()
