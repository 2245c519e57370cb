"""`querywatch demo --trial`: one vendor of the demo's own is switched off and on again, and the verdict is printed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from querywatch.cli.trial import describe_judgement
from querywatch.demo import office
from querywatch.demo.play import Play
from querywatch.demo.vendors import CHART_BI
from querywatch.service.daemon import Daemon
from querywatch.service.trials import STOPPED, judge_trial
from querywatch.store import Store
from querywatch.store.trials import TrialRecord, save_trial
from querywatch.trial.judgement import Judgement

DEFAULT_VENDOR = CHART_BI.name
DEFAULT_SECONDS = 120.0
# Two minutes tell no tenth more from none: what is asked is whether the office takes twice as long.
EFFECT_RATIO = 1.0
SLICE_SECONDS = 5.0
_WARMING_SECONDS = 12.0  # until everybody has begun


def play_trial(
    daemon: Daemon, play: Play, name: str, seconds: float, server: str, tell: Callable[[str], None]
) -> float:
    """On, off and on again, a third of the time each; when it was switched off. Everybody else works on."""
    phase_seconds = seconds / 3.0
    others = dict.fromkeys((CHART_BI.name, name))
    play.begin([(office.ACCOUNT,), *((vendor,) for vendor in others)])
    time.sleep(_WARMING_SECONDS)
    daemon.shorten_slices(SLICE_SECONDS)
    tell(f"on: the office and {', '.join(others)} at work for {phase_seconds:.0f} s")
    time.sleep(phase_seconds)
    started_at = time.time()
    play.switch_off(name)
    tell(f"off: {name} is switched off for {phase_seconds:.0f} s; everybody else works on")
    time.sleep(phase_seconds)
    play.begin([(name,)])
    tell(f"on again: {name} is back for {phase_seconds:.0f} s")
    time.sleep(phase_seconds)
    play.stop_crowd()
    daemon.count_now(server, SLICE_SECONDS)
    return started_at


def judge_played(directory: Path, server: str, name: str, started_at: float) -> Judgement:
    """What the slices in the state file say, once the daemon has kept them. Raises StateError."""
    store = Store.open(directory)
    try:
        with store.writing() as connection:
            trial = TrialRecord(
                integration=name,
                question="office",
                started_at=started_at,
                windows={"wanted": (EFFECT_RATIO,)},
                state=STOPPED,
            )
            save_trial(connection, server, trial, started_at)
            return judge_trial(connection, server, trial, time.time())
    finally:
        store.close()


def describe_played(server: str, name: str, judgement: Judgement) -> dict[str, Any]:
    """As `querywatch trial judge` describes one."""
    return describe_judgement(server, name, judgement, STOPPED)


__all__ = ["DEFAULT_SECONDS", "DEFAULT_VENDOR", "describe_played", "judge_played", "play_trial"]
