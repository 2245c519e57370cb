"""The command line without a server: help, usage, exit codes."""

import json
from pathlib import Path

import pytest

from querywatch import __version__
from querywatch.analysis.rules import RULES
from querywatch.cli import COMMANDS, main, make_parser

NAMES = [command.__name__.rpartition(".")[2].replace("_", "-") for command in COMMANDS]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_a_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert "example:" in capsys.readouterr().out


def test_the_examples_of_the_help_are_valid_usage() -> None:
    """Each example parses as it stands."""
    for command in COMMANDS:
        parser = make_parser()
        name = command.__name__.rpartition(".")[2].replace("_", "-")
        found = [action.choices[name] for action in parser._actions if isinstance(action.choices, dict)]
        example = found[0].description.rpartition("querywatch ")[2].split()
        assert example[0] == name
        parser.parse_args(example)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"querywatch {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["demo", "--scale", "9"],
        ["demo", "--seconds", "0"],
        ["once", "--watch", "-1"],
        ["once", "--watch", "nan"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_missing_configuration_ends_with_78(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(tmp_path / "none.toml")]) == 78
    assert "there is no such file" in capsys.readouterr().err


def test_the_configuration_may_be_named_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUERYWATCH_CONFIG", str(tmp_path / "other.toml"))
    assert main(["check"]) == 78
    assert "other.toml" in capsys.readouterr().err


def test_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "json"]) == 0
    assert [rule["id"] for rule in json.loads(capsys.readouterr().out)] == [rule.id for rule in RULES]
    assert main(["rules", "index.missing"]) == 0
    assert "Why it hurts" in capsys.readouterr().out
    assert main(["rules", "index.mising"]) == 1
    assert "querywatch rules" in capsys.readouterr().err


def test_redact_reads_a_file_and_prints_a_line_a_statement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.sql"
    script.write_text(
        "SELECT LName FROM patient WHERE PatNum = 7;\n-- Mary\nUPDATE patient SET LName = 'Mary';"
    )
    assert main(["redact", str(script)]) == 0
    shapes = [line.partition("  ")[2] for line in capsys.readouterr().out.splitlines()]
    assert shapes == ["SELECT lname FROM patient WHERE patnum = ?", "UPDATE patient SET lname = ?"]
    assert main(["redact", str(tmp_path / "none.sql")]) == 1


def test_redact_reads_quotes_as_the_server_does_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its sql_mode a backslash may or may not end a string: the rest is not shown."""
    script = tmp_path / "script.sql"
    script.write_text("SELECT LName FROM patient WHERE LName = 'O\\'Brien' AND PatNum = 7")
    main(["redact", str(script)])
    assert "patnum" not in capsys.readouterr().out
    main(["redact", "--sql-mode", "", str(script)])
    assert capsys.readouterr().out.endswith("WHERE lname = ? AND patnum = ?\n")


@pytest.mark.parametrize("mode", ["processlist", "userstat", "full"])
def test_grants_give_no_right_to_a_row(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grants", "--mode", mode, "--database", "opendental", "--host", "10.0.0.9"]) == 0
    text = capsys.readouterr().out
    assert "GRANT PROCESS ON *.* TO 'querywatch'@'10.0.0.9';" in text
    assert "GRANT REFERENCES ON `opendental`.*" in text
    assert "SELECT ON `opendental`" not in text
