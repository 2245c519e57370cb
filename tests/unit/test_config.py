"""The configuration: what is taken, what is refused, and that a refusal never repeats a value."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from querywatch.analysis.situation import Limits
from querywatch.config import RuleSettings, Settings, find_password, read_settings
from querywatch.errors import ConfigError
from querywatch.model import Kind, Severity

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SERVER = '[[servers]]\nname = "main"\n'


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUERYWATCH_CONFIG", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def refuse(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_settings(write(tmp_path, text))
    return str(caught.value)


def test_the_example_is_valid_and_says_the_defaults() -> None:
    """What the example sets outside its two sample sections is what holds without it."""
    settings, defaults = read_settings(EXAMPLE), Settings()
    assert settings.rules == defaults.rules
    assert settings.web == defaults.web
    assert settings.state == defaults.state
    assert settings.integrations[0].kind is Kind.OPENDENTAL


def test_the_example_names_every_setting() -> None:
    """A setting that the example forgets is a setting nobody finds."""
    text = EXAMPLE.read_text()
    models = [
        type(part) for part in (read_settings(EXAMPLE).servers[0], read_settings(EXAMPLE).integrations[1])
    ]
    models += [RuleSettings, type(Settings().web), type(Settings().state), type(Settings().rules)]
    integration = read_settings(EXAMPLE).integrations[1]
    models += [type(integration.budgets), type(integration.schedule), type(Settings().maintenance)]
    for model in models:
        for name in model.model_fields:
            assert re.search(rf"^(# )?\[?\[?(integrations\.)?{name}\]?\]?( =|$)", text, re.MULTILINE), name


def test_every_limit_can_be_configured() -> None:
    """A threshold that rules use and nobody can set would be a constant in disguise."""
    assert {part.name for part in fields(Limits)} == set(RuleSettings.model_fields)
    assert RuleSettings().to_limits() == Limits()


def test_an_unknown_setting_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    message = refuse(tmp_path, SERVER + 'hots = "db"\n')
    assert "servers[0].hots: there is no such setting: did you mean host?" in message


def test_an_unknown_section_is_refused(tmp_path: Path) -> None:
    assert "serverz: there is no such setting: did you mean servers?" in refuse(tmp_path, "[[serverz]]\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SERVER + 'office_hours = ["always"]\n', 'office_hours has an entry that is not "days from-to"'),
        (SERVER + 'timezone = "Mars/Base"\n', "timezone is not a time zone"),
        (
            '[maintenance]\nwindows = ["25:00-26:00"]\n',
            "windows has an entry that has a time of day that is none",
        ),
        (SERVER + "port = 70000\n", "servers[0].port must be at most 65535"),
        (SERVER + 'port = "mysql"\n', "servers[0].port must be a whole number"),
        (SERVER + 'tls = "maybe"\n', "servers[0].tls must be one of 'off', 'preferred'"),
        (SERVER + 'tls_ca = "/ca.pem"\n', 'tls = "preferred" verifies nothing: set tls = "verify-ca"'),
        (SERVER + "sample_interval = 20.0\n", "counter_interval shorter than its sample_interval"),
        (SERVER + 'labels = { "a-b" = "x" }\n', "label name that Prometheus refuses"),
        (SERVER + SERVER, 'two servers with the name "main"'),
        ("[[servers]]\n", "servers[0].name is missing"),
        ('[web]\nlisten = "nowhere"\n', 'web.listen is "address:port"'),
        ('[[integrations]]\nname = "x"\n', "names nothing to know it by"),
        ('[[integrations]]\nname = "unknown"\naccounts = ["a"]\n', 'cannot be "unknown"'),
        ('[[integrations]]\nname = "x"\nhosts = ["10.0.0.1/8"]\n', "network that is not one"),
        ('[rules]\nswitched_off = ["index.mising"]\n', "did you mean index.missing?"),
        (
            '[rules]\nseverities = { "running.long" = "loud" }\n',
            "must be one of 'info', 'warning' or 'critical'",
        ),
        ("[rules]\nlarge_table_rows = 0\n", "rules.large_table_rows must be at least 1"),
        ("[web\n", "is not valid TOML at line 1"),
    ],
)
def test_a_fault_names_the_setting_and_the_fix(tmp_path: Path, text: str, says: str) -> None:
    assert says in refuse(tmp_path, text)


def test_a_fault_never_repeats_the_value(tmp_path: Path) -> None:
    """A password in the wrong place, or of the wrong type, is not printed."""
    for text in (
        SERVER + 'passwort = "hunter2"\n',
        SERVER + 'password = ["hunter2"]\n',
        'state = "hunter2"\n',
    ):
        assert "hunter2" not in refuse(tmp_path, text)


def test_a_password_is_in_no_representation(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, SERVER + 'password = "hunter2"\n'))
    assert "hunter2" not in f"{settings!r} {settings}"


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUERYWATCH_WEB__LISTEN", "127.0.0.1:9")
    settings = read_settings(write(tmp_path, f'[web]\nlisten = "127.0.0.1:8"\n{SERVER}'))
    assert settings.web.address == ("127.0.0.1", 9)
    assert settings.servers[0].name == "main"


def test_an_unknown_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUERYWATCH_WEBB__LISTEN", "127.0.0.1:9")
    assert "QUERYWATCH_WEBB__LISTEN" in refuse(tmp_path, SERVER)


def test_a_variable_that_is_no_json_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUERYWATCH_SERVERS", "main, hunter2")
    message = refuse(tmp_path, "")
    assert "JSON" in message
    assert "hunter2" not in message


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        read_settings(tmp_path / "none.toml")


def test_writes_follow_the_kind_unless_said(tmp_path: Path) -> None:
    text = "".join(
        f'[[integrations]]\nname = "{name}"\nkind = "{kind}"\naccounts = ["a"]\n{more}\n'
        for name, kind, more in (
            ("reader", "direct-read", ""),
            ("own", "opendental", ""),
            ("trusted", "direct-read", 'writes = "allowed"'),
            ("api", "api", 'writes = "never"'),
        )
    )
    allowed = {
        each.name: each.writes_allowed for each in read_settings(write(tmp_path, text)).find_integrations()
    }
    assert allowed == {"reader": False, "own": True, "trusted": True, "api": False}


def test_severities_become_limits(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, '[rules]\nseverities = { "running.long" = "info" }\n'))
    assert settings.rules.to_limits().severities == {"running.long": Severity.INFO}


def test_the_password_is_found_in_the_promised_order(tmp_path: Path) -> None:
    """Environment, systemd's credentials, the file, the configuration; the daemon and `check` find the same."""
    named, credentials = tmp_path / "named", tmp_path / "given"
    path = write(tmp_path, f'{SERVER}password = "last"\npassword_file = "{named}"\n')
    server = read_settings(path).servers[0]
    named.write_text("from the file\n")
    credentials.mkdir()
    (credentials / "password_main").write_text("from systemd\n")
    environment = {
        "CREDENTIALS_DIRECTORY": str(credentials),
        "QUERYWATCH_PASSWORD_MAIN": "from the environment",
    }
    assert find_password(server, path, environment) == "from the environment"
    del environment["QUERYWATCH_PASSWORD_MAIN"]
    assert find_password(server, path, environment) == "from systemd"
    assert find_password(server, path, {}) == "from the file"
    named.unlink()
    with pytest.raises(ConfigError, match="does not exist"):
        find_password(server, path, {})


def test_the_credentials_beside_the_configuration_are_found(tmp_path: Path) -> None:
    """What the unit loads as a credential is what `check` reads outside it."""
    path = write(tmp_path, SERVER)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "main").write_text("secret\n")
    assert find_password(read_settings(path).servers[0], path, {}) == "secret"


def test_no_password_says_where_it_may_stand(tmp_path: Path) -> None:
    path = write(tmp_path, SERVER)
    with pytest.raises(ConfigError, match="QUERYWATCH_PASSWORD_MAIN"):
        find_password(read_settings(path).servers[0], path, {})
