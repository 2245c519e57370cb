"""A real Prometheus scrapes the running demo; every query of the dashboards and every rule is asked of it."""

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from server.servers import find_free_port

pytestmark = pytest.mark.server

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
BOARDS = sorted((DASHBOARDS / "json").glob("*.json"))
RULES = DASHBOARDS / "rules" / "alerts.yml"
RECORDED = "querywatch:integration:problem"
START_SECONDS = 120.0
WATCH_SECONDS = 70.0  # the rules are evaluated every thirty seconds
# What is rightly empty in the demo, by panel and query (of every board, or of the one before the slash), and why.
RIGHTLY_EMPTY = {
    "Findings: C": "nobody acknowledges a finding",
    "What querywatch cannot see: B": "everything is seen",
    "writes/Findings: B": "a write has no limit that it could be over",
    "Readers that could write: A": "nobody may look at the rights",
    "Statements a minute that nobody claims: A": "everybody is known",
    "fleet/Offices, those that need somebody first: C": "what is open has become critical",
    "Who it is, and what its last trial showed: B": "there is no trial",
    "Who it is, and what its last trial showed: C": "there is no trial",
    "Time a run takes, over what is usual: A": "nothing is usual before days have passed",
    "Time a run, and what is usual: B": "nothing is usual before days have passed",
    "Times its usual time: A": "nothing is usual before days have passed",
    "How far estimates may be off: A": "the server counts: nothing is estimated",
    "Failed reads a minute: A": "no read fails",
    "A critical problem begins: note": "what is critical began a while ago",
    "Turned off for a trial: note": "there is no trial",
    "Changes of the server: note": "nothing is changed there",
}


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own servers
        return str(answer.read().decode())


class Prometheus:
    """A running Prometheus and the demo that it scrapes."""

    def __init__(self, port: int, target: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.target = target

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query; an assertion when Prometheus refuses it."""
        query = urllib.parse.urlencode({"query": expression})
        answer = json.loads(fetch(f"{self.url}/api/v1/query?{query}"))
        assert answer["status"] == "success", expression
        return list(answer["data"]["result"])

    def read_rules(self) -> list[dict[str, Any]]:
        """Every rule as Prometheus evaluates it."""
        groups = json.loads(fetch(f"{self.url}/api/v1/rules"))["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


@contextmanager
def running(*command: str, cwd: Path) -> Iterator["subprocess.Popen[str]"]:
    with (
        (cwd / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log, text=True, cwd=cwd) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def await_page(url: str, wanted: str, process: "subprocess.Popen[str]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if wanted in fetch(url):
                return
        except OSError:
            pass
        assert time.monotonic() < deadline, f"{url}: {log.read_text()}"
        assert process.poll() is None, log.read_text()
        time.sleep(0.5)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Both started, and left alone for as long as a look at a dashboard needs."""
    binary = shutil.which("prometheus")
    assert binary, "prometheus is missing: apt-get install prometheus"
    demo_port, port = find_free_port(), find_free_port()
    demo_place, place = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("prometheus")
    config = place / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 2s, evaluation_interval: 2s}\n"
        f"rule_files: [{json.dumps(str(RULES))}]\n"
        "scrape_configs:\n"
        "  - job_name: querywatch\n"
        f"    static_configs: [{{targets: ['127.0.0.1:{demo_port}']}}]\n"
    )
    target = f"http://127.0.0.1:{demo_port}/metrics"
    demo = ("demo", "--evidence", "full", "--scale", "0.1", "--listen", f"127.0.0.1:{demo_port}")
    with running(sys.executable, "-m", "querywatch", *demo, cwd=demo_place) as playing:
        await_page(target, 'querywatch_up{server="practice"} 1.0', playing, demo_place / "log")
        storage = f"--storage.tsdb.path={place / 'data'}"
        listen = f"--web.listen-address=127.0.0.1:{port}"
        with running(binary, f"--config.file={config}", storage, listen, cwd=place):
            time.sleep(WATCH_SECONDS)
            yield Prometheus(port, target)


def read_queries(fingerprint: str) -> dict[str, str]:
    """Expressions by board, panel and query, with the variables as a person first sees them."""
    queries = {}
    for board in BOARDS:
        content = json.loads(board.read_text())
        for panel in content["panels"]:
            for target in panel.get("targets", ()):
                queries[f"{board.stem}/{panel['title']}: {target['refId']}"] = target["expr"]
        for note in content["annotations"]["list"]:
            queries[f"{board.stem}/{note['name']}: note"] = note["expr"]
    return {place: fill(expression, fingerprint) for place, expression in queries.items()}


def fill(expression: str, fingerprint: str) -> str:
    """The expression with every variable chosen: all servers and integrations, and one statement."""
    filled = expression.replace("$__rate_interval", "30s").replace("$__range", "1m")
    return re.sub(r"\$(server|integration)\b", ".*", filled).replace("$fingerprint", fingerprint)


def is_rightly_empty(place: str) -> bool:
    return place in RIGHTLY_EMPTY or place.partition("/")[2] in RIGHTLY_EMPTY


def test_every_query_of_every_panel_returns_data(prometheus: Prometheus) -> None:
    """On a live demo nothing is empty but what is listed with its reason."""
    (polled,) = prometheus.ask('querywatch_finding{rule="index.missing",integration="recall-texter"}')
    queries = read_queries(polled["metric"]["fingerprint"])
    answered = {place for place, expression in queries.items() if prometheus.ask(expression)}
    assert {place for place in queries.keys() - answered if not is_rightly_empty(place)} == set()


def test_what_is_listed_as_rightly_empty_is_asked() -> None:
    """No reason outlives its query."""
    places = {key for place in read_queries("") for key in (place, place.partition("/")[2])}
    assert RIGHTLY_EMPTY.keys() - places == set()


def test_every_rule_evaluates_without_a_fault(prometheus: Prometheus) -> None:
    rules = prometheus.read_rules()
    assert rules
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []


def test_the_rules_name_the_vendors_that_hurt_and_nobody_else(prometheus: Prometheus) -> None:
    """The write alerts at once; the others are recorded, and wait for ten minutes of it before they alert.

    On a busy machine the demo's slowest statement may really keep its office waiting, which alerts at once too.
    """
    raised = {
        (alert["labels"]["alertname"], alert["labels"]["integration"], alert["state"])
        for rule in prometheus.read_rules()
        for alert in rule.get("alerts", ())
    }
    blocked = {each for each in raised if each[:2] == ("QuerywatchOfficeBlocked", "chart-bi")}
    assert raised - blocked == {("QuerywatchThirdPartyWrite", "ledger-writer", "firing")}
    recorded = {(each["metric"]["sort"], each["metric"]["integration"]) for each in prometheus.ask(RECORDED)}
    assert ("heavy", "recall-texter") in recorded
    assert {name for _, name in recorded} <= {"recall-texter", "chart-bi", "phone-popup"}


def test_promtool_finds_no_fault_in_the_scrape(prometheus: Prometheus) -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: apt-get install prometheus"
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=fetch(prometheus.target),
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.stdout + done.stderr == ""
