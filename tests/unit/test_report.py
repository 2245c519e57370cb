"""`report` from a real state file: sealed, and a changed one is known."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from querywatch.cli import main
from querywatch.errors import QuerywatchError
from querywatch.export.report import parse_report
from querywatch.store import Store
from querywatch.store.history import save_shapes
from querywatch.store.use import Use, add_use

SHAPE = "f" * 16


def test_every_form_of_a_saved_report_shows_its_checksum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was kept stands in the JSON; the other forms show its number, name no other resource, and escape."""
    config = tmp_path / "config.toml"
    config.write_text(f'[state]\ndirectory = "{tmp_path / "state"}"\n[[servers]]\nname = "office"\n')
    with closing(Store.open(tmp_path / "state")) as store, store.writing() as connection:
        save_shapes(connection, "office", {SHAPE: ("SELECT a<b>c FROM t", "t")}, time.time())
        uses = [
            Use(integration="unknown", fingerprint=each, runs=4321.0, seconds=2.5) for each in ("", SHAPE)
        ]
        add_use(connection, "office", uses, time.time())
    said = ["report", "unknown", "--config", str(config), "--format"]
    assert main([*said, "json"]) == 0
    text = capsys.readouterr().out
    report = parse_report(text)
    assert (report["totals"]["runs"], report["totals"]["share_of_seconds"]) == (4321.0, 1.0)
    saved = tmp_path / "report.json"
    saved.write_text(text)
    for form in ("html", "markdown"):
        assert main([*said, form, "--render", str(saved)]) == 0
        assert report["sha256"] in (page := capsys.readouterr().out)
    assert main([*said, "html"]) == 0
    page = capsys.readouterr().out
    assert 'value="4321.0"' in page
    assert not any(word in page for word in ("<b>", "src=", "href=", "url("))
    with pytest.raises(QuerywatchError, match="changed"):
        parse_report(json.dumps(report | {"since": "1970-01-01T00:00:00Z"}))
