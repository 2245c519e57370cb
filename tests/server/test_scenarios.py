"""What offices and vendors really do, on real servers: what is found, and what must not be."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace

import pymysql
import pytest
from server.servers import PRACTICE, RunningServer
from server.watching import (
    OFFICE,
    VENDOR,
    find_findings,
    find_integration,
    keep_watching,
    make_watch,
    repeating,
    watch_until,
    watching,
)

from querywatch.analysis.situation import Limits
from querywatch.model import Evidence, Finding, Kind, Severity
from querywatch.service.watch import Watch
from querywatch.snapshot import Snapshot

_SETTLE_SECONDS = 0.3  # a statement may reach the counters a moment after its client has the answer
_APPOINTMENTS = 12_288
# In MySQL's whole seconds what runs for less than one may show one, so the limit lies above.
_QUICK = Limits(learning_seconds=1.0, running_seconds_warning=1.5, running_seconds_critical=6.0)

pytestmark = pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11", "mariadb-11.8-ps")


@pytest.fixture(scope="module")
def practice(server: RunningServer) -> Iterator[RunningServer]:
    """A vendor's account, tables that the office and the vendor ask for, and counters where there are any."""
    server.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")
    server.execute(
        "CREATE TABLE signalod (SignalNum BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, SigDateTime DATETIME, "
        "IType TINYINT)",
        "CREATE TABLE appointment (AptNum BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, DateTStamp DATETIME, "
        "Note VARCHAR(20)) ENGINE=MyISAM",
        "INSERT INTO signalod (SigDateTime, IType) VALUES (NOW(), 1), (NOW(), 2)",
        "INSERT INTO appointment (DateTStamp) VALUES (NOW()), (NOW()), (NOW())",
        *["INSERT INTO appointment (DateTStamp) SELECT '2001-01-01' FROM appointment"] * 12,
        database=PRACTICE,
    )
    if not server.performance_schema:
        server.execute("SET GLOBAL userstat = 1")
    yield server
    if not server.performance_schema:
        server.execute("SET GLOBAL userstat = 0")
    server.execute("DROP TABLE signalod", "DROP TABLE appointment", database=PRACTICE)


def send(server: RunningServer, account: str, *statements: str) -> None:
    """Runs them on a connection of their own, whatever the server answers, until all are counted."""
    with closing(server.client(account, database=PRACTICE)) as client, client.cursor() as cursor:
        for statement in statements:
            with suppress(pymysql.MySQLError):
                cursor.execute(statement)
    server.await_end(client.thread_id())


def find_others(snapshot: Snapshot) -> list[Finding]:
    """The findings but those of what cannot be seen."""
    return [found.finding for found in snapshot.findings if found.finding.rule != "coverage.blind"]


def find_strangers(snapshot: Snapshot) -> list[str]:
    """Why anybody is taken for unknown."""
    unknown = [state for state in snapshot.integrations if state.integration.kind is Kind.UNKNOWN]
    return [each.reason for state in unknown for each in state.attributions] or ["unknown"] * len(unknown)


def test_workstations_that_poll_are_the_offices_and_no_finding(practice: RunningServer) -> None:
    """Twenty sessions ask for signals once a second; no index serves it, and it is nobody's business."""
    poll = "SELECT * FROM signalod WHERE SigDateTime > NOW() - INTERVAL 7 SECOND ORDER BY SigDateTime"
    polls = []

    def work() -> None:
        with closing(practice.root(database=PRACTICE)) as workstation, workstation.cursor() as cursor:
            for _ in range(2):
                cursor.execute(poll)
                polls.append(poll)
                time.sleep(1)

    with watching(practice, limits=_QUICK) as watch:
        with repeating(*[work] * 20):
            keep_watching(watch, 1.5)
            snapshot = watch_until(watch, lambda seen: find_integration(seen, "opendental").sleeping >= 15)
            sleeping = find_integration(snapshot, "opendental").sleeping
        snapshot = keep_watching(watch, _SETTLE_SECONDS)
    assert find_others(snapshot) == []
    assert sleeping >= 15
    assert find_integration(snapshot, "opendental").statements_total >= len(polls)
    assert find_integration(snapshot, "vendor").statements_total == 0
    assert find_strangers(snapshot) == []


def test_who_is_still_logging_in_is_nobody(practice: RunningServer) -> None:
    """The servers give such a session a name of their own, which no account has."""
    with (
        watching(practice, limits=_QUICK) as watch,
        repeating(*[lambda: practice.root().close()] * 3),
    ):
        ends_at = time.monotonic() + 1.5
        while time.monotonic() < ends_at:
            watch.cycle(count=True)
        snapshot = watch.snapshot
    assert find_others(snapshot) == []
    assert find_strangers(snapshot) == []


_AGENTS_POLL = (
    "SELECT AptNum, SLEEP(0.1) FROM appointment WHERE DateTStamp > '2020-01-01 08:00:00' AND Note IS NULL"
)


@pytest.mark.servers("mysql-9.7", "mariadb-10.11", "mariadb-11.8-ps")  # the others' images hold no client
def test_an_agent_on_the_offices_account_is_told_by_where_it_sits(practice: RunningServer) -> None:
    """Open Dental is root from the workstations; root from the server itself is nobody's, and is found so."""
    run = practice.run
    assert run is not None
    with closing(practice.root()) as root, root.cursor() as cursor:
        cursor.execute(
            "SELECT SUBSTRING_INDEX(HOST, ':', 1) FROM information_schema.PROCESSLIST "
            "WHERE ID = CONNECTION_ID()"
        )
        workstations = replace(OFFICE, hosts=(str(cursor.fetchall()[0][0]),))

    def is_told(seen: Snapshot) -> bool:
        missing = find_findings(seen, "index.missing")
        critical = any(finding.severity is Severity.CRITICAL for finding in missing)
        return critical and bool(find_findings(seen, "access.unknown"))

    agent = f'mysql --protocol=tcp --host=127.0.0.1 --user=root {PRACTICE} --execute="{_AGENTS_POLL}"'
    with (
        watching(practice, (workstations, VENDOR), limits=_QUICK) as watch,
        closing(practice.root(database=PRACTICE)),
        repeating(lambda: run(agent) and None),
    ):
        snapshot = watch_until(watch, is_told)
    findings = find_others(snapshot)
    missing = [finding for finding in findings if finding.rule == "index.missing"]
    assert [(finding.integration, finding.severity) for finding in missing] == [
        ("unknown", Severity.CRITICAL)
    ]
    assert "Software that no integration claims, on the shared account root" in missing[0].message
    (stranger,) = [finding for finding in findings if finding.rule == "access.unknown"]
    assert stranger.subject.startswith("root@")
    assert {finding.integration for finding in findings} == {"unknown"}


@pytest.mark.servers("mysql-9.7", "mariadb-10.11")
def test_an_agent_that_nothing_tells_from_the_office_is_not_blamed_on_anybody(
    practice: RunningServer,
) -> None:
    """The same account from the same machine: its work counts as the office's, which is no third party."""
    with (
        watching(practice, limits=_QUICK) as watch,
        repeating(lambda: send(practice, "root", _AGENTS_POLL)),
    ):
        snapshot = keep_watching(watch, 2.0)
        running = [each.attribution.reason for each in snapshot.running]
    assert find_others(snapshot) == []
    assert find_integration(snapshot, "opendental").statements_total > 0
    assert set(running) <= {"account root"}


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11")
def test_a_dump_by_the_office_is_no_finding(practice: RunningServer) -> None:
    """What mysqldump sends, again and again, while a vendor's session sleeps; of a vendor it would be too much."""
    limits = replace(_QUICK, rows_per_run=_APPOINTMENTS - 1)
    dump = (
        "FLUSH /*!40101 LOCAL */ TABLES",
        "FLUSH TABLES WITH READ LOCK",
        "UNLOCK TABLES",
        "LOCK TABLES appointment READ, patient READ, signalod READ",
        "SHOW CREATE TABLE appointment",
        "SELECT /*!40001 SQL_NO_CACHE */ *, SLEEP(0.00001) FROM `appointment`",
        "SELECT /*!40001 SQL_NO_CACHE */ * FROM `patient`",
        "UNLOCK TABLES",
    )
    with watching(practice, limits=limits) as watch, closing(practice.client("vendor", database=PRACTICE)):
        with repeating(lambda: send(practice, "root", *dump)):
            keep_watching(watch, 1.5)
        snapshot = keep_watching(watch, _SETTLE_SECONDS)
    assert [
        finding
        for finding in find_others(snapshot)
        if finding.integration != "opendental" or finding.severity is not Severity.INFO
    ] == []
    assert find_integration(snapshot, "opendental").statements_total > 0


def test_a_long_report_of_the_office_is_information(practice: RunningServer) -> None:
    report = "SELECT LName, SLEEP(1.2) FROM patient LIMIT 2"
    with watching(practice, limits=_QUICK) as watch, repeating(lambda: send(practice, "root", report)):
        snapshot = watch_until(watch, lambda seen: bool(find_others(seen)))
    (finding,) = find_others(snapshot)
    assert (finding.rule, finding.severity, finding.integration) == (
        "running.long",
        Severity.INFO,
        "opendental",
    )


def test_garbled_text_is_reduced_and_still_timed(practice: RunningServer) -> None:
    """What runs is found by its time, what the server refuses breaks nothing, and none of it is shown."""
    runs = (
        f"SELECT SLEEP(2.3), 'Zyxwanda {'metformin ' * 7_000}'",  # the server shows it cut in the literal
        "SELECT\tSLEEP(2.3),\n'Zyx\u00a0wanda' /* \u00a0metformin */ AS\u3000x FROM patient LIMIT 1",
    )
    refused = (
        *(statement[1:] for statement in runs),
        *(statement[: len(statement) // 2] for statement in runs),
        # None is, but for its end, what the server shows of the cut one: that would take its shape's name from it.
        "SELECT\u00a0'Zyxwanda', SLEEP(2.3)",
        "SELECT SLEEP(2.3), _latin1'Zyxwanda\\'s', \"metformin",
    )
    sent = [(statement,) for statement in runs] + [refused]
    works = [lambda statements=statements: send(practice, "vendor", *statements) for statements in sent]
    with watching(practice, limits=_QUICK) as watch, repeating(*works):
        keep_watching(watch, 2.2)
        snapshot = watch_until(watch, lambda seen: len(find_findings(seen, "running.long")) >= len(runs))
    shown = repr((snapshot, find_others(snapshot))).casefold()
    assert snapshot.up, snapshot.trouble
    assert "zyx" not in shown
    assert "metformin" not in shown
    long = find_findings(snapshot, "running.long")
    assert {finding.integration for finding in long} == {"vendor"}
    assert len({finding.fingerprint for finding in long}) == len(runs)


def test_an_account_with_process_alone_works_and_names_the_grants(practice: RunningServer) -> None:
    """It still finds what runs too long, and says of what it cannot see which grant would show it."""
    practice.create_account("modest", "PROCESS ON *.*")
    with (
        closing(watch_as(practice, "modest")) as watch,
        repeating(lambda: send(practice, "vendor", "SELECT SLEEP(2.3)")),
    ):
        snapshot = watch_until(watch, lambda seen: bool(find_findings(seen, "running.long")))
    advice = {finding.subject: finding.advice for finding in find_findings(snapshot, "coverage.blind")}
    assert "GRANT REFERENCES" in advice["schema"]
    if practice.performance_schema:
        assert "GRANT SELECT ON performance_schema.*" in advice["writes"]
    else:
        assert set(advice) == {"schema", "shapes"}  # userstat wants no more than PROCESS
    assert [finding.integration for finding in find_findings(snapshot, "running.long")] == ["vendor"]


def test_an_account_without_process_says_that_it_sees_nobody(practice: RunningServer) -> None:
    practice.create_account("blindfolded")
    with closing(watch_as(practice, "blindfolded")) as watch:
        watch.cycle(count=True)
        blind = {finding.subject: finding for finding in find_findings(watch.snapshot, "coverage.blind")}
    assert blind["processlist"].severity is Severity.WARNING
    assert blind["processlist"].advice == "GRANT PROCESS ON *.* TO the account"


def watch_as(server: RunningServer, account: str) -> Watch:
    """A watch that logs in as that account, which has no password."""
    return make_watch(server.endpoint(account), limits=_QUICK)


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11")
def test_lists_of_any_length_are_one_shape(practice: RunningServer) -> None:
    """From one id to five thousand, as the polls and the server's digests give them."""
    lists = [", ".join(str(number + 2) for number in range(length)) for length in (1, 2, 40, 5_000)]
    statements = [f"SELECT LName, SLEEP(0.2) FROM patient WHERE PatNum IN ({ids})" for ids in lists]
    with watching(practice, limits=_QUICK) as watch:
        with repeating(lambda: send(practice, "vendor", *statements)):
            keep_watching(watch, 1.6)
        snapshot = keep_watching(watch, _SETTLE_SECONDS)
    shapes = {info.fingerprint: info.shape for info in snapshot.query_infos if "patient" in info.tables}
    seen = [query for query in snapshot.queries if query.fingerprint in shapes]
    assert len({query.fingerprint for query in seen}) == 1, shapes
    assert seen[0].executions >= 4


def test_a_program_link_that_runs_one_quick_statement_is_found(practice: RunningServer) -> None:
    """Connected and gone between two polls: the counters tell."""
    with watching(practice, (OFFICE, replace(VENDOR, kind=Kind.PROGRAM_LINK))) as watch:
        send(practice, "vendor", "SELECT 1")
        watch.cycle(count=True)
        (finding,) = find_findings(watch.snapshot, "access.kind")
    assert (finding.integration, finding.severity, finding.evidence) == (
        "vendor",
        Severity.WARNING,
        Evidence.COUNTED,
    )
