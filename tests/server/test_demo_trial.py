"""The demo's trial, whole: who slows the office is found to be the cause."""

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.server


def play(name: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "querywatch", "demo", "--trial", name, "--scale", "0.1", "--format", "json"],
        capture_output=True, check=False, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "off: " in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_vendor_that_hurts_is_the_cause() -> None:
    """B11: the office is fast while it is off and slow again when it is back; with the effect's interval."""
    answer = play("chart-bi")
    assert answer["verdict"] == "cause", answer
    assert 1.05 < answer["effect"]["low"] < answer["effect"]["ratio"] < answer["effect"]["high"]
    assert answer["on"]["milliseconds_a_run"] > answer["off"]["milliseconds_a_run"]
