"""Looks for traces of what was planted in a statement in everything that querywatch makes of it."""

import random
import re
from dataclasses import dataclass

from planted import CANARY, Modes, Planted

from querywatch.model import Statement
from querywatch.opendental import read_names
from querywatch.service.judging import Renderer
from querywatch.sql.clean import known_names, render_outward
from querywatch.sql.lexer import ModesFrom
from querywatch.sql.reduce import StatementBook

_KNOWN = known_names(None, read_names())
_RENDERER = Renderer()
_NUMBERED = re.compile(r"\bid\d+\b")
_GIVEN_UP = "..."
_NOT_FOLDED = re.compile(r"[\w$@`]+|[^\w\s$@`,()?]")  # lists and rows fold as soon as they are whole


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader believes of the sql_modes of the session that sent a text."""

    name: str
    modes: Modes
    modes_from: ModesFrom
    may_name_literals: bool = False  # double quotes are taken for names where they hold literals

    @classmethod
    def choose(cls, choices: random.Random, modes: Modes) -> "Reading":
        """One of the ways in which a text of a session with these modes may have to be read."""
        believed = Modes(ansi_quotes=choices.random() < 0.3, no_backslash_escapes=choices.random() < 0.3)
        return choices.choice(
            [
                cls("the session's modes known", modes, ModesFrom.SESSION),
                cls("no mode known", Modes(ansi_quotes=None, no_backslash_escapes=None), ModesFrom.SESSION),
                cls(
                    "the server's modes known",
                    believed,
                    ModesFrom.SERVER,
                    bool(believed.ansi_quotes) and not modes.ansi_quotes,
                ),
            ]
        )

    def reduce(self, text: str, *, cut: bool) -> Statement:
        """The statement, by a book of its own."""
        book = StatementBook(modes_from=self.modes_from)
        book.ansi_quotes, book.no_backslash_escapes = self.modes.ansi_quotes, self.modes.no_backslash_escapes
        return book.from_text(text, cut=cut)


def find_trace(planted: Planted, end: int, reading: Reading) -> str:
    """What shows that the first `end` bytes held something else than the twin does; '' when nothing does."""
    text, twin = planted.cut(end)
    cut = end < len(planted.text)
    statement = reading.reduce(text, cut=cut)
    shown = render_outward(statement.shape, _KNOWN)
    other = render_outward(reading.reduce(twin, cut=cut).shape, _KNOWN)
    for output in (shown, _RENDERER.render(statement), repr(statement), statement.operation):
        if CANARY.search(_NUMBERED.sub("id", output.replace(statement.fingerprint, ""))):
            return output
    if reading.may_name_literals or are_alike(_NUMBERED.sub("id", shown), _NUMBERED.sub("id", other)):
        return ""
    return f"{shown}  instead of  {other}"


def are_alike(one: str, other: str) -> bool:
    """Whether they are the same as far as both go: either may have been given up sooner."""
    parts, others = (_NOT_FOLDED.findall(shape.removesuffix(_GIVEN_UP)) for shape in (one, other))
    length = min(len(parts), len(others))
    shorter = one if len(parts) < len(others) else other
    return parts[:length] == others[:length] and (len(parts) == len(others) or shorter.endswith(_GIVEN_UP))
