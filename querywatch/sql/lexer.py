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
_NUMBER = (
    rf"(?:0[xX][0-9a-fA-F]++{_END_OF_WORD}|0[bB][01]++{_END_OF_WORD}|\d++\.\d*+(?:[eE][+-]?\d++)?"
    rf"|\d++(?:[eE][+-]?\d++)?{_END_OF_WORD}|(?<![\w$`])\.\d++(?:[eE][+-]?\d++)?)"
)


def _string_pattern(quote: str, open_group: str, *, escapes: bool) -> str:
    inside = rf"(?:\\(?:.|\Z)|{quote}{quote})" if escapes else quote * 2
    plain = rf"[^{quote}\\]*+" if escapes else rf"[^{quote}]*+"
    return rf"{quote}{plain}(?:{inside}{plain})*+(?:{quote}|(?P<{open_group}>\Z))"


# A string without a backslash reads the same in every sql_mode, so long runs of them go in one match.
_SIMPLE = rf"(?:{_NUMBER}|\?|'[^'\\]*+'(?!'))"


def _compile(*, ansi_quotes: bool, escapes: bool) -> re.Pattern[str]:
    single = _string_pattern("'", "open1", escapes=escapes)
    double = _string_pattern('"', "open2", escapes=escapes and not ansi_quotes)
    return re.compile(
        rf"""(?P<skip>[\s\x00-\x1f\x7f\u200b\ufeff]++|--(?=[\s\x00-\x1f]|\Z)[^\n]*+|\#[^\n]*+
                |_(?:{_CHARSETS})(?=\s*+(?:['"]|[xXbBnN]'|0[xX])))
           |(?P<enter>/\*M?!(?:\d{{5,6}})?)
           |(?P<comment>/\*(?:.*?\*/|(?P<open3>.*+)))
           |(?P<list>{_SIMPLE}(?:,[ ]\.\.\.|\s*+,\s*+[-+]?{_SIMPLE})++)
           |(?P<value>{_NUMBER}|\?|@(?!@)(?:[\w$.]++|\?|`[^`]*+(?:``[^`]*+)*+(?:`|(?P<open4>\Z)))?
               |[xXbBnN]?{single})
           |(?P<double>{double})
           |(?P<name>`[^`]*+(?:``[^`]*+)*+(?:`|(?P<open5>\Z)))
           |(?P<word>[^{_NOT_A_NAME}]++)
           |(?P<ellipsis>\.\.\.)
           |(?P<leave>\*/)
           |(?P<symbol><=>|<=|>=|!=|<>|<<|>>|\|\||&&|:=|->>|->|@@|.)""",
        re.DOTALL | re.VERBOSE,
    )


_PATTERNS = {
    (ansi_quotes, escapes): _compile(ansi_quotes=ansi_quotes, escapes=escapes)
    for ansi_quotes in (False, True)
    for escapes in (False, True)
}
_OPEN_GROUPS = ("open1", "open2", "open3", "open4", "open5")
_MAY_BE_OPEN = frozenset({"comment", "value", "double", "name"})
_VALUE = Token(TokenKind.VALUE, "?")
_VALUES = Token(TokenKind.VALUES, "?")
_ELLIPSIS = Token(TokenKind.ELLIPSIS, "...")


def parse_tokens(
    text: str, *, ansi_quotes: bool | None = None, no_backslash_escapes: bool | None = None
) -> Lexed:
    """Every token of the text, in linear time, whatever the text is.

    None for one of the sql_modes is "not known": double quotes then hold literals, and a string whose end
    depends on what a backslash means takes the rest of the text with it.
    """
    pattern = _PATTERNS[bool(ansi_quotes), not no_backslash_escapes]
    tokens: list[Token] = []
    for match in _find_matches(pattern, text):
        group = match.lastgroup or ""
        if group in _MAY_BE_OPEN and (
            any(match.group(name) is not None for name in _OPEN_GROUPS)
            or (no_backslash_escapes is None and _is_ambiguous(match, group))
        ):
            if group in {"value", "double"}:
                tokens.append(_VALUE)
            return Lexed(tokens=tuple(tokens), broken=True)
        token = _token_of(match, group, ansi_quotes=ansi_quotes)
        if token is not None:
            tokens.append(token)
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
                position = match.start() + 1
                yield _TIMES_MATCH
                break


def _token_of(match: re.Match[str], group: str, *, ansi_quotes: bool | None) -> Token | None:
    if group == "word":
        return Token(TokenKind.WORD, match.group())
    if group == "symbol":
        return Token(TokenKind.SYMBOL, match.group())
    if group == "name" or (group == "double" and ansi_quotes):
        return _name_token(match.group())
    return _FIXED[group]


_TIMES_MATCH = next(re.finditer(r"(?P<symbol>\*)", "*"))
_FIXED = {
    "list": _VALUES,
    "value": _VALUE,
    "double": _VALUE,
    "ellipsis": _ELLIPSIS,
    "skip": None,
    "comment": None,
}


def _is_ambiguous(match: re.Match[str], group: str) -> bool:
    if group not in {"value", "double"} or "\\" not in match.group():
        return False
    other = _PATTERNS[False, False].match(match.string, match.start())
    return other is None or other.end() != match.end()


def _name_token(quoted: str) -> Token:
    quote = quoted[0]
    return Token(TokenKind.NAME, quoted[1:].removesuffix(quote).replace(quote * 2, quote))
