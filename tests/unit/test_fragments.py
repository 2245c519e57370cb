"""servers.d: each office in a file of its own, put together with the configuration beside it."""

import json
from pathlib import Path

import pytest

from querywatch.cli import main
from querywatch.config import find_fragments, find_password, read_settings
from querywatch.errors import ConfigError


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUERYWATCH_CONFIG", "QUERYWATCH_SERVERS", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def render_server(name: str, more: str = "") -> str:
    return f'[[servers]]\nname = "{name}"\n{more}'


def write(directory: Path, main_text: str = "", /, **fragments: str) -> Path:
    """A configuration with fragments, each file by its name without the ending."""
    (directory / "servers.d").mkdir()
    for name, text in fragments.items():
        (directory / "servers.d" / f"{name}.toml").write_text(text)
    path = directory / "config.toml"
    path.write_text(main_text)
    return path


def refuse(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_settings(path)
    return str(caught.value)


def test_fragments_come_after_the_configuration_by_their_names(tmp_path: Path) -> None:
    vendor = '[[integrations]]\nname = "vendor"\naccounts = ["vendor"]\n'
    path = write(
        tmp_path, render_server("main"), b=render_server("second"), a=render_server("first") + vendor
    )
    settings = read_settings(path)
    assert [server.name for server in settings.servers] == ["main", "first", "second"]
    assert [entry.name for entry in settings.integrations] == ["vendor"]


def test_the_configuration_itself_need_not_name_a_server(tmp_path: Path) -> None:
    assert [each.name for each in read_settings(write(tmp_path, a=render_server("one"))).servers] == ["one"]


def test_what_is_no_fragment_is_left_alone(tmp_path: Path) -> None:
    """Editors leave copies behind, people keep notes."""
    path = write(tmp_path, render_server("main"), a=render_server("one"))
    for name in (".a.toml", "a.toml~", "a.toml.bak", "README"):
        (path.parent / "servers.d" / name).write_text("not TOML at all")
    assert len(read_settings(path).servers) == 2
    assert [file.name for file in find_fragments(path)] == ["a.toml"]


@pytest.mark.parametrize(
    ("fragment", "says"),
    [
        (
            render_server("one") + render_server("two", "hots = 1\n"),
            "servers[1].hots: there is no such setting",
        ),
        (render_server("one", "port = 70000\n"), "servers[0].port must be at most 65535"),
        ("[[servers]]\n", "servers[0].name is missing"),
        ("[[servers]\n", "is not valid TOML at line 1"),
        ("[web]\n", "web: a file of servers.d holds [[servers]] and [[integrations]] alone"),
        ('[servers]\nname = "one"\n', "servers must be a list: write [[servers]]"),
        ('[[integrations]]\nname = "x"\n', "integrations[0] names nothing to know it by"),
        (render_server("one") + render_server("one"), 'has two servers with the name "one"'),
    ],
)
def test_a_fault_names_the_file_and_the_setting_in_it(tmp_path: Path, fragment: str, says: str) -> None:
    """Counted within the file that a person has before them, not over all files."""
    path = write(tmp_path, render_server("main"), a=render_server("first"), dallas=fragment)
    message = refuse(path)
    assert message.startswith(f"{tmp_path / 'servers.d' / 'dallas.toml'}")
    assert says in message


def test_a_fault_of_the_configuration_is_still_its_own(tmp_path: Path) -> None:
    message = refuse(write(tmp_path, render_server("main", "port = 0\n"), a=render_server("first")))
    assert message.startswith(f"{tmp_path / 'config.toml'}: servers[0].port")


@pytest.mark.parametrize("section", ["servers", "integrations"])
def test_a_name_given_twice_is_refused_with_both_files(tmp_path: Path, section: str) -> None:
    entry = f'[[{section}]]\nname = "dallas"\n' + ('accounts = ["a"]\n' if section == "integrations" else "")
    message = refuse(write(tmp_path, render_server("main"), a=entry, b=entry))
    for file in ("a.toml", "b.toml"):
        assert str(tmp_path / "servers.d" / file) in message
    assert f'two {section} with the name "dallas"' in message


def test_a_fault_of_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment replaces all servers, so no file is at fault."""
    monkeypatch.setenv("QUERYWATCH_SERVERS", json.dumps([{"name": "a", "port": 0}]))
    message = refuse(write(tmp_path, render_server("main"), a=render_server("first")))
    assert message.startswith("environment variable QUERYWATCH_SERVERS: servers[0].port")


def test_a_fault_never_repeats_the_value(tmp_path: Path) -> None:
    assert "hunter2" not in refuse(write(tmp_path, a=render_server("one", 'password = ["hunter2"]\n')))


def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(render_server("main"))
    (tmp_path / "servers.d").write_text("")
    assert "servers.d: cannot be read" in refuse(path)


def test_a_password_that_systemd_has_not_handed_over_asks_for_a_restart(tmp_path: Path) -> None:
    """A unit's credentials are read at its start: a reload finds a new office's server, and not its password."""
    (server,) = read_settings(write(tmp_path, a=render_server("dallas"))).servers
    with pytest.raises(ConfigError, match="systemctl restart"):
        find_password(server, tmp_path / "config.toml", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    with pytest.raises(ConfigError) as outside:
        find_password(server, tmp_path / "config.toml", {})
    assert "systemctl" not in str(outside.value)


def test_check_names_the_fragments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever wonders why an office is watched, or is not, sees which files were read."""
    closed = 'password = ""\nport = 1\n'
    path = write(tmp_path, render_server("main", closed), dallas=render_server("dallas", closed))
    assert main(["check", "--config", str(path), "--format", "json"]) == 1
    results = json.loads(capsys.readouterr().out)
    assert results[0]["says"] == "valid, with dallas.toml of servers.d"
    assert {each["server"] for each in results} == {"", "main", "dallas"}
