"""Every rule finds what its cases say it must, and nothing where they say it must not.

A case is written in YAML, in the file of its rule, and needs no Python: README.md explains the words.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from querywatch.analysis.rules import RULES, find_all
from querywatch.model import Evidence, Severity
from tests.cases.situations import make_situation

DIRECTORY = Path(__file__).parent
FILES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(DIRECTORY.glob("*.yaml"))
}
_FINDING_WORDS = {"severity", "subject", "evidence", "message", "advice", "count", "integration"}


def _cases(section: str) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule}: {case['name']}")
        for rule, content in FILES.items()
        for case in content[section]
    ]


@pytest.mark.parametrize(("rule", "case"), _cases("must find"))
def test_rule_finds(rule: str, case: dict[str, Any]) -> None:
    """The rule speaks, with the severity, subject, evidence and words that the case asks for."""
    found = [finding for finding in find_all(make_situation(case)) if finding.rule == rule]
    wanted = case["finds"]
    assert wanted.keys() <= _FINDING_WORDS
    assert len(found) == wanted.get("count", 1)
    for finding in found:
        assert finding.severity is Severity(wanted["severity"])
        assert finding.evidence is Evidence(wanted.get("evidence", finding.evidence))
        assert finding.subject == wanted.get("subject", finding.subject)
        assert finding.integration == wanted.get("integration", finding.integration)
    everything = "\n".join(finding.message for finding in found)
    for words in wanted.get("message", []):
        assert words in everything
    for words in wanted.get("advice", []):
        assert all(words in finding.advice for finding in found)


@pytest.mark.parametrize(("rule", "case"), _cases("must not find"))
def test_rule_stays_silent(rule: str, case: dict[str, Any]) -> None:
    """The rule has nothing to say."""
    assert [finding.message for finding in find_all(make_situation(case)) if finding.rule == rule] == []


def test_every_rule_has_its_file_of_cases() -> None:
    """A rule without cases that must and must not find is not done."""
    assert FILES.keys() == {rule.id for rule in RULES}
    assert all(content["must find"] and content["must not find"] for content in FILES.values())


@pytest.mark.parametrize(("rule", "case"), _cases("must find"))
def test_message_is_a_sentence_without_literals(rule: str, case: dict[str, Any]) -> None:
    """What people read is whole sentences, and nothing of the statement's values."""
    for finding in find_all(make_situation(case)):
        assert finding.message.endswith("."), rule
        for literal in ("2026-11-22", "'", "1234"):
            assert literal not in finding.message.replace("Dental's", "")


def test_findings_of_load_stay_quiet_in_maintenance():
    """A backup's hour has heavy reads; a write by a third party is one at any hour."""
    case = {
        "name": "at night",
        "at": "tue 02:30",
        "statement": "SELECT PatNum FROM patient WHERE DateTStamp > '2026-11-22'",
        "every": "30s",
        "writes": {"update": {"done": 1}},
    }
    by_day = {finding.rule for finding in find_all(make_situation(case))}
    at_night = {finding.rule for finding in find_all(make_situation(case | {"maintenance": ["02:00-03:00"]}))}
    assert "index.missing" in by_day
    assert at_night == {"write.forbidden"}
