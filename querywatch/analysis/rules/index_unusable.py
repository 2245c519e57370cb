"""index.unusable: the statement asks in a way that no index can answer, so that a large table is read."""

from collections.abc import Iterator, Sequence

from querywatch.analysis.advice import find_blocked, find_steps, find_text, leads
from querywatch.analysis.cost import cap_severity, ease_severity, find_runs_per_minute
from querywatch.analysis.reads import Read, find_reads
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import join_words, say_rate, say_who
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Finding, Severity
from querywatch.sql.reading import Blocker, Predicate
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to compare the column itself, unchanged, with a value of the column's own type, so that an "
    "index can find the rows."
)
_ADVICE_SEARCH = (
    "Ask its vendor to search for how the text begins (LIKE with the wildcard at its end), to keep a searchable "
    "copy outside of the practice's database, or to look among few rows that another condition chooses."
)
_ADVICE_OR = (
    "Ask its vendor to send a query of its own for each alternative, so that an index can serve each."
)
_ADVICE_ORDER = (
    "Ask its vendor to ask for the rows in the order of a column that an index holds whole, or to sort what it fetched "
    "itself, of few rows that a condition chooses."
)
_ADVICE_HINT = (
    "Ask its vendor to leave the index hint out: the server knows from the office's data which index serves."
)
_NARROW = frozenset({Blocker.OR, Blocker.HINT})  # where another index serves, they may cost nothing
_SAID = frozenset({Blocker.PREFIX_INDEX, Blocker.HINT})  # whose reason names the index
_SEARCHES = frozenset({Blocker.WILDCARD, Blocker.REGEXP})


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each large table of a third party's shape that is read because of how it is asked."""
    for load in situation.third_party_queries:
        for read in find_reads(load, situation):
            blocked = tuple(find_blocked(read.access, read.table))
            if (
                blocked
                and _is_barred(read, blocked)
                and read.rows is not None
                and read.rows >= _find_least(read, situation)
            ):
                yield _describe(load, read, blocked, situation)


def _is_barred(read: Read, blocked: Sequence[Predicate]) -> bool:
    """Whether the blocked conditions could have spared the reading: an OR over tables is told of the one read whole."""
    return read.is_whole or any(each.blocker not in _NARROW for each in blocked)


def _find_least(read: Read, situation: Situation) -> float:
    """The rows from which on it matters: a LIMIT, or another condition's index, may leave few."""
    return float("inf") if read.access.limited else situation.limits.large_table_rows


def _describe(load: QueryLoad, read: Read, blocked: Sequence[Predicate], situation: Situation) -> Finding:
    runs_per_minute, rows = find_runs_per_minute(load, situation), read.rows or 0.0
    severity = find_unusable_severity(rows, runs_per_minute, situation)
    rewrite = find_text(load.statement.shape, find_steps(read.access, read.table), situation.known_names)
    reasons = join_words([_say_reason(each, read) for each in blocked])
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    served = "" if read.is_whole else f" The index {read.access.index} still spares it the rest of the table."
    return Finding(
        rule=RULE.id,
        severity=severity if read.is_whole else cap_severity(severity, Severity.WARNING),
        integration=load.integration.name,
        subject=read.table.name,
        fingerprint=load.statement.fingerprint,
        table=read.table.name,
        columns=tuple(each.column for each in blocked),
        message=f"{say_who(load.integration, load.account, shared=load.shared)} makes the server read "
        f"{format_count(rows)} rows of {read.table.name} to answer one query, {often}, because {reasons}.{served}",
        advice=_find_advice(blocked, rewrite),
        rewrite=rewrite,
        evidence=read.evidence,
        measured=rows * runs_per_minute if situation.rates_are_known else None,
        limit=situation.limits.rows_per_minute_warning,
    )


def find_unusable_severity(rows: float, runs_per_minute: float, situation: Situation) -> Severity:
    """Never less than a warning by day, for it can be helped; critical where a run alone is heavy, or runs come often.

    A run of fewer rows than `rows_per_run` is over in a moment: somebody's look-up, unless it comes all the time.
    """
    limits = situation.limits
    if not situation.rates_are_known:
        return Severity.WARNING
    often = runs_per_minute > limits.lookups_per_minute_critical
    rows_per_minute = rows * runs_per_minute
    heavy = rows >= limits.rows_per_run and rows_per_minute >= limits.rows_per_minute_critical
    critical = often or heavy or rows >= limits.rows_per_run_critical
    return ease_severity(Severity.CRITICAL if critical else Severity.WARNING, situation)


def _find_advice(blocked: Sequence[Predicate], rewrite: str) -> str:
    if rewrite:
        return f"{_ADVICE} Written so, an index that Open Dental has serves it: {rewrite}"
    blockers = {each.blocker for each in blocked}
    if blockers <= {Blocker.OR}:
        return _ADVICE_OR
    if blockers <= {Blocker.HINT}:
        return _ADVICE_HINT
    if blockers <= {Blocker.PREFIX_INDEX}:
        return _ADVICE_ORDER
    return _ADVICE_SEARCH if blockers & _SEARCHES else _ADVICE


def _say_reason(predicate: Predicate, read: Read) -> str:
    name = f"{read.table.name}.{predicate.column}"
    reason = {
        Blocker.FUNCTION: f"{name} stands inside {predicate.function or 'a function'}()",
        Blocker.ARITHMETIC: f"it calculates with {name}",
        Blocker.CAST: f"{name} is text and is compared with a number"
        if predicate.operator != "like"
        else f"{name} is no text and is compared with a pattern",
        Blocker.COLLATION: f"{name} is compared in another collation",
        Blocker.WILDCARD: f"the pattern that {name} is compared with begins with a wildcard",
        Blocker.REGEXP: f"{name} is searched by a regular expression",
        Blocker.OR: f"{name} stands in an OR with other columns",
        Blocker.HINT: f"its own index hint keeps the server from the index on {name}",
        Blocker.PREFIX_INDEX: f"it asks for the order or an end of {name}, of which the index holds but the beginning",
    }.get(predicate.blocker or Blocker.FUNCTION, f"no index serves the condition on {name}")
    bars = leads(read.table, predicate.column) and predicate.blocker not in _SAID
    return f"{reason}, which bars the index on it" if bars else reason


RULE = Rule(
    id="index.unusable",
    says="a large table is read because the statement asks in a way that no index can answer: a function around the "
    "column, a leading wildcard, a number for a text, an OR over several columns, an order that no index has whole",
    why="The index is there, and the server must read every row all the same, because what is asked for is not what "
    "the index is sorted by.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
