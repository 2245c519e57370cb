"""access.kind: traffic that the declared kind of an integration excludes."""

from collections.abc import Iterator

from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account, say_who
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Evidence, Finding, Integration, Kind, Severity, Table
from querywatch.opendental import read_names
from querywatch.units import format_count

_PRACTICE_TABLE = "patient"  # the database that has it is the practice's
_ADVICE = (
    "Ask its vendor what it does in the database. When that is in order, declare it as what it is "
    "(direct-read, api); otherwise close its account."
)


def find(situation: Situation) -> Iterator[Finding]:
    """A finding for each account by which a program link reaches the database."""
    found = dict[tuple[str, str], Finding]()
    for load in situation.accounts:
        if load.integration.kind is Kind.PROGRAM_LINK and load.total > 0:
            did = f"ran {format_count(max(1.0, load.total))} statements"
            finding = _describe(load.integration, load.account, did, load.evidence)
            found.setdefault((load.integration.name, load.account), finding)
    for entry in situation.running:
        integration = entry.attribution.integration
        if integration.kind is Kind.PROGRAM_LINK:
            finding = _describe(integration, entry.session.account, "holds a connection", Evidence.SAMPLED)
            found.setdefault((integration.name, entry.session.account), finding)
    yield from found.values()
    yield from _find_out_of_hours(situation)
    yield from _find_own_tables(situation)


def _find_own_tables(situation: Situation) -> Iterator[Finding]:
    """A note for each table of the practice's database that only a third party uses, and Open Dental does not know."""
    schema = situation.schema
    if schema is None:
        return
    offices = {
        table
        for load in situation.queries
        for table in load.statement.tables
        if _is_offices(load.integration)
    }
    found = set[tuple[str, str]]()
    for load in situation.third_party_queries:
        for name in load.statement.tables:
            table, key = schema.find(name, None), (load.integration.name, name.casefold())
            if table is None or key in found or name in offices or key[1] in read_names():
                continue
            if schema.find(_PRACTICE_TABLE, table.database) is None:
                continue  # in a database of its own, where it belongs
            found.add(key)
            yield _describe_table(load, table)


def _is_offices(integration: Integration) -> bool:
    return not integration.kind.is_third_party


def _describe_table(load: QueryLoad, table: Table) -> Finding:
    return Finding(
        rule=RULE.id,
        severity=Severity.INFO,
        integration=load.integration.name,
        subject=table.name,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} uses {table.name} in the practice's "
        "database, which is none of Open Dental's tables.",
        advice="Ask its vendor to keep what is its own in a database of its own: Open Dental's updates and checks do "
        "not know this table, and every backup carries it along.",
        evidence=load.evidence,
        table=table.name,
    )


def _find_out_of_hours(situation: Situation) -> Iterator[Finding]:
    """A finding for each integration that is at work when it should not be."""
    minute = situation.minute_of_week
    if minute is None:
        return
    window_minutes = (
        situation.window_seconds / 60
    )  # what was counted in it may be from before the hours ended
    active = [
        (load.integration, load.account, load.evidence) for load in situation.accounts if load.total > 0
    ]
    active += [
        (entry.attribution.integration, entry.session.account, Evidence.SAMPLED)
        for entry in situation.running
        if entry.session.is_active
    ]
    found = set[str]()
    for integration, account, evidence in active:
        hours = integration.schedule.allowed_hours
        if hours is None or integration.name in found:
            continue
        if hours.contains(minute) or hours.contains(minute - window_minutes):
            continue
        found.add(integration.name)
        yield Finding(
            rule=RULE.id,
            severity=Severity.WARNING,
            integration=integration.name,
            subject=name_account(account),
            message=f"{integration.name} is at work as {name_account(account)} outside its allowed hours.",
            advice="Ask its vendor to keep to the hours agreed on; when they have changed, set allowed_hours anew.",
            evidence=evidence,
        )


def _describe(integration: Integration, account: str, did: str, evidence: Evidence) -> Finding:
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING,
        integration=integration.name,
        subject=name_account(account),
        message=f"{integration.name} is declared a program link, which has no business in the database, "
        f"and {did} as {name_account(account)}.",
        advice=_ADVICE,
        evidence=evidence,
    )


RULE = Rule(
    id="access.kind",
    says="a program link uses the database, an integration is at work outside its allowed hours, or keeps a table of "
    "its own among Open Dental's",
    why="What an integration is declared to be decides what the office allows it; one that does more was "
    "declared wrongly, or has changed.",
    advice=_ADVICE,
    category=Category.ACCESS,
    find=find,
    event=True,
)
