"""Writes a statement as an index can serve it, word by word, so that all the rest of it stays as it was."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from querywatch.sql.clean import render_outward
from querywatch.sql.lexer import parse_tokens
from querywatch.sql.rewrite_clauses import find_keyset, find_union
from querywatch.sql.rewrite_conditions import find_bare, find_quoted, find_range
from querywatch.sql.shape import find_shape, render_shape
from querywatch.sql.words import Slot, Step, StepKind

_MAX_WORDS = 2_000
_FINDERS: Mapping[StepKind, Callable[[Sequence[str], Step], list[str] | None]] = {
    StepKind.RANGE: find_range,
    StepKind.BARE: find_bare,
    StepKind.QUOTE: find_quoted,
    StepKind.UNION: find_union,
    StepKind.KEYSET: find_keyset,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """The statement as it should be. `slots` says of each `?` which one of the shape it is, None for a new one."""

    text: str
    slots: tuple[int | None, ...]
    steps: tuple[Step, ...]  # those that could be taken


def find_rewrite(shape: str, steps: Sequence[Step], known: frozenset[str]) -> Rewrite | None:
    """The shape after those of the steps that can be taken without changing what it means; None: after none.

    The text is as fit for anybody's eyes as `sql.clean` makes the shape with the same `known` names.
    """
    words, shown = parse_words(shape), parse_words(render_outward(shape, known))
    if len(words) != len(shown) or len(words) > _MAX_WORDS:
        return None
    outward = dict(zip(words, shown, strict=True))
    changed, taken = _number(shown), []
    for step in steps:
        found = _FINDERS[step.kind](changed, _find_outward(step, outward))
        if found is not None:
            changed = found
            taken.append(step)
    if not taken:
        return None
    slots = tuple(word.place if isinstance(word, Slot) else None for word in changed if word in {"?", "'?'"})
    return Rewrite(text=render_shape(changed), slots=slots, steps=tuple(taken))


def parse_words(shape: str) -> tuple[str, ...]:
    """The words that a shape is made of."""
    lexed = parse_tokens(shape, ansi_quotes=False, no_backslash_escapes=True)
    return find_shape(lexed.tokens, cut=lexed.broken)


def _number(words: Sequence[str]) -> list[str]:
    places = count()
    return [Slot(word, next(places)) if word == "?" else word for word in words]


def _find_outward(step: Step, outward: Mapping[str, str]) -> Step:
    return replace(
        step,
        qualifier=outward.get(step.qualifier, step.qualifier),
        column=outward.get(step.column, step.column),
    )
