"""Reads a case, as people write it in YAML, into the situation that a cycle would have brought."""

import csv
import random
from collections import defaultdict
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from querywatch.analysis.access.reading import find_reading
from querywatch.analysis.office_work import find_office_work
from querywatch.analysis.regression import Regression
from querywatch.analysis.situation import (
    AccountLoad,
    Blindness,
    Limits,
    QueryLoad,
    RunningSession,
    Situation,
    WriteSeen,
)
from querywatch.hours import WeeklyHours, parse_weekly_hours
from querywatch.model import (
    Attribution,
    Budgets,
    Evidence,
    Index,
    Integration,
    Kind,
    Operation,
    Right,
    Schedule,
    Schema,
    Session,
    Severity,
    Table,
)
from querywatch.plan import Plan, PlanAccess, PlanRow
from querywatch.sql.hints import find_hints
from querywatch.sql.reduce import reduce_text
from tests.cases.queues import make_blocks, make_crowds, parse_duration
from tests.cases.regressions import make_regression, make_subject

NOW = 1_795_363_200.0
DATABASE = "opendental"
_ASLEEP_SECONDS = 900.0
_STATES = 6  # that an appointment, a patient or a procedure may be in
_CASE_WORDS = {
    "account",
    "account load",
    "agreed",
    "allowed hours",
    "at",
    "blind",
    "budgets",
    "configured",
    "connections",
    "counts first",
    "every",
    "evidence",
    "finds",
    "host",
    "hosts",
    "kind",
    "limits",
    "maintenance",
    "name",
    "no index used",
    "office hours",
    "perhaps temporary",
    "plan",
    "regression",
    "rights",
    "rows examined",
    "rows sent",
    "running",
    "seen",
    "statement",
    "takes",
    "usual connections",
    "waiting",
    "who",
    "window",
    "writes",
}


def make_situation(case: dict[str, Any]) -> Situation:
    """The situation of one case; a word that no case may use is a mistake in the case."""
    unknown = case.keys() - _CASE_WORDS
    if unknown:
        raise ValueError(f"words that cases do not have: {sorted(unknown)}")
    integration = _make_integration(case)
    configured = case.get("configured", [] if integration.kind is Kind.UNKNOWN else [integration.name])
    queries, running = tuple(_make_queries(case, integration)), tuple(_make_running(case, integration))
    return Situation(
        now=NOW,
        server=None,
        schema=make_schema(),
        limits=_make_limits(case.get("limits", {})),
        integrations=dict.fromkeys(configured, integration),
        window_seconds=parse_duration(case.get("window", "5min")),
        accounts=tuple(_make_accounts(case, integration)),
        queries=queries,
        running=running,
        writes=tuple(_make_writes(case, integration)),
        blindness=tuple(_make_blindness(case)),
        rights=tuple(_make_rights(case)),
        regressions=tuple(_make_regressions(case, integration)),
        plans=_make_plans(case),
        blocks=make_blocks(case, running),
        crowds=make_crowds(case, running),
        office_work=find_office_work(queries, running),
        minute_of_week=parse_weekly_hours([f"{case['at']}-24:00"]).spans[0][0] if "at" in case else None,
        office_hours=_make_hours(case, "office hours"),
        maintenance=_make_hours(case, "maintenance"),
    )


def _make_hours(case: dict[str, Any], word: str) -> WeeklyHours | None:
    """Hours as the configuration writes them; `at` says what the office's clock shows: 'tue 12:30'."""
    return parse_weekly_hours(case[word]) if word in case else None


@cache
def make_schema() -> Schema:
    """Open Dental's tables at the sizes of a large practice, MyISAM as its maker sets them up."""
    columns = defaultdict[str, dict[str, str]](dict)
    for row in _read_facts("columns.tsv"):
        columns[row["table"].casefold()][row["column"].casefold()] = row["type"]
    rows = {row["table"].casefold(): int(row["rows"]) for row in _read_facts("rows.tsv")}
    return Schema(
        tables={
            (DATABASE, name): Table(
                database=DATABASE,
                name=name,
                engine="MyISAM",
                rows=rows.get(name),
                columns=columns[name],
                indexes=indexes,
            )
            for name, indexes in _make_indexes().items()
        }
    )


def _make_indexes() -> dict[str, tuple[Index, ...]]:
    types = {(row["table"].casefold(), row["column"]): row["type"] for row in _read_facts("columns.tsv")}
    parts = defaultdict[str, dict[str, list[dict[str, str]]]](lambda: defaultdict(list))
    for row in _read_facts("indexes.tsv"):
        parts[row["table"].casefold()][row["index"]].append(row)
    return {
        table: tuple(
            Index(
                name=name,
                columns=tuple(row["column"].casefold() for row in _sort_parts(rows)),
                prefixes=tuple(int(row["prefix"]) if row["prefix"] else None for row in _sort_parts(rows)),
                unique=rows[0]["unique"] == "1",
                cardinalities=(_STATES,) if types[table, rows[0]["column"]].startswith("tinyint") else (),
            )
            for name, rows in indexes.items()
        )
        for table, indexes in parts.items()
    }


def _sort_parts(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: int(row["position"]))


def _read_facts(name: str) -> list[dict[str, str]]:
    text = files("querywatch.demo").joinpath("opendental", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def _make_integration(case: dict[str, Any]) -> Integration:
    kind = Kind(case.get("kind", "direct-read"))
    budgets = {name.replace(" ", "_"): value for name, value in case.get("budgets", {}).items()}
    return Integration(
        name=case.get("who", "recall-texter") if kind is not Kind.UNKNOWN else "unknown",
        kind=kind,
        accounts=(_account(case),),
        hosts=tuple(case.get("hosts", ())),
        writes_allowed=kind.may_write,
        budgets=Budgets(**budgets),
        schedule=Schedule(
            period_seconds=parse_duration(case["agreed"]) if "agreed" in case else None,
            allowed_hours=_make_hours(case, "allowed hours"),
        ),
    )


def _make_limits(words: dict[str, Any]) -> Limits:
    given = {name.replace(" ", "_"): value for name, value in words.items()}
    severities = {rule: Severity(severity) for rule, severity in given.pop("severities", {}).items()}
    switched_off = frozenset(given.pop("switched_off", ()))
    return Limits(**given, severities=severities, switched_off=switched_off)


def _make_queries(case: dict[str, Any], integration: Integration) -> list[QueryLoad]:
    if "statement" not in case or "every" not in case:
        return []
    statement = reduce_text(case["statement"])
    executions, starts = _find_executions(case)
    examined, sent = case.get("rows examined"), case.get("rows sent")
    unindexed = case.get("no index used")
    hints = find_hints(case["statement"])
    load = QueryLoad(
        integration=integration,
        account=_account(case),
        statement=replace(statement, hints=hints),
        executions=executions,
        seconds=parse_duration(case.get("takes", 0.1)) * executions,
        rows_examined=None if examined is None else examined * executions,
        rows_sent=None if sent is None else sent * executions,
        no_index_used=None if unindexed is None else float(unindexed) * executions,
        evidence=Evidence(case.get("evidence", "counted")),
        started_at=starts,
        reading=find_reading(statement.outline, make_schema(), hints=hints),
    )
    if "counts first" not in case:
        return [load]
    counts = reduce_text(case["counts first"])
    return [load, replace(load, statement=counts, rows_sent=None, rows_examined=executions, reading=None)]


def _find_executions(case: dict[str, Any]) -> tuple[float, tuple[float, ...]]:
    """(executions in the window, start times seen). `seen` is the chance that polls see one of them."""
    every_seconds, window_seconds = parse_duration(case["every"]), parse_duration(case.get("window", "5min"))
    executions = window_seconds / every_seconds
    if "seen" not in case:
        return executions, ()
    chance = random.Random(case["name"])
    times = [NOW - run * every_seconds for run in range(int(3600 / every_seconds))]
    seen = sorted(time for time in times if chance.random() < case["seen"])
    if case.get("evidence", "counted") == "counted":
        return executions, tuple(seen)
    return float(sum(time > NOW - window_seconds for time in seen)), tuple(seen)


def _make_plans(case: dict[str, Any]) -> dict[str, Plan]:
    """`plan`: how the server's own plan of the statement reaches each table, and the rows it means to read of it."""
    if "plan" not in case:
        return {}
    rows = make_schema().tables
    planned = (
        PlanRow(
            table=table,
            access=PlanAccess(access.partition(" ")[0]),
            key=None,
            rows=int(access.partition(" ")[2] or rows[DATABASE, table].rows or 0),
        )
        for table, access in case["plan"].items()
    )
    return {reduce_text(case["statement"]).fingerprint: Plan(rows=tuple(planned), read_at=NOW)}


def _make_accounts(case: dict[str, Any], integration: Integration) -> list[AccountLoad]:
    """`account load`: statements by kind, seconds and rows, each a minute."""
    given = dict(case.get("account load", {}))
    if not given:
        return []
    minutes = parse_duration(case.get("window", "5min")) / 60
    examined, sent = given.pop("rows examined", None), given.pop("rows sent", None)
    seconds, at_least = given.pop("seconds", 0.0), given.pop("at least", 0.0)
    return [
        AccountLoad(
            integration=integration,
            account=_account(case),
            host=case.get("host"),
            reason="no integration claims it",
            statements={Operation(name): count * minutes for name, count in given.items()},
            seconds=seconds * minutes,
            rows_examined=None if examined is None else examined * minutes,
            rows_sent=None if sent is None else sent * minutes,
            evidence=Evidence(case.get("evidence", "counted")),
            statements_at_least_per_minute=at_least,
        )
    ]


def _make_running(case: dict[str, Any], integration: Integration) -> list[RunningSession]:
    """`running`: one active session; `connections`: so many asleep."""
    running = case.get("running")
    sessions = [_make_session(case, session_id, running) for session_id in ([1] if running else [])]
    sessions += [_make_session(case, 100 + place, None) for place in range(case.get("connections", 0))]
    attribution = Attribution(integration=integration, reason="no integration claims it")
    return [
        RunningSession(session=session, attribution=attribution, outward_shape="") for session in sessions
    ]


def _make_session(case: dict[str, Any], session_id: int, running: dict[str, Any] | None) -> Session:
    statement = reduce_text(case["statement"]) if running and "statement" in case else None
    return Session(
        session_id=session_id,
        account=_account(case),
        host=case.get("host", "10.0.0.5"),
        database=DATABASE,
        command=running.get("command", "Query") if running else "Sleep",
        state=running.get("state", "Sending data") if running else "",
        seconds=parse_duration(running["for"]) if running else _ASLEEP_SECONDS,
        statement=statement,
        program=running.get("program") if running else None,
    )


def _make_writes(case: dict[str, Any], integration: Integration) -> list[WriteSeen]:
    return [
        WriteSeen(
            integration=integration,
            account=_account(case),
            host=case.get("host"),
            operation=Operation(name),
            done=counts.get("done", 0),
            refused=counts.get("refused", 0),
            evidence=Evidence(case.get("evidence", "counted")),
            perhaps_temporary=case.get("perhaps temporary", False),
        )
        for name, counts in case.get("writes", {}).items()
    ]


def _make_rights(case: dict[str, Any]) -> list[Right]:
    """`rights`: an account's grants, each as `privileges`, `where` (database or table), `from` hosts, by a `role`."""
    return [
        Right(
            account=given.get("account", _account(case)),
            host=given.get("from", "%"),
            database=given.get("where", "").partition(".")[0],
            table=given.get("where", "").partition(".")[2],
            privileges=tuple(given["privileges"]),
            role=given.get("role", ""),
        )
        for given in case.get("rights", [])
    ]


def _make_regressions(case: dict[str, Any], integration: Integration) -> list[Regression]:
    if "regression" not in case:
        return []
    subject = make_subject(integration.name, reduce_text(case["statement"]) if "statement" in case else None)
    evidence = Evidence(case.get("evidence", "counted"))
    return [make_regression(case["regression"], subject, evidence, NOW, parse_duration)]


def _make_blindness(case: dict[str, Any]) -> list[Blindness]:
    return [
        Blindness(subject=subject, severity=Severity(severity), message=f"{subject} is away.", advice="Wait.")
        for subject, severity in case.get("blind", {}).items()
    ]


def _account(case: dict[str, Any]) -> str:
    return str(case.get("account", "recall"))
