"""write.possible: an account of an integration that may only read has rights to change something."""

from collections.abc import Iterator

from querywatch.analysis.rights import Excess, find_excesses
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import join_words, name_account
from querywatch.analysis.situation import Situation
from querywatch.model import Evidence, Finding, Right, Severity
from querywatch.units import format_count

_NAMED = 3  # privileges of a grant, and grants, that a message names
_ADVICE = (
    "Make sure that it only reads, then take these rights away (REVOKE) and leave it SELECT: what it cannot do, "
    "neither a mistake of its vendor nor a stolen password can."
)
_ADVICE_SHARED = (
    "Have it log in with an account of its own that has SELECT and nothing else; the account that it shares "
    "must keep its rights."
)


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each account of an integration that may only read."""
    for excess in find_excesses(situation):
        yield _describe(excess)


def _describe(excess: Excess) -> Finding:
    """A warning where it could give itself every right, and so undo what the office decides."""
    shared = f", which it shares with {join_words(excess.sharers)}," if excess.sharers else ""
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING if excess.reaches_rights else Severity.INFO,
        integration=excess.integration.name,
        subject=name_account(excess.account),
        message=f"{excess.integration.name} may only read, and its account {name_account(excess.account)}{shared} "
        f"could write: {_say_rights(excess)}.",
        advice=_ADVICE_SHARED if excess.sharers else _ADVICE,
        evidence=Evidence.COUNTED,
    )


def _say_rights(excess: Excess) -> str:
    rights = sorted(excess.rights, key=lambda right: (right.database, right.table, right.host, right.role))
    said = [_say_right(right) for right in rights[:_NAMED]]
    more = len(rights) - len(said)
    rest = [f"and {format_count(more)} more grant{'s' if more > 1 else ''}"] if more else []
    return "; ".join([*said, *rest])


def _say_right(right: Right) -> str:
    names = list(right.privileges[:_NAMED])
    more = len(right.privileges) - len(names)
    what = join_words([*names, *([f"{format_count(more)} more"] if more else [])])
    place = f"{right.database}.{right.table or '*'}" if right.database else "every database"
    role = f" by the role {right.role}" if right.role else ""
    return f"{what} on {place}{role}{f' from {right.host}' if right.host not in {'', '%'} else ''}"


RULE = Rule(
    id="write.possible",
    says="an account of an integration that may only read could write; a warning where it could give itself any "
    "right",
    why="As long as an account can write, only its vendor's care keeps the records whole: a mistake, an update or "
    "a stolen password is enough to change them past Open Dental.",
    advice=_ADVICE,
    category=Category.WRITE,
    find=find,
)
