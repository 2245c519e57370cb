"""What a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from querywatch.analysis.situation import Situation
from querywatch.model import Finding


class Category(StrEnum):
    """What kind of harm a finding is about: the findings of one integration and category are one problem."""

    WRITE = "write"
    ACCESS = "access"
    LOAD = "load"
    LOCK = "lock"
    BLIND = "blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Its id is permanent: metric label, documentation anchor, name of its file of cases.

    The findings of an `event` tell of something that happened and stay until somebody knows; those of a
    state go when it ends.
    """

    id: str
    says: str  # completes "this rule finds ..." in one sentence
    why: str  # why it hurts the office
    advice: str  # what to do, in general
    category: Category
    find: Callable[[Situation], Iterator[Finding]]
    event: bool = False
