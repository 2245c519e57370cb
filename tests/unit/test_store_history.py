"""What the state file keeps comes back as it was, for as long as is promised, in a file that stays small."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from querywatch.analysis.timeline import Change, ChangeKind
from querywatch.errors import StateError
from querywatch.findings import Acknowledgement, OpenFinding
from querywatch.model import Evidence, Finding, Flavour, Index, Schema, ServerInfo, Severity, Table
from querywatch.store import Store
from querywatch.store.acknowledgements import (
    add_acknowledgement,
    end_acknowledgement,
    load_acknowledgements,
)
from querywatch.store.baselines import BaselineRow, drop_baselines, load_baselines, save_baselines
from querywatch.store.findings import load_finding_history, load_findings, save_findings
from querywatch.store.history import (
    Gap,
    add_changes,
    load_changes,
    load_gaps,
    load_shapes,
    load_table_rows,
    save_gap,
    save_names,
    save_shapes,
    save_table_rows,
)
from querywatch.store.retention import DAY_SECONDS, Retention, prune
from querywatch.store.servers import (
    KnownServer,
    load_server,
    pack_schema,
    save_info,
    save_schema,
    save_seen,
    save_variables,
)
from querywatch.store.trail import load_events
from querywatch.store.trials import TrialRecord, load_trials, save_trial
from querywatch.store.use import PastUse, Use, add_use, load_use
from querywatch.store.writes import WriteNote, add_writes, load_writes

DAY = 86_400.0
NOW = 20_000 * DAY + 12 * 3600.0  # noon of some day
FINDING = Finding(
    rule="index.missing", severity=Severity.WARNING, integration="vendor", subject="patient",
    message="m", advice="a", evidence=Evidence.COUNTED, table="patient", columns=("a,b", "c"), rewrite="SELECT ?",
)  # fmt: skip
WRITE = WriteNote(
    integration="vendor", account="v", host="h", operation="update", outcome="done", evidence="counted",
    statements=2.0, first_at=NOW, last_at=NOW,
)  # fmt: skip


def make_open(finding: Finding, at: float) -> OpenFinding:
    return OpenFinding(finding=finding, opened_at=at, last_seen_at=at, severe_at=at)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path)) as opened:
        yield opened


def test_a_finding_comes_back_whole(store: Store) -> None:
    """With the table, the columns and the rewrite that it is about."""
    with store.writing() as connection:
        save_findings(connection, "office", [make_open(FINDING, NOW)], NOW)
        (found,) = load_findings(connection, "office")
    assert (found.finding.table, found.finding.columns) == (FINDING.table, FINDING.columns)
    assert found.finding.rewrite == FINDING.rewrite


def test_the_history_of_findings_has_all_of_them_at_their_worst(store: Store) -> None:
    """From opening to resolving; one that opened twice stands there twice."""
    worse = replace(FINDING, severity=Severity.CRITICAL, message="worse")
    with store.writing() as connection:
        save_findings(connection, "office", [make_open(FINDING, NOW)], NOW)
        save_findings(connection, "office", [make_open(worse, NOW)], NOW + 10)
        save_findings(connection, "office", [make_open(FINDING, NOW)], NOW + 20)
        save_findings(connection, "office", [], NOW + 30)
        save_findings(connection, "office", [make_open(FINDING, NOW + 60)], NOW + 60)
        first, second = load_finding_history(connection, "office", NOW)
        assert (first.opened_at, first.resolved_at, first.finding.severity) == (
            NOW,
            NOW + 30,
            Severity.CRITICAL,
        )
        assert (second.opened_at, second.resolved_at, second.finding.severity) == (
            NOW + 60,
            None,
            Severity.WARNING,
        )
        assert load_finding_history(connection, "office", NOW + 40) == (second,)
        assert load_finding_history(connection, "branch", 0) == ()


def test_baselines_come_back_to_the_last_bit(store: Store) -> None:
    """Each in its slot; a later one takes the place of the earlier."""
    row = BaselineRow(
        integration="vendor", fingerprint="f", measure="seconds", numbers=(0.1, float("inf"), -1e-300)
    )
    other = replace(row, slot=3, numbers=())
    with store.writing() as connection:
        save_baselines(connection, "office", [replace(row, numbers=(1.0,)), other], NOW)
        save_baselines(connection, "office", [row], NOW)
        found = [replace(each, numbers=tuple(each.numbers)) for each in load_baselines(connection, "office")]
        assert sorted(found, key=lambda each: each.slot) == [row, other]
        drop_baselines(connection, "office")
        assert load_baselines(connection, "office") == ()


def test_no_text_enters_among_the_numbers(store: Store) -> None:
    """A baseline and a trial hold numbers alone."""
    row = BaselineRow(integration="vendor", fingerprint="f", measure="m", numbers=("Mary",))  # type: ignore[arg-type]
    with pytest.raises(TypeError), store.writing() as connection:
        save_baselines(connection, "office", [row], NOW)
    trial = TrialRecord(
        integration="vendor", question="all", started_at=NOW, state="on", windows={"off": ("Mary",)}
    )  # type: ignore[dict-item, arg-type]
    with pytest.raises(StateError) as fault, store.writing() as connection:
        save_trial(connection, "office", trial, NOW)
    assert "Mary" not in str(fault.value)


def test_use_adds_up_by_the_hour(store: Store) -> None:
    """Unknown stays unknown until something is known; the longest is the longest."""
    first = Use(integration="vendor", runs=2, seconds=0.5, longest_seconds=0.2)
    second = Use(integration="vendor", runs=3, seconds=1.0, rows_examined=7, longest_seconds=0.1)
    shape = Use(integration="vendor", fingerprint="f", runs=1)
    with store.writing() as connection:
        add_use(connection, "office", [first, shape], NOW)
        add_use(connection, "office", [second], NOW + 60)
        add_use(connection, "office", [shape], NOW + 3600)
        found = load_use(connection, "office", NOW, NOW + 7200)
    whole = Use(integration="vendor", runs=5, seconds=1.5, rows_examined=7, longest_seconds=0.2)
    assert found == (
        PastUse(started_at=NOW, length_seconds=3600, use=whole),
        PastUse(started_at=NOW, length_seconds=3600, use=shape),
        PastUse(started_at=NOW + 3600, length_seconds=3600, use=shape),
    )


def test_use_of_long_ago_is_kept_by_the_day_without_losing_any(store: Store) -> None:
    """Pruned every day as the daemon does: the sums stay, hours become days, and what is too old goes."""
    with store.writing() as connection:
        for day in range(60):
            for hour in range(24):
                at = NOW + day * DAY + hour * 3600
                add_use(connection, "office", [Use(integration="vendor", runs=1, seconds=2.0)], at)
            retention = Retention(hours_seconds=10 * DAY, history_seconds=40 * DAY)
            prune(connection, retention, NOW + (day + 1) * DAY)
        found = load_use(connection, "office", 0, NOW + 100 * DAY)
    days = [each for each in found if each.length_seconds == DAY]
    hours = [each for each in found if each.length_seconds == 3600]
    assert {each.use.runs for each in days} == {24}
    assert {each.use.seconds for each in days} == {48.0}
    assert {each.use.runs for each in hours} == {1}
    assert len(days) == 30
    assert 10 * 24 <= len(hours) < 11 * 24
    assert days[-1].started_at + DAY == hours[0].started_at


def test_changes_and_gaps_come_back_in_order(store: Store) -> None:
    """A gap grows until it ends."""
    changes = [
        Change(at=NOW + place, kind=kind, subject="patient", words="w")
        for place, kind in enumerate((ChangeKind.INDEX, ChangeKind.RESTART))
    ]
    with store.writing() as connection:
        add_changes(connection, "office", reversed(changes))
        assert load_changes(connection, "office", NOW) == tuple(changes)
        assert load_changes(connection, "office", NOW + 1) == (changes[1],)
        for end in (NOW + 60, NOW + 120):
            save_gap(connection, "office", Gap(started_at=NOW, ended_at=end, reason="away"))
        assert load_gaps(connection, "office", NOW) == (
            Gap(started_at=NOW, ended_at=NOW + 120, reason="away"),
        )
        assert load_gaps(connection, "office", NOW + 121) == ()


def test_sizes_of_tables_are_kept_where_they_moved(store: Store) -> None:
    """By a percent; what it was before the time that is asked for is told too."""
    with store.writing() as connection:
        for hour, rows in enumerate((10_000, 10_050, 10_090, 10_150, 10_151, 9_000)):
            save_table_rows(
                connection, "office", {"opendental.patient": rows, "opendental.x": 0}, NOW + hour * 3600
            )
        patient = load_table_rows(connection, "office", "opendental.patient", NOW + 3600)
        assert patient == ((NOW, 10_000), (NOW + 3 * 3600, 10_150), (NOW + 5 * 3600, 9_000))
        assert load_table_rows(connection, "office", "opendental.x", 0) == ((NOW, 0),)


def test_shapes_remember_when_they_were_first_and_last_seen(store: Store) -> None:
    with store.writing() as connection:
        save_shapes(connection, "office", {"f": ("SELECT 1", "")}, NOW)
        save_shapes(connection, "office", {"f": ("SELECT patnum FROM patient", "patient")}, NOW + 60)
        (shape,) = load_shapes(connection, "office")
    assert (shape.first_seen_at, shape.last_seen_at, shape.tables) == (NOW, NOW + 60, "patient")


def test_a_server_is_remembered_as_it_was(store: Store) -> None:
    """Version, variables, tables and names, so that what changed meanwhile is seen after a restart."""
    table = Table(
        database="opendental", name="patient", engine="MyISAM", rows=5, columns={"patnum": "bigint(20)"},
        indexes=(Index(name="PRIMARY", columns=("patnum",), unique=True, prefixes=(None,)),),
    )  # fmt: skip
    schema = Schema(tables={("opendental", "patient"): table})
    info = ServerInfo(name="office", flavour=Flavour.MYSQL, version=(5, 6, 24))
    with store.writing() as connection:
        assert load_server(connection, "office") == KnownServer()
        save_seen(connection, "office", NOW, up=True)
        save_seen(connection, "office", NOW + 60, up=False)
        save_info(connection, "office", info)
        save_variables(connection, "office", {"sql_mode": ""})
        save_schema(connection, "office", pack_schema(schema))
        save_names(connection, "office", "host", ["ws1", "ws2"], NOW)
        known = load_server(connection, "office")
    assert (known.watched_since, known.seen_at, known.info) == (NOW, NOW, info)
    assert known.variables == {"sql_mode": ""}
    assert known.schema == schema
    assert known.names == {"host": frozenset({"ws1", "ws2"})}


def test_acknowledgements_stand_until_they_end_and_are_in_the_trail(store: Store) -> None:
    """A later one of the same takes the place of the earlier; taken back, it is gone."""
    entry = Acknowledgement(
        integration="vendor", rule="index.missing", who="IT", why="known", made_at=NOW, until=NOW + 100
    )
    later = replace(entry, made_at=NOW + 10, until=NOW + 50)
    with store.writing() as connection:
        add_acknowledgement(connection, "office", entry)
        add_acknowledgement(connection, "office", later)
        assert load_acknowledgements(connection, "office", NOW + 20) == (later,)
        assert load_acknowledgements(connection, "branch", NOW + 20) == ()
        assert load_acknowledgements(connection, "office", NOW + 50) == ()
        assert end_acknowledgement(connection, "office", entry, NOW + 30)
        assert not end_acknowledgement(connection, "office", entry, NOW + 31)
        assert load_acknowledgements(connection, "office", NOW + 32) == ()
        said = [event.event for event in load_events(connection)]
    assert said == ["acknowledgement", "acknowledgement ended", "acknowledgement", "acknowledgement ended"]


def test_writes_of_long_ago_are_folded_by_the_hour_and_none_is_lost(store: Store) -> None:
    """Numbers, the first and the last stay true; what differs in anything stays apart; six years on it goes."""
    with store.writing() as connection:
        for minute in range(120):
            at = NOW + minute * 60
            add_writes(connection, "office", [replace(WRITE, first_at=at, last_at=at + 9)])
        add_writes(connection, "office", [replace(WRITE, outcome="refused")])
        retention = Retention(hours_seconds=DAY, writes_seconds=100 * DAY)
        prune(connection, retention, NOW + 10 * DAY)
        found = load_writes(connection, "office", "vendor")
        assert sorted((each.first_at, each.last_at, each.statements, each.outcome) for each in found) == [
            (NOW, NOW, 2.0, "refused"),
            (NOW, NOW + 59 * 60 + 9, 120.0, "done"),
            (NOW + 3600, NOW + 119 * 60 + 9, 120.0, "done"),
        ]
        prune(connection, retention, NOW + 11 * DAY)
        assert load_writes(connection, "office", "vendor") == found
        prune(connection, retention, NOW + 101 * DAY)
        assert load_writes(connection, "office", "vendor") == ()


def test_trials_go_on_where_they_were(store: Store) -> None:
    trial = TrialRecord(
        integration="vendor", question="all", started_at=NOW, state="waiting", windows={"off": (1, 2.5)}
    )
    with store.writing() as connection:
        number = save_trial(connection, "office", trial, NOW)
        done = replace(trial, trial_id=number, state="over", verdict="cause")
        assert save_trial(connection, "office", done, NOW + 60) == number
        assert load_trials(connection, "office") == (done,)


def test_a_server_has_no_more_than_its_share(store: Store) -> None:
    """Whatever floods a table, only the latest rows of that server stay."""
    with store.writing() as connection:
        add_changes(
            connection,
            "office",
            (Change(at=NOW + n, kind=ChangeKind.HOST, subject="h", words="w") for n in range(25_000)),
        )
        add_changes(connection, "branch", [Change(at=NOW, kind=ChangeKind.HOST, subject="h", words="w")])
        prune(connection, Retention(), NOW + DAY)
        kept = load_changes(connection, "office", 0)
        assert len(kept) == 20_000
        assert kept[-1].at == NOW + 24_999
        assert len(load_changes(connection, "branch", 0)) == 1


def test_what_is_too_old_goes_and_what_still_matters_stays(store: Store) -> None:
    """A finding that is open, and the last size of a table that never changes, however old."""
    with store.writing() as connection:
        save_findings(connection, "office", [make_open(FINDING, NOW)], NOW)
        save_table_rows(connection, "office", {"t": 1}, NOW)
        add_changes(connection, "office", [Change(at=NOW, kind=ChangeKind.HOST, subject="h", words="w")])
        prune(connection, Retention(), NOW + 500 * DAY_SECONDS)
        assert len(load_finding_history(connection, "office", 0)) == 1
        assert load_table_rows(connection, "office", "t", 0) == ((NOW, 1),)
        assert load_changes(connection, "office", 0) == ()
