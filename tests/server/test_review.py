"""`review` against real servers: what it makes of statements is the same on each."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from server.daemons import write_config
from server.practice import REVIEWED, create_tables
from server.servers import RunningServer

from querywatch.demo.schema import parse_facts

_TABLES = ("patient", "appointment", "procedurelog", "procedurecode", "claimproc", "commlog", "document")
# Statement, how often, verdict, and a rule with the table it is about; none where all is well.
_SCENARIOS = (
    ("SELECT ProcNum FROM procedurelog", "15min", "critical", "size.unbounded", "procedurelog"),
    ("SELECT * FROM document", "nightly", "critical", "size.wide", "document"),
    (
        "SELECT PatNum,LName,FName,WirelessPhone,Email FROM patient WHERE DateTStamp > '2026-11-22 08:00:00'",
        *("30s", "critical", "index.missing", "patient"),
    ),
    (
        (
            "SELECT ProcNum,PatNum,ProcStatus,ProcFee FROM procedurelog WHERE DateTStamp >= '2026-11-22 07:29:55'"
            " AND DateTStamp < '2026-11-22 07:34:55'"
        ),
        *("5min", "ok", None, None),
    ),
    (
        (
            "SELECT a.AptNum,a.AptDateTime,p.FName FROM appointment a JOIN patient p ON p.PatNum=a.PatNum"
            " WHERE DATE(a.AptDateTime)='2026-11-23' AND a.AptStatus=1"
        ),
        *("60s", "warning", "index.unusable", "appointment"),
    ),
    (
        (
            "SELECT a.AptNum,a.AptDateTime,p.FName FROM appointment a JOIN patient p ON p.PatNum=a.PatNum"
            " WHERE DATE(a.AptDateTime)='2026-11-23'"
        ),
        *("60s", "critical", "index.unusable", "appointment"),
    ),
    (
        (
            "SELECT a.AptNum,a.AptDateTime,p.FName FROM appointment a JOIN patient p ON p.PatNum=a.PatNum"
            " WHERE a.AptDateTime>='2026-11-23' AND a.AptDateTime<'2026-11-24' AND a.AptStatus=1"
        ),
        *("60s", "ok", None, None),
    ),
    (
        "SELECT PatNum FROM patient WHERE WirelessPhone REGEXP '^1?555'",
        "5min",
        "warning",
        "index.unusable",
        "patient",
    ),
    (
        "SELECT PatNum FROM patient WHERE WirelessPhone REGEXP '^1?555'",
        "30/min",
        "critical",
        "index.unusable",
        "patient",
    ),
    (
        "SELECT CommlogNum,PatNum,Note FROM commlog WHERE Note LIKE '%recall%'",
        *("1h", "critical", "index.unusable", "commlog"),
    ),
    (
        (
            "SELECT a.AptNum,IFNULL(x.f,0) FROM appointment a LEFT JOIN (SELECT AptNum,SUM(ProcFee) f"
            " FROM procedurelog GROUP BY AptNum) x ON x.AptNum=a.AptNum"
        ),
        *("10min", "critical", "size.derived", "procedurelog"),
    ),
    (
        "SELECT PatNum,FName,Email FROM patient WHERE PatStatus=0 ORDER BY RAND() LIMIT 10",
        *("daily", "info", "size.examined", "patient"),
    ),
    (
        "SELECT SUM(InsPayAmt),SUM(WriteOff) FROM claimproc WHERE ProcDate BETWEEN '2020-01-01' AND '2020-01-31'",
        *("10min", "warning", "index.missing", "claimproc"),
    ),
    (
        (
            "SELECT SUM(InsPayAmt),SUM(WriteOff) FROM claimproc WHERE DateCP BETWEEN '2020-01-01' AND '2020-01-31'"
            " AND Status IN (1,4)"
        ),
        *("10min", "ok", None, None),
    ),
    ("SELECT LName,FName FROM patient WHERE PatNum=1234", "4000/min", "critical", "frequency.repeat", None),
    (
        (
            "SELECT a.*,(SELECT GROUP_CONCAT(DISTINCT pc.ProcCode) FROM procedurelog pl JOIN procedurecode pc"
            " ON pl.CodeNum=pc.CodeNum WHERE pl.AptNum=a.AptNum) c FROM appointment a"
            " WHERE a.DateTStamp > '2026-11-22 08:17:02'"
        ),
        *("60s", "ok", None, None),
    ),
    (
        "SELECT * FROM procedurelog WHERE ProcNum > 450000 ORDER BY ProcNum LIMIT 5000",
        *("nightly", "ok", None, None),
    ),
    ("SELECT PatNum FROM patient WHERE ChartNumber=1234", "1h", "warning", "index.unusable", "patient"),
    (
        "SELECT * FROM procedurelog LIMIT 1000000, 100000",
        "1h",
        "critical",
        "size.deep-offset",
        "procedurelog",
    ),
    ("SELECT p.PatNum FROM patient p, appointment a", "daily", "critical", "join.cartesian", "appointment"),
)

pytestmark = pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.5", "mariadb-10.11", "mariadb-11.8")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "querywatch", "review", *arguments],
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture(scope="module")
def schema(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the least-privileged account sees of Open Dental's tables, at the sizes of a large practice."""
    directory = tmp_path_factory.mktemp("review")
    path = directory / "practice.json"
    config = write_config(directory, [server.watcher()])
    with closing(server.root()) as root, root.cursor() as cursor:
        create_tables(cursor, _TABLES)
    server.execute(f"GRANT REFERENCES ON {REVIEWED}.* TO 'watcher'@'%'")
    done = run("--config", str(config), "--save-schema", str(path))
    server.execute(f"REVOKE REFERENCES ON {REVIEWED}.* FROM 'watcher'@'%'", f"DROP DATABASE {REVIEWED}")
    assert done.returncode == 0, done.stderr
    saved = json.loads(path.read_text())
    rows = {table.name: table.rows for table in parse_facts()}
    saved["tables"] = [
        table | {"rows": rows[table["name"]]} for table in saved["tables"] if table["database"] == REVIEWED
    ]
    path.write_text(json.dumps(saved))
    return path


def test_the_scenarios_come_out_as_written(schema: Path, tmp_path: Path) -> None:
    """Each with its verdict, and the rule and the table that make it."""
    file = tmp_path / "scenarios.sql"
    file.write_text("".join(f"-- every: {often}\n{statement};\n" for statement, often, *_ in _SCENARIOS))
    done = run("--schema", str(schema), "--format", "json", str(file))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["verdict"] for each in found] == [verdict for _, _, verdict, _, _ in _SCENARIOS]
    for each, (_, _, verdict, rule, table) in zip(found, _SCENARIOS, strict=True):
        worst = {(one["rule"], one["table"]) for one in each["findings"] if one["severity"] == verdict}
        assert rule is None or (rule, table) in worst


def test_what_runs_at_night_weighs_less(schema: Path, tmp_path: Path) -> None:
    file = tmp_path / "night.sql"
    file.write_text("SELECT * FROM document")
    verdicts = [_judge(schema, file, "--every", "nightly", *at)["verdict"] for at in ([], ["--at", "02:00"])]
    assert verdicts == ["critical", "warning"]


def _judge(schema: Path, file: Path, *options: str) -> dict[str, Any]:
    (line,) = run("--schema", str(schema), "--format", "json", *options, str(file)).stdout.splitlines()
    judged: dict[str, Any] = json.loads(line)
    return judged


def test_it_judges_by_a_live_server(server: RunningServer, tmp_path: Path) -> None:
    """With the least-privileged account; nothing is run, and the exit code tells."""
    config = write_config(tmp_path, [server.watcher()])
    file = tmp_path / "one.sql"
    file.write_text(
        "UPDATE patient SET LName = 'Mary' WHERE PatNum = 1; SELECT LName FROM patient WHERE PatNum = 1"
    )
    done = run("--config", str(config), "--format", "json", "--fail-on", "critical", str(file))
    assert done.returncode == 1, done.stderr
    write, read = (json.loads(line) for line in done.stdout.splitlines())
    assert (write["verdict"], read["verdict"]) == ("critical", "ok")
    assert [(each["name"], each["access"], each["index"]) for each in read["tables"]] == [
        ("patient", "const", "PRIMARY")
    ]
    assert server.execute("SELECT LName FROM opendental.patient WHERE PatNum = 1") == (("Abbott",),)
