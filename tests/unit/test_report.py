"""`report` from a real state file: sealed, and a changed one is known."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest

from querywatch.cli import main
from querywatch.errors import QuerywatchError
from querywatch.export.report import parse_report
from querywatch.store import Store
from querywatch.store.history import save_shapes
from querywatch.store.use import Use, add_use
from querywatch.store.writes import WriteNote, add_writes

SHAPE = "f" * 16


def find_values(part: object) -> Iterator[str]:
    """Every text and number of a document, as it stands there; the hours without a statement are left out."""
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from find_values(each)
    elif part:
        yield str(part)


def test_every_form_of_a_saved_report_shows_its_checksum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was kept stands in the JSON; the other forms show all of it, name no other resource, and escape."""
    config = tmp_path / "config.toml"
    config.write_text(f'[state]\ndirectory = "{tmp_path / "state"}"\n[[servers]]\nname = "office"\n')
    with closing(Store.open(tmp_path / "state")) as store, store.writing() as connection:
        save_shapes(connection, "office", {SHAPE: ("SELECT a<b>c FROM t", "t")}, time.time())
        uses = [
            Use(integration="unknown", fingerprint=each, runs=4321.0, seconds=2.5) for each in ("", SHAPE)
        ]
        add_use(connection, "office", uses, time.time())
        note = WriteNote(
            integration="unknown",
            account="x_y",
            host="10.0.0.7",
            operation="update",
            outcome="done",
            evidence="sampled",
            statements=17.0,
            first_at=time.time() - 60,
            last_at=time.time(),
            tables="patient",
        )
        add_writes(connection, "office", [note])
    said = ["report", "unknown", "--config", str(config), "--format"]
    assert main([*said, "json"]) == 0
    text = capsys.readouterr().out
    report = parse_report(text)
    assert (report["totals"]["runs"], report["totals"]["share_of_seconds"]) == (4321.0, 1.0)
    saved = tmp_path / "report.json"
    saved.write_text(text)
    for form in ("html", "markdown"):
        assert main([*said, form, "--render", str(saved)]) == 0
        page = unescape(capsys.readouterr().out).replace("\\", "")
        assert [each for each in find_values(report) if each not in page] == []
    assert main([*said, "markdown"]) == 0
    assert re.search(r"<summary>[-0-9]+: 4,321 runs, 2 seconds</summary>", capsys.readouterr().out)
    assert main([*said, "html"]) == 0
    page = capsys.readouterr().out
    assert 'value="4321.0"' in page
    assert not any(word in page for word in ("<b>", "src=", "href=", "url("))
    with pytest.raises(QuerywatchError, match="changed"):
        parse_report(json.dumps(report | {"since": "1970-01-01T00:00:00Z"}))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of an office of which nothing is known yet."""
    directory = tmp_path_factory.mktemp("empty")
    config = directory / "config.toml"
    config.write_text(f'[state]\ndirectory = "{directory / "state"}"\n[[servers]]\nname = "office"\n')
    return config


@pytest.mark.parametrize("form", ["json", "html", "markdown"])
def test_a_saved_report_is_verified_in_every_form(
    form: str, empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it was written, and with a mail program's line ends; not with one letter changed, nor without its end."""
    saved = tmp_path / "report"
    assert main(["report", "unknown", "--config", str(empty), "--format", form, "--output", str(saved)]) == 0
    whole = saved.read_bytes()
    for kept in (whole, whole.replace(b"\n", b"\r\n")):
        saved.write_bytes(kept)
        assert main(["report", "--verify", str(saved)]) == 0
        assert re.search(r"unchanged; .* [0-9a-f]{64}$", capsys.readouterr().out.strip())
    for spoilt in (whole.replace(b"office", b"Office", 1), whole[:-100], b"", b"a letter"):
        saved.write_bytes(spoilt)
        assert main(["report", "--verify", str(saved)]) == 1
        assert capsys.readouterr().err


def test_every_form_shows_one_checksum(
    empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both sides see that they read the same, whichever form each has."""
    saved = tmp_path / "report.json"
    asked = ["report", "unknown", "--config", str(empty)]
    assert main([*asked, "--format", "json", "--output", str(saved)]) == 0
    for form in ("html", "markdown"):
        shown = tmp_path / form
        assert main([*asked, "--render", str(saved), "--format", form, "--output", str(shown)]) == 0
        assert main(["report", "--verify", str(shown)]) == 0
    assert main(["report", "--verify", str(saved)]) == 0
    assert len({line.split()[-1] for line in capsys.readouterr().out.splitlines()}) == 1
