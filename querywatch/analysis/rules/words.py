"""The turns of phrase that messages share."""

from collections.abc import Sequence

from querywatch.model import Integration, Kind
from querywatch.units import format_count, format_seconds

ANONYMOUS = "(anonymous)"

REWRITE_FIRST = (
    "Ask its vendor to filter on a column that an index leads with, to ask for less, or to ask less often."
)
NO_NEW_INDEX = "A new index would change Open Dental's schema and needs its maker's consent."


def name_account(account: str) -> str:
    """The account's name; the anonymous one has none."""
    return account or ANONYMOUS


def say_who(integration: Integration, account: str, *, shared: bool = False) -> str:
    """Who did it: the integration, or the account where nobody claims it; `shared` when others use the account."""
    if integration.kind is Kind.UNKNOWN:
        if shared:
            return f"Software that no integration claims, on the shared account {name_account(account)},"
        return f"Account {name_account(account)}, which no integration claims,"
    return integration.name


def say_rate(runs_per_minute: float) -> str:
    """How often: '120 times a minute', 'about every 10 min'."""
    if runs_per_minute >= 100:
        return f"{format_count(runs_per_minute)} times a minute"
    if runs_per_minute >= 1.5:
        return f"{runs_per_minute:.2g} times a minute"
    if runs_per_minute >= 0.95:
        return "once a minute"
    return f"about every {format_seconds(60.0 / runs_per_minute)}" if runs_per_minute > 0 else "once so far"


def join_words(words: Sequence[str], last: str = "and") -> str:
    """A list as people write it: 'a', 'a and b', 'a, b and c'."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
