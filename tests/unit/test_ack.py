"""`ack` against a real state file: what it writes is what a daemon reads."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from querywatch.cli import main
from querywatch.store import Store
from querywatch.store.acknowledgements import load_acknowledgements
from querywatch.store.trail import load_events

REASON = ("--by", "Ann", "--why", "vendor has a ticket", "--until")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[state]\ndirectory = "{tmp_path / "state"}"\n[[servers]]\nname = "office"\n'
        '[[integrations]]\nname = "texter"\nkind = "direct-read"\naccounts = ["texter"]\n'
    )
    return path


def test_what_is_acknowledged_is_in_force_and_in_the_trail(config: Path) -> None:
    """Who, why and until when reach the file that the daemon reads; the act is in the trail."""
    assert main(["ack", "texter", "index.missing", "--config", str(config), *REASON, "7d"]) == 0
    with closing(Store.open(config.parent / "state")) as store, store.reading() as connection:
        (entry,) = load_acknowledgements(connection, "office", time.time())
        (event,) = load_events(connection)
    assert (entry.integration, entry.rule, entry.who, entry.why) == (
        *("texter", "index.missing"),
        *("Ann", "vendor has a ticket"),
    )
    assert entry.until - entry.made_at == pytest.approx(7 * 86_400, abs=3_700)  # a clock may be put back
    assert (event.event, "Ann" in event.detail) == ("acknowledgement", True)


def test_taking_back(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is taken back is listed no more; taking back what is not there fails."""
    assert main(["ack", "texter", "index.missing", "--config", str(config), *REASON, "7d"]) == 0
    capsys.readouterr()
    listed = ["ack", "--list", "--format", "json", "--config", str(config)]
    assert main(listed) == 0
    assert [each["rule"] for each in json.loads(capsys.readouterr().out)] == ["index.missing"]
    end = ["ack", "texter", "index.missing", "--end", "--config", str(config)]
    assert (main(end), main(end)) == (0, 1)
    capsys.readouterr()
    assert main(listed) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    "words",
    [
        ("texter",),
        ("texter", "index.missing"),
        ("texter", "index.none", *REASON, "7d"),
        ("texter", "index.missing", *REASON, "2020-01-01"),
        ("texter", "index.missing", *REASON, "soon"),
    ],
)
def test_wrong_usage(config: Path, words: tuple[str, ...]) -> None:
    """What lacks a reason or an end, names no rule, or lies in the past is refused."""
    with pytest.raises(SystemExit) as ended:
        main(["ack", *words, "--config", str(config)])
    assert ended.value.code == 2


def test_an_unknown_integration_is_refused(config: Path) -> None:
    assert main(["ack", "nobody", "index.missing", "--config", str(config), *REASON, "7d"]) == 78
