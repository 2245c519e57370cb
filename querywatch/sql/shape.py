"""Brings tokens into the one form that a statement's raw text and every server's digest text of it share.

Keywords and built-in functions stand in upper case, names in lower case and without backticks where they are
plain words, every literal as `?`. The servers show `||` and `|` alike (5.6) and keep no sign of a literal, so
neither does a shape.
"""

import re
from collections.abc import Sequence

from querywatch.sql.lexer import Token, TokenKind
from querywatch.sql.vocabulary import (
    BARE_DIGEST_WORDS,
    FUNCTION_SYNONYMS,
    FUNCTIONS,
    KEYWORDS,
    SYNONYMS,
)

CUT_MARK = "..."
_PLAIN_NAME = re.compile(r"(?!\d|\$[^$]*\$)[^\x00-#%-/:-@\[-^`{-\x7f\s\u200b\ufeff]+")
_SYMBOL_SYNONYMS = {"<>": "!=", "|": "||"}
_NOT_OPERANDS = KEYWORDS - {
    *("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEFAULT", "END"),
    *("FALSE", "NULL", "TRUE", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP"),
}
_KEPT_AFTER = {"NULL": ("IS", "NOT", "SET"), "TRUE": ("IS", "IS NOT"), "FALSE": ("IS", "IS NOT")}


def find_shape(tokens: Sequence[Token], *, cut: bool = False, digest: bool = False) -> tuple[str, ...]:
    """The words of the shape, `...` last when the text was cut.

    A text that ends with `...` outside of a list was cut by whoever wrote it.
    """
    builder = _Builder()
    if tokens and tokens[-1].kind is TokenKind.ELLIPSIS:
        cut = True
        tokens = tokens[:-1]
    last = len(tokens) - 1
    for place, token in enumerate(tokens):
        # A name may be spelled like a symbol.
        is_symbol = place < last and tokens[place + 1].kind is TokenKind.SYMBOL
        following = tokens[place + 1].text if is_symbol else ""
        builder.add(token, following, digest=digest)
    return builder.finish(cut=cut)


class _Builder:
    """The words so far; every list of literals, and every repeated row, is folded as soon as it is whole."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._open: list[int] = []  # where the parentheses that are open now stand
        self._row: list[tuple[int, int]] = [(-1, -1)]  # the last closed pair, for every depth

    def add(self, token: Token, following: str, *, digest: bool) -> None:
        if token.kind is TokenKind.WORD:
            self._add_word(token.text, following, digest=digest)
        elif token.kind is TokenKind.NAME:
            self.words.append(_spell_name(token.text, following))
        elif token.kind is not TokenKind.SYMBOL:
            text = "?" if token.kind is TokenKind.ELLIPSIS else token.text
            self._add_value(text, several=token.kind is TokenKind.VALUES)
        elif token.text == "(":
            self._open.append(len(self.words))
            self._row.append((-1, -1))
            self.words.append("(")
        elif token.text == ")":
            self._close()
        else:
            self.words.append(_SYMBOL_SYNONYMS.get(token.text, token.text))

    def finish(self, *, cut: bool) -> tuple[str, ...]:
        while self.words and self.words[-1] == ";":
            self.words.pop()
        if cut:
            self._drop_partial_row()
            while self.words and self.words[-1] in {",", ";", "-", "+"}:
                self.words.pop()
            self.words.append(CUT_MARK)
        return tuple(self.words)

    def _add_word(self, text: str, following: str, *, digest: bool) -> None:
        word = text.upper()
        if following == "." or (self.words and self.words[-1] in {".", "@@"}):
            self.words.append(_spell_name(text, following))
        elif word in _KEPT_AFTER:
            self._add_constant(word)
        elif digest and following != "(" and word in BARE_DIGEST_WORDS:
            self.words.append(BARE_DIGEST_WORDS[word])
        elif following == "(" and word in FUNCTION_SYNONYMS:
            self.words.append(FUNCTION_SYNONYMS[word])
        else:
            word = SYNONYMS.get(word, word)
            is_fixed = (
                word in KEYWORDS or (following == "(" and word.upper() in FUNCTIONS) or self._is_unit(word)
            )
            self.words.append(word.upper() if is_fixed else _spell_name(word, following))

    def _is_unit(self, word: str) -> bool:
        return self.words[-2:] == ["INTERVAL", "?"] and word.upper() in FUNCTIONS

    def _add_constant(self, word: str) -> None:
        before = self.words[-1] if self.words else ""
        if before == "NOT" and self.words[-2:] == ["IS", "NOT"]:
            before = "IS NOT"
        kept = _KEPT_AFTER[word]
        if before in kept or (before == "IS NOT" and "NOT" in kept):
            self.words.append(word)
        else:
            self._add_value("?", several=False)

    def _add_value(self, text: str, *, several: bool) -> None:
        words = self.words
        while words and words[-1] in {"-", "+"} and (len(words) == 1 or not _is_operand(words[-2])):
            words.pop()
        if words[-1:] == ["?"]:
            return
        if words[-2:] == ["?", ","]:
            if words[-3:-2] == ["LIMIT"]:
                words.append(text)
            else:
                words.pop()
            return
        after_limit = words[-1:] == ["LIMIT"]
        words.append(text)
        if several and after_limit:
            words += [",", text]

    def _close(self) -> None:
        words = self.words
        words.append(")")
        if not self._open:
            return
        self._row.pop()
        start, before = self._open.pop(), self._row[-1]
        if (
            words[start - 1] == ","
            and before[1] == start - 1
            and words[before[0] : before[1]] == words[start:]
        ):
            del words[start - 1 :]
        else:
            self._row[-1] = (start, len(words))

    def _drop_partial_row(self) -> None:
        while self._open:
            self._row.pop()
            start, before = self._open.pop(), self._row[-1]
            row = self.words[before[0] : before[1]]
            if (
                self.words[start - 1] == ","
                and before[1] == start - 1
                and row[: len(self.words) - start] == self.words[start:]
            ):
                del self.words[start - 1 :]
                return


def _is_operand(word: str) -> bool:
    return word in {")", "?"} or (word[0] not in "!%&(*+,-./:;<=>@^{|}~" and word not in _NOT_OPERANDS)


def _spell_name(text: str, following: str) -> str:
    name = text.casefold()
    upper = name.upper()
    if following == "(" and upper not in KEYWORDS and upper in FUNCTIONS:
        return FUNCTION_SYNONYMS.get(upper, upper)
    if _PLAIN_NAME.fullmatch(name) and upper not in KEYWORDS and upper not in SYNONYMS:
        return name
    return "`" + name.replace("`", "``") + "`"


def render_shape(words: Sequence[str]) -> str:
    """One line of text; cutting it into tokens again gives the same words."""
    parts: list[str] = []
    before = ""
    for word in words:
        if parts and not _is_tight(before, word):
            parts.append(" ")
        parts.append(word)
        before = word
    return "".join(parts)


def _is_tight(before: str, word: str) -> bool:
    if word in {",", ")"}:
        return before != ","
    if before in {"(", "@@"}:
        return True
    if word == "(":
        return before in FUNCTIONS and before not in _SPACED
    return (word == "." and _is_name(before)) or (before == "." and (_is_name(word) or word == "*"))


# Functions by name, but also words after which a list or a subquery stands.
_SPACED = frozenset({"EXISTS", "INTERVAL", "VALUE", "VALUES"})


def _is_name(word: str) -> bool:
    return word[0] == "`" or word[0] in "_$" or word[0].isalnum() or not word[0].isascii()
