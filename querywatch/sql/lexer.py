"""Cuts SQL text, and servers' digest text, into words, names, symbols and literals without their values.

The grammar is the servers' own (MySQL manual, "Language Structure"). Where two readings are possible and
nobody said which holds, the text from there on counts as one literal.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple

from querywatch.sql.patterns import OPEN_GROUPS, PATTERNS


class TokenKind(IntEnum):
    """What a token is."""

    WORD = 1  # a keyword, or a name written bare
    NAME = 2  # a name written in quotes
    SYMBOL = 3
    VALUE = 4  # a literal, a placeholder or a user variable
    VALUES = 5  # several of them with commas between
    ELLIPSIS = 6  # digest text: what was here has been left out


class Token(NamedTuple):
    """One token; a literal's text is always '?'."""

    kind: TokenKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexed:
    """The tokens, and whether the text ended, or had to be given up, inside one."""

    tokens: tuple[Token, ...]
    broken: bool


# The tokens that one statement may have, rows and lists of plain literals counting as one: so many are reduced within
# 50 ms of processor time, whatever they are.
_MAX_TOKENS = 10_000

# The common ones come first in the pattern, and once more with their rarer forms.
_WRITTEN = {
    "word": TokenKind.WORD,
    "symbol": TokenKind.SYMBOL,
    "odd_word": TokenKind.WORD,
    "odd_symbol": TokenKind.SYMBOL,
}
_QUOTED = frozenset({"value", "double"})
_MAY_BE_OPEN = _QUOTED | {"comment", "name"}
_DOUBTFUL = frozenset({"enter", "leave", "dollars"})
_VALUE = Token(TokenKind.VALUE, "?")
_VALUES = Token(TokenKind.VALUES, "?")
_FIXED: dict[str, tuple[Token, ...]] = {
    "skip": (),
    "comment": (),
    "rows": (Token(TokenKind.SYMBOL, "("), _VALUES, Token(TokenKind.SYMBOL, ")")),
    "value": (_VALUE,),
    "double": (_VALUE,),
    "ellipsis": (Token(TokenKind.ELLIPSIS, "..."),),
}
_LITERAL = {"value": TokenKind.VALUE, "double": TokenKind.VALUE, "list": TokenKind.VALUES}
_TIMES_MATCH = next(re.finditer(r"(?P<symbol>\*)", "*"))
_CLOSED_HINT = re.compile(r"""(?>(?:[^`"']++|`[^`]*+`|"[^"]*+"|'[^']*+')*)""")


class ModesFrom(Enum):
    """Whose the sql_modes are that a text is read by."""

    SESSION = "session"  # they hold for certain
    SERVER = "server"  # the session that sent the text may have set others


def parse_tokens(
    text: str,
    *,
    ansi_quotes: bool | None = None,
    no_backslash_escapes: bool | None = None,
    modes_from: ModesFrom = ModesFrom.SESSION,
    cut: bool = False,
    mark: Callable[[str], str] = lambda _: "?",
) -> Lexed:
    """Every token of the text, in linear time, whatever the text is; a text without end counts as broken.

    None for one of the sql_modes is "not known": double quotes then hold literals, and a string whose end
    depends on what a backslash means takes the rest of the text with it. So it does under the server's modes,
    unless the text is not `cut` and every other reading of it is one that no server would have taken. `mark` makes
    what stands for a literal, or for several with commas between, of its text; it must equal '?'.
    """
    pattern = PATTERNS[bool(ansi_quotes), not no_backslash_escapes]
    rivals = _find_rivals(
        pattern,
        ansi_quotes=None if modes_from is ModesFrom.SERVER else ansi_quotes,
        no_backslash_escapes=None if modes_from is ModesFrom.SERVER else no_backslash_escapes,
    )
    tokens: list[Token] = []
    for match in _find_matches(pattern, text):
        group = match.lastgroup if match is not None else None
        if match is None or group is None or len(tokens) > _MAX_TOKENS:
            return Lexed(tokens=tuple(tokens), broken=True)
        if group in _WRITTEN:
            tokens.append(Token(_WRITTEN[group], match[group]))
            continue
        if rivals and group in _QUOTED and _is_ambiguous(match, group, rivals):
            proven = modes_from is ModesFrom.SERVER and not cut and no_backslash_escapes is not None
            if not proven or not _is_only_reading(pattern, rivals, text, match.start(group)):
                return Lexed(tokens=(*tokens, _VALUE), broken=True)
            rivals = ()
        if _is_open(match, group):
            return Lexed(tokens=(*tokens, *(_FIXED["value"] if group in _QUOTED else ())), broken=True)
        if group == "name" or (group == "double" and ansi_quotes):
            tokens.append(_name_token(match[group]))
        elif group in _LITERAL:
            tokens.append(Token(_LITERAL[group], mark(match[group])))
        else:
            tokens += _FIXED[group]
    return Lexed(tokens=tuple(tokens), broken=False)


def _find_rivals(
    chosen: re.Pattern[str], *, ansi_quotes: bool | None, no_backslash_escapes: bool | None
) -> tuple[re.Pattern[str], ...]:
    """The other patterns that the text might have to be read with."""
    return tuple(
        pattern
        for (ansi, escapes), pattern in PATTERNS.items()
        if ansi_quotes in {None, ansi} and no_backslash_escapes in {None, not escapes}
        if pattern is not chosen
    )


def _find_matches(pattern: re.Pattern[str], text: str, position: int = 0) -> Iterator[re.Match[str] | None]:
    """The matches in order, without the borders of executable comments, whose content is part of the text.

    None comes last where a server that skips such a comment would go on elsewhere than one that executes it, and
    where MySQL 9 may read a text between dollars. Outside of a comment `*/` is a multiplication and perhaps the
    start of one.
    """
    border = 0  # where the executable comment that is open ends for a server that skips it
    while position < len(text):
        for match in pattern.finditer(text, position):
            group, position = match.lastgroup, match.end()
            if group == "leave" and not border:
                position -= 1
                yield _TIMES_MATCH
                break
            if group == "leave" and position == border:
                border = 0
            elif group == "enter" and not border:
                border = _find_border(text, position)
            elif group in _DOUBTFUL or position > border > 0:
                yield None
                return
            else:
                yield match
    if border:
        yield None


def _find_border(text: str, position: int) -> int:
    """Behind the next `*/`; at once where comments are nested, for the servers disagree on those."""
    end = text.find("*/", position)
    if text.find("/*", position, end if end >= 0 else len(text)) >= 0:
        return position
    return end + 2 if end >= 0 else len(text) + 1


def _is_open(match: re.Match[str], group: str) -> bool:
    """Whether the token has no end, or one that only some servers see."""
    if group not in _MAY_BE_OPEN:
        return False
    if match.end() == len(match.string) and any(match[name] is not None for name in OPEN_GROUPS):
        return True
    return group == "comment" and _is_doubtful_comment(match[group])


def _is_doubtful_comment(comment: str) -> bool:
    # A zero byte ends a line's comment, quotes hold the end of a hint (MySQL), and a skipped comment has others in it.
    if comment[0] in "-#":
        return "\0" in comment
    if comment.startswith("/*+"):
        return _CLOSED_HINT.fullmatch(comment, 3, len(comment) - 2) is None
    return comment.startswith(("/*!", "/*M!")) and "/*" in comment[2:]


def _is_ambiguous(match: re.Match[str], group: str, rivals: tuple[re.Pattern[str], ...]) -> bool:
    if "\\" not in match[group]:
        return False
    others = (rival.match(match.string, match.start(group)) for rival in rivals)
    return any(other is None or other.end() != match.end() for other in others)


def _is_only_reading(
    chosen: re.Pattern[str], rivals: tuple[re.Pattern[str], ...], text: str, start: int
) -> bool:
    """Whether from there on a server can have taken the text in this way, and in no other that differs."""
    ends = _find_ends(chosen, text, start)
    return bool(ends) and all(_find_ends(rival, text, start) in {None, ends} for rival in rivals)


def _find_ends(pattern: re.Pattern[str], text: str, start: int) -> tuple[int, ...] | None:
    """Where the tokens end; None when a server would have refused the text, () when that cannot be told."""
    ends: list[int] = []
    for match in _find_matches(pattern, text, start):
        group = match.lastgroup if match is not None else None
        if match is None or group is None or len(ends) > _MAX_TOKENS:
            return ()
        if _is_open(match, group) or match[group] == "\\":
            return None
        ends.append(match.end())
    return tuple(ends)


def _name_token(quoted: str) -> Token:
    quote = quoted[0]
    return Token(TokenKind.NAME, quoted[1:].removesuffix(quote).replace(quote * 2, quote))
