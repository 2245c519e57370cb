"""Says what cannot be seen of a server, and what would show it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from querywatch.analysis.situation import Blindness
from querywatch.model import Flavour, ServerInfo, Severity
from querywatch.snapshot import SourceState
from querywatch.units import format_count, format_ratio

COUNTING_SOURCES = ("accounts", "userstat")
_CAPTURE_WORDS = "100ms"
_TURN_ON_USERSTAT = (
    "as administrator SET GLOBAL userstat = 1 (no restart), and userstat = 1 in the configuration file"
)
_TURN_ON_PERFORMANCE_SCHEMA = (
    "performance_schema = ON under [mysqld] in the server's configuration file, and a restart"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one cycle could read of one server."""

    info: ServerInfo | None
    trouble: str  # why the server is away; '' while it is up
    sources: Mapping[str, SourceState]
    ever_up: frozenset[str]  # sources that have been read at least once
    capture_ratios: Mapping[str, float]
    performance_schema: bool = False  # whether the server has it switched on
    lost_accounts: int = 0  # since the server started: an account without a row never gets one
    overflow_executions: int = 0  # of shapes that the digest table has no room for, since it was last emptied


def find_blindness(sight: Sight) -> tuple[Blindness, ...]:
    """Everything that is out of sight, the worst first."""
    if sight.trouble:
        return (
            Blindness(
                subject="server",
                severity=Severity.CRITICAL,
                message=f"querywatch cannot see the server: {sight.trouble}",
                advice="nothing is known of any integration until it answers again; `querywatch check` says more",
            ),
        )
    return (
        *_find_lost(sight),
        *_find_unseen_sessions(sight),
        *_find_overflows(sight),
        *_find_uncounted(sight),
        *_find_unknown_schema(sight),
    )


def _find_lost(sight: Sight) -> Iterator[Blindness]:
    for name, state in sight.sources.items():
        if not state.up and (name in sight.ever_up or state.offered):
            yield Blindness(
                subject=name,
                severity=Severity.WARNING,
                message=f"the source {name} was lost ({state.reason}): what only it tells is missing since then",
                advice=state.advice,
            )


def _find_unseen_sessions(sight: Sight) -> Iterator[Blindness]:
    state = sight.sources.get("processlist")
    if state is not None and not state.up and "processlist" not in sight.ever_up and not state.offered:
        yield Blindness(
            subject="processlist",
            severity=Severity.WARNING,
            message="querywatch may see no session but its own: who is connected and what runs is not known",
            advice=state.advice,
        )


def _find_overflows(sight: Sight) -> Iterator[Blindness]:
    if sight.overflow_executions:
        yield Blindness(
            subject="digests",
            severity=Severity.WARNING,
            message="the server's digest table is full: it had no room for the shapes of "
            f"{format_count(sight.overflow_executions)} statements",
            advice="raise performance_schema_digests_size in the server's configuration file and restart it, or as "
            "administrator TRUNCATE performance_schema.events_statements_summary_by_digest",
        )
    if sight.lost_accounts:
        yield Blindness(
            subject="accounts",
            severity=Severity.WARNING,
            message=f"the server had no room for an account's counters {format_count(sight.lost_accounts)} times: "
            "of what such accounts do, writes included, only what a poll meets is seen",
            advice="raise performance_schema_accounts_size in the server's configuration file and restart it",
        )


def _find_uncounted(sight: Sight) -> Iterator[Blindness]:
    """Where nothing counts, short statements are missed; where only accounts are counted, their text is."""
    ratio = sight.capture_ratios.get(_CAPTURE_WORDS)
    chance = (
        f"a statement of 100 ms is seen with a chance of {format_ratio(ratio)}" if ratio is not None else ""
    )
    if not any(_is_up(sight, name) for name in COUNTING_SOURCES):
        yield Blindness(
            subject="writes",
            severity=Severity.INFO,
            message=f"{_say_uncounted(sight)}: statements and writes that end between two polls "
            f"are not seen{f'; {chance}' if chance else ''}",
            advice=f"to have every statement and write counted: {_find_advice(sight, 'accounts')}",
        )
    elif not _is_up(sight, "digests"):
        yield Blindness(
            subject="shapes",
            severity=Severity.INFO,
            message="accounts are counted exactly, but only polls see which statements they run"
            f"{f': {chance}' if chance else ''}",
            advice=f"to have every statement's shape counted: {_find_advice(sight, 'digests')}",
        )


def _say_uncounted(sight: Sight) -> str:
    state = sight.sources.get("accounts")
    if sight.performance_schema and state is not None and state.reason == "privilege":
        return "querywatch may not read what this server counts for each account"
    return "this server counts nothing for each account"


def _find_advice(sight: Sight, source: str) -> str:
    """Where the performance schema is on, what the source itself lacks; else what is to be switched on."""
    state = sight.sources.get(source)
    if sight.performance_schema and state is not None:
        return state.advice
    mariadb = sight.info is not None and sight.info.flavour is Flavour.MARIADB
    return _TURN_ON_USERSTAT if mariadb and source == "accounts" else _TURN_ON_PERFORMANCE_SCHEMA


def _find_unknown_schema(sight: Sight) -> Iterator[Blindness]:
    state = sight.sources.get("schema")
    if state is not None and not state.up and "schema" not in sight.ever_up and not state.offered:
        yield Blindness(
            subject="schema",
            severity=Severity.INFO,
            message="the practice's tables and indexes are not visible to querywatch: no statement about a missing "
            "index can be made",
            advice=state.advice,
        )


def _is_up(sight: Sight, name: str) -> bool:
    state = sight.sources.get(name)
    return state is not None and state.up
