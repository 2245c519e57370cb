"""The main job, whole: the demo finds who hurts the office, with each kind of evidence, and blames nobody else."""

import json
import re
import subprocess
import sys
import time
from typing import Any

import pytest

pytestmark = pytest.mark.server

HURTING = ("recall-texter", "chart-bi", "phone-popup")
SECONDS = 45


def play(evidence: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "querywatch", "demo", "--seconds", str(SECONDS), "--format", "json",
         "--evidence", evidence],
        capture_output=True, check=False, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"^metrics: http://127\.0\.0\.1:\d+/metrics$", done.stderr, re.MULTILINE)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module", params=["processlist", "userstat", "full"])
def result(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What one run printed."""
    return play(request.param) | {"evidence": request.param}


def find_rules(result: dict[str, Any], integration: str) -> set[str]:
    return {finding["rule"] for finding in result["findings"] if finding["integration"] == integration}


def test_each_vendor_that_hurts_is_found(result: dict[str, Any]) -> None:
    for name in HURTING:
        assert find_rules(result, name), f"{name}: nothing found; findings: {result['findings']}"


def test_the_careful_vendor_stays_clean(result: dict[str, Any]) -> None:
    assert find_rules(result, "careful-sync") == set()


def test_nothing_blames_the_office_or_a_stranger(result: dict[str, Any]) -> None:
    """Nobody but the vendors and the office is there: an unknown account would be querywatch's mistake."""
    assert find_rules(result, "opendental") == set()
    assert find_rules(result, "unknown") == set()


def test_the_writer_is_found_where_the_server_counts(result: dict[str, Any]) -> None:
    found = [each for each in result["findings"] if each["rule"] == "write.forbidden"]
    assert {each["integration"] for each in found} <= {"ledger-writer"}
    if result["evidence"] != "processlist":
        assert [each["severity"] for each in found] == ["critical"]
        assert [each["evidence"] for each in found] == ["counted"]


def test_counts_agree_with_what_the_vendors_counted(result: dict[str, Any]) -> None:
    """Within 1 % and writes exact where the server counts; within what is stated where polls only sample."""
    for integration in result["integrations"]:
        counted = result["vendors"].get(integration["name"])
        if counted is None:
            continue
        if result["evidence"] == "processlist":
            assert integration["evidence"] == "sampled"
            error = integration["error_ratios"].get("statements")
            if error is not None:
                assert integration["statements"] * (1 - 2 * error) <= counted["statements"]
            assert integration["writes"] <= counted["writes"]
        else:
            assert integration["evidence"] == "counted"
            assert integration["statements"] == pytest.approx(counted["statements"], rel=0.01)
            assert integration["writes"] == counted["writes"]


def test_what_the_evidence_cannot_show_is_said(result: dict[str, Any]) -> None:
    blind = {each["subject"] for each in result["findings"] if each["rule"] == "coverage.blind"}
    assert blind == {"processlist": {"writes"}, "userstat": {"shapes"}, "full": set()}[result["evidence"]]


def test_an_interrupted_demo_says_so_and_takes_everything_away() -> None:
    """Ctrl-C while it loads: no traceback, and no server left behind."""
    process = subprocess.Popen(
        # A shell that runs the tests in the background has its children ignore Ctrl-C.
        ["env", "--default-signal=INT", sys.executable, "-m", "querywatch", "demo", "--scale", "0.05"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("starting")
    time.sleep(2)
    process.send_signal(2)
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode in {0, 130}
