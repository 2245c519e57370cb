"""The dashboards, rules and runbook say nothing that querywatch does not export."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from querywatch.analysis.rules import RULES
from querywatch.export.metrics import METRICS
from querywatch.model import Budgets, Kind
from querywatch.trial.judgement import Verdict

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
BOARDS = sorted((DASHBOARDS / "json").glob("*.json"))
OFFICE = DASHBOARDS / "json" / "office-overview.json"
RULE_ID = re.compile(
    r"\b(?:index|join|size|frequency|regression|running|lock|connection|write|access|coverage)\.[a-z][a-z-]+"
)
SELECTOR = re.compile(r"(querywatch_\w+)\{([^}]*)\}")
each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)


def read_board(path: Path) -> dict[str, Any]:
    board: dict[str, Any] = json.loads(path.read_text())
    return board


def read_panels(path: Path) -> Iterator[dict[str, Any]]:
    return (panel for panel in read_board(path)["panels"] if panel["type"] != "row")


def read_queries(path: Path) -> list[str]:
    return [target["expr"] for panel in read_panels(path) for target in panel["targets"]]


def find_metrics(text: str) -> set[str]:
    """Names of metrics; a label_values(...) of a variable is one too."""
    return set(re.findall(r"\bquerywatch_[a-z_]+\b", text))


def read_words() -> dict[str, str]:
    return {
        str(path.relative_to(DASHBOARDS)): path.read_text()
        for path in (*BOARDS, DASHBOARDS / "rules" / "alerts.yml", DASHBOARDS / "runbook.md")
    }


def read_rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DASHBOARDS / "rules" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_json_is_what_the_code_builds() -> None:
    """Nobody has edited the JSON by hand, and nobody forgot to build it."""
    done = subprocess.run(
        [sys.executable, DASHBOARDS / "build.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("place", "text"), read_words().items(), ids=read_words())
def test_no_metric_dangles(place: str, text: str) -> None:
    """Every metric named in a dashboard, a rule or the runbook is one that querywatch exports."""
    assert find_metrics(text) - METRICS.keys() == set(), place


def test_every_metric_is_shown_or_judged() -> None:
    """What querywatch exports is what the dashboards and the rules ask for: nothing is exported for nobody."""
    asked = "".join(text for place, text in read_words().items() if not place.endswith(".md"))
    assert find_metrics(asked) == METRICS.keys()


def test_documents_name_the_same_metrics() -> None:
    """Whatever a reader is told of a metric, it is there by that name."""
    root = DASHBOARDS.parent
    documents = [root / "README.md", root / "CONTRIBUTING.md", *(DASHBOARDS / "manual").glob("*.md")]
    named = {path.name: find_metrics(path.read_text()) - METRICS.keys() for path in documents}
    assert {name for name, unknown in named.items() if unknown} == set()


@pytest.mark.parametrize(("place", "text"), read_words().items(), ids=read_words())
def test_no_label_dangles(place: str, text: str) -> None:
    """Every selector chooses by labels that its metric has."""
    for metric, selector in SELECTOR.findall(text.replace('\\"', '"')):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        assert labels <= set(METRICS[metric].labels), (place, metric)


@pytest.mark.parametrize(("place", "text"), read_words().items(), ids=read_words())
def test_no_rule_dangles(place: str, text: str) -> None:
    """Every rule id is one of the registry's."""
    known = {rule.id for rule in RULES}
    assert {found for found in RULE_ID.findall(text) if found not in known} == set(), place


def test_every_rule_has_plain_words() -> None:
    """The findings table says each rule in words."""
    assert read_words_of(OFFICE.name, "Findings", "What is wrong") == {rule.id for rule in RULES}


def read_words_of(board: str, title: str, column: str) -> set[str]:
    """The values that a table's column has words for."""
    panel = next(each for each in read_panels(DASHBOARDS / "json" / board) if each["title"] == title)
    override = next(
        each for each in panel["fieldConfig"]["overrides"] if each["matcher"]["options"] == column
    )
    mappings = next(each["value"] for each in override["properties"] if each["id"] == "mappings")
    return set(mappings[0]["options"])


def test_every_kind_and_verdict_has_plain_words() -> None:
    """The Integration page says what sort of software it is and what its trial showed."""
    title = "Who it is, and what its last trial showed"
    assert read_words_of("integration.json", title, "Kind") == set(Kind)
    assert read_words_of("integration.json", title, "Trial") == {"none", "waiting", "off", "back", *Verdict}


def test_every_budget_has_plain_words() -> None:
    """No legend says a setting's name but where it is the plain word itself."""
    for title, board in (("Budgets used most", "office-overview.json"), ("Budgets used", "integration.json")):
        panel = next(each for each in read_panels(DASHBOARDS / "json" / board) if each["title"] == title)
        renamed = {each["options"]["regex"].removeprefix("(.*)") for each in panel["transformations"]}
        assert renamed == {f"{each.name}$" for each in fields(Budgets)} - {"connections$"}


def test_every_rule_alerts_once() -> None:
    """Whatever rule leads a problem, exactly one alert is about it."""
    asked = "".join(rule["expr"] for rule in read_rules() if "alert" in rule)
    expressions = re.findall(r'problem:unacknowledged\{rule(=~?)"([^"]+)"', asked)
    patterns = {value if kind == "=~" else re.escape(value) for kind, value in expressions}
    for rule in RULES:
        assert sum(bool(re.fullmatch(pattern, rule.id)) for pattern in patterns) == 1, rule.id


@each_board
def test_board_follows_the_schema(board: Path) -> None:
    """Grafana's own schema, as its SDK knows it, reads the board and loses nothing but the notes' words."""
    content = read_board(board)
    for note in content["annotations"]["list"]:
        assert note.pop("titleFormat")
    read = Dashboard.from_json(content)
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == content


@each_board
def test_links_lead_to_boards_and_variables_that_are_there(board: Path) -> None:
    """Each link's uid is a board's, and each variable that it hands on is one of that board's."""
    uids = {read_board(path)["uid"]: path for path in BOARDS}
    for uid, query in re.findall(r"/d/([a-z-]+)\?([^\"]+)", board.read_text()):
        variables = {entry["name"] for entry in read_board(uids[uid])["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", query)) <= variables


@each_board
def test_board_is_found_where_links_lead(board: Path) -> None:
    """A stable uid, no id of somebody's Grafana, and the variables that links hand on."""
    content = read_board(board)
    assert content["uid"].startswith("querywatch-")
    assert content.get("id") is None
    assert {"datasource", "server"} <= {entry["name"] for entry in content["templating"]["list"]}


@each_board
def test_every_panel_explains_itself(board: Path) -> None:
    """Each panel has an id of its own, a title, a description, a unit and words for 'no data'."""
    panels = list(read_panels(board))
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["noValue"], panel["title"]
        assert panel["type"] == "table" or panel["fieldConfig"]["defaults"]["unit"], panel["title"]


@each_board
def test_the_readme_leads_to_every_board(board: Path) -> None:
    """By its file, its title and its uid."""
    content = read_board(board)
    title = content["title"].removeprefix("querywatch / ")
    readme = (DASHBOARDS / "README.md").read_text()
    assert f"[{title}](json/{board.name})" in readme
    assert f"`{content['uid']}`" in readme


@each_board
def test_panels_fit_the_grid(board: Path) -> None:
    """Widths divide the row, so that panels line up on a desk and stack on a phone."""
    for panel in read_panels(board):
        assert panel["gridPos"]["w"] in {24, 16, 12, 8, 6}, panel["title"]


@each_board
def test_every_query_follows_the_variables(board: Path) -> None:
    """Each query asks the chosen data source for the chosen servers, and rates fit the scrape interval."""
    for panel in read_panels(board):
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert '=~"$server"' in target["expr"], panel["title"]
    for query in read_queries(board):
        assert all(
            window in {"$__rate_interval", "$__range"} for window in re.findall(r"\[([$\d][^\]]*)\]", query)
        )


@each_board
def test_unknown_is_never_drawn_as_nothing(board: Path) -> None:
    """No query turns a missing series into 0; a 0 is only said of a server that is seen."""
    for query in read_queries(board):
        assert "vector(0)" not in query
        for zero in re.findall(r"or 0 \* .*", query):
            assert "querywatch_up" in zero
            assert "== 1" in zero
