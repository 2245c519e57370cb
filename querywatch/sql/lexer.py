"""Cuts SQL text, and servers' digest text, into words, names, symbols and literals without their values.

The grammar is the servers' own (MySQL manual, "Language Structure"). Where two readings are possible and
nobody said which holds, the text from there on counts as one literal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class TokenKind(IntEnum):
    """What a token is; the order is that of the groups in the patterns below."""

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


# A character of a bare name: everything but ASCII punctuation and space of any kind.
_NOT_A_NAME = r"\x00-#%-/:-@\[-^`{-\x7f\s\u200b\ufeff"
_END_OF_WORD = rf"(?![^{_NOT_A_NAME}])"
_CHARSETS = (
    "armscii8|ascii|big5|binary|cp\\d+|dec8|eucjpms|euckr|gb18030|gb2312|gbk|geostd8|greek|hebrew|hp8|keybcs2"
    "|koi8[ru]|latin[1257]|macce|macroman|sjis|swe7|tis620|ucs2|ujis|utf16(?:le)?|utf32|utf8(?:mb[34])?"
)
# Groups are kept from backtracking as (?>(?:...)*), never as (?:...)*+: the latter goes wrong in Python 3.11 before
# 3.11.5, Debian 12's among them, where the group can backtrack (https://github.com/python/cpython/issues/106052).
_NUMBER = (
    rf"(?:0[xX][0-9a-fA-F]++{_END_OF_WORD}|0[bB][01]++{_END_OF_WORD}|\d++\.\d*+(?:[eE][+-]?\d++)?"
    rf"|\d++(?:[eE][+-]?\d++)?{_END_OF_WORD}|(?<![\w$`])\.\d++(?:[eE][+-]?\d++)?)"
)


def _string_pattern(quote: str, open_group: str, *, escapes: bool) -> str:
    inside = rf"(?:\\(?:.|\Z)|{quote}{quote})" if escapes else quote * 2
    plain = rf"[^{quote}\\]*+" if escapes else rf"[^{quote}]*+"
    return rf"{quote}{plain}(?>(?:{inside}{plain})*)(?:{quote}|(?P<{open_group}>\Z))"


# A string without a backslash reads the same in every sql_mode, so long runs of them go in one match.
_SIMPLE = rf"(?:{_NUMBER}|\?|'[^'\\]*+'(?!'))"
_SPACE = r"[\s\x00-\x1f\x7f\u200b\ufeff]*+"
_NEXT = rf"{_SPACE},{_SPACE}[-+]?(?:{_SIMPLE}|[nN][uU][lL][lL]{_END_OF_WORD})"
_ROW = rf"\({_SPACE}[-+]?(?:{_SIMPLE}|[nN][uU][lL][lL]{_END_OF_WORD})(?>(?:{_NEXT})*){_SPACE}\)"
# The tokens that one statement may have, rows and lists of plain literals counting as one: so many are reduced within
# 50 ms of processor time, whatever they are.
_MAX_TOKENS = 10_000


def _compile(*, ansi_quotes: bool, escapes: bool) -> re.Pattern[str]:
    single = _string_pattern("'", "open1", escapes=escapes)
    double = _string_pattern('"', "open2", escapes=escapes and not ansi_quotes)
    return re.compile(
        rf"""{_SPACE}(?:
            (?P<word>(?![\d_]|[xXbBnN]')[^{_NOT_A_NAME}]++)
           |(?P<symbol>[=);,{{}}]|\.(?![\d.]))
           |(?P<skip>--(?=[\x00-\x20\x7f]|\Z)[^\n]*+|\#[^\n]*+
                |_(?:{_CHARSETS})(?={_SPACE}(?:['"]|[xXbBnN]'|0[xX]))|\Z)
           |(?P<enter>/\*M?!(?:\d{{5,6}})?)
           |(?P<comment>/\*(?:.*?\*/|(?P<open3>.*+)))
           |(?P<rows>{_ROW}(?>(?:{_SPACE},{_SPACE}{_ROW})+))
           |(?P<list>{_SIMPLE}(?>(?:,[ ]\.\.\.|{_NEXT})+))
           |(?P<value>{_NUMBER}|\?|@(?!@)(?:[\w$.]++|\?|`[^`]*+(?>(?:``[^`]*+)*)(?:`|(?P<open4>\Z)))?
               |[xXbBnN]?{single})
           |(?P<double>{double})
           |(?P<name>`[^`]*+(?>(?:``[^`]*+)*)(?:`|(?P<open5>\Z)))
           |(?P<odd_word>[^{_NOT_A_NAME}]++)
           |(?P<ellipsis>\.\.\.)
           |(?P<leave>\*/)
           |(?P<odd_symbol><=>|<=|>=|!=|<>|<<|>>|\|\||&&|:=|->>|->|@@|.))""",
        re.DOTALL | re.VERBOSE,
    )


_PATTERNS = {
    (ansi_quotes, escapes): _compile(ansi_quotes=ansi_quotes, escapes=escapes)
    for ansi_quotes in (False, True)
    for escapes in (False, True)
}
# The common ones come first in the pattern, and once more with their rarer forms.
_WRITTEN = {
    "word": TokenKind.WORD,
    "symbol": TokenKind.SYMBOL,
    "odd_word": TokenKind.WORD,
    "odd_symbol": TokenKind.SYMBOL,
}
_OPEN_GROUPS = ("open1", "open2", "open3", "open4", "open5")
_MAY_BE_OPEN = frozenset({"comment", "value", "double", "name"})
_VALUE = Token(TokenKind.VALUE, "?")
_VALUES = Token(TokenKind.VALUES, "?")
_FIXED: dict[str, tuple[Token, ...]] = {
    "skip": (),
    "comment": (),
    "rows": (Token(TokenKind.SYMBOL, "("), _VALUES, Token(TokenKind.SYMBOL, ")")),
    "list": (_VALUES,),
    "value": (_VALUE,),
    "double": (_VALUE,),
    "ellipsis": (Token(TokenKind.ELLIPSIS, "..."),),
}
_TIMES_MATCH = next(re.finditer(r"(?P<symbol>\*)", "*"))


def parse_tokens(
    text: str, *, ansi_quotes: bool | None = None, no_backslash_escapes: bool | None = None
) -> Lexed:
    """Every token of the text, in linear time, whatever the text is; a text without end counts as broken.

    None for one of the sql_modes is "not known": double quotes then hold literals, and a string whose end
    depends on what a backslash means takes the rest of the text with it.
    """
    tokens: list[Token] = []
    for match in _find_matches(_PATTERNS[bool(ansi_quotes), not no_backslash_escapes], text):
        group = match.lastgroup or ""
        if group in _WRITTEN:
            tokens.append(Token(_WRITTEN[group], match[group]))
        elif group in _MAY_BE_OPEN and _is_unsure(match, group, no_backslash_escapes=no_backslash_escapes):
            if group in {"value", "double"}:
                tokens.append(_VALUE)
            return Lexed(tokens=tuple(tokens), broken=True)
        elif group == "name" or (group == "double" and ansi_quotes):
            tokens.append(_name_token(match[group]))
        else:
            tokens += _FIXED[group]
        if len(tokens) > _MAX_TOKENS:
            return Lexed(tokens=tuple(tokens), broken=True)
    return Lexed(tokens=tuple(tokens), broken=False)


def _find_matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The matches in order, without the borders of executable comments, whose content is part of the text.

    `*/` closes such a comment; outside of one it is a multiplication and perhaps the start of a comment.
    """
    position, depth = 0, 0
    while position < len(text):
        for match in pattern.finditer(text, position):
            position = match.end()
            if match.lastgroup == "enter":
                depth += 1
            elif match.lastgroup != "leave":
                yield match
            elif depth:
                depth -= 1
            else:
                position -= 1
                yield _TIMES_MATCH
                break


def _is_unsure(match: re.Match[str], group: str, *, no_backslash_escapes: bool | None) -> bool:
    """Whether the token has no end, or an end that depends on a sql_mode that nobody told."""
    if any(match[name] is not None for name in _OPEN_GROUPS):
        return True
    return no_backslash_escapes is None and _is_ambiguous(match, group)


def _is_ambiguous(match: re.Match[str], group: str) -> bool:
    if group not in {"value", "double"} or "\\" not in match[group]:
        return False
    other = _PATTERNS[False, False].match(match.string, match.start(group))
    return other is None or other.end() != match.end()


def _name_token(quoted: str) -> Token:
    quote = quoted[0]
    return Token(TokenKind.NAME, quoted[1:].removesuffix(quote).replace(quote * 2, quote))
