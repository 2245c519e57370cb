"""The configuration: a TOML file, overridden by the environment, checked and turned into values.

Everything a person may get wrong ends as a ConfigError that names the setting and the fix. The only module
that knows pydantic, whose own messages quote the values they complain of and are never passed on.
"""

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from querywatch.analysis.rules import RULES
from querywatch.analysis.situation import Limits
from querywatch.db.endpoint import Endpoint, TlsMode
from querywatch.errors import ConfigError
from querywatch.model import UNKNOWN, Budgets, Integration, Kind, Severity

DEFAULT_PATH = Path("/etc/querywatch/config.toml")
DEFAULT_PORT = 10104  # free in Prometheus' list of default ports
ENVIRONMENT_PREFIX = "QUERYWATCH_"
PASSWORD_VARIABLE = f"{ENVIRONMENT_PREFIX}PASSWORD_"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$")]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Ratio = Annotated[float, Field(gt=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WebSettings(_Section):
    """[web]: where metrics and health are served."""

    listen: str = f"127.0.0.1:{DEFAULT_PORT}"

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, value: str) -> str:
        if (
            not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}", value)
            or int(value.rpartition(":")[2]) > 65535
        ):
            raise _fault(
                f'is "address:port", for example "127.0.0.1:{DEFAULT_PORT}" or "[::1]:{DEFAULT_PORT}"'
            )
        return value

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) as a socket wants them."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class StateSettings(_Section):
    """[state]: the directory of the state file."""

    directory: Path = Path("/var/lib/querywatch")


class ServerSettings(_Section):
    """[[servers]]: one server to watch."""

    name: Name
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 3306
    socket: Path | None = None
    user: str = "querywatch"
    password: SecretStr | None = None
    password_file: Path | None = None
    tls: TlsMode = TlsMode.PREFERRED
    tls_ca: Path | None = None
    databases: tuple[str, ...] = ()
    sample_interval: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    counter_interval: Annotated[float, Field(ge=1, le=3600)] = 10.0
    schema_interval: Annotated[float, Field(ge=60)] = 3600.0
    labels: dict[str, str] = Field(default_factory=dict)

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, value: dict[str, str]) -> dict[str, str]:
        for label in value:
            if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", label) or label.startswith("__"):
                raise _fault("has a label name that Prometheus refuses: letters, digits and _ only")
            if label in {"server", "flavour", "version"}:
                raise _fault("must not set the labels server, flavour and version: querywatch sets those")
        return value

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        if self.counter_interval < self.sample_interval:
            raise _fault("has a counter_interval shorter than its sample_interval: raise counter_interval")
        return self


class BudgetSettings(_Section):
    """[integrations.budgets]: what one integration may use."""

    statements_per_minute: Seconds | None = None
    busy_ratio: Annotated[float, Field(gt=0)] | None = None
    rows_examined_per_minute: Seconds | None = None
    longest_seconds: Seconds | None = None
    connections: Count | None = None


class IntegrationSettings(_Section):
    """[[integrations]]: one piece of software that uses the database."""

    name: Name
    kind: Kind = Kind.DIRECT_READ
    accounts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    writes: Literal["never", "allowed"] | None = None
    budgets: BudgetSettings = BudgetSettings()
    contact: str = ""

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if value == UNKNOWN.name:
            raise _fault('cannot be "unknown": that is what no integration claims')
        return value

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if "/" in host:
                try:
                    ipaddress.ip_network(host)
                except ValueError:
                    raise _fault('has a network that is not one: write it like "192.168.1.0/24"') from None
        return value

    @model_validator(mode="after")
    def _check_criteria(self) -> Self:
        free = {Kind.PROGRAM_LINK, Kind.OPENDENTAL}
        if self.kind not in free and not (self.accounts or self.hosts or self.programs):
            raise _fault("names nothing to know it by: give accounts, hosts or programs")
        return self

    def to_integration(self) -> Integration:
        """The value that the rest of querywatch works with."""
        allowed = self.kind.may_write if self.writes is None else self.writes == "allowed"
        return Integration(
            name=self.name,
            kind=self.kind,
            accounts=self.accounts,
            hosts=self.hosts,
            programs=self.programs,
            writes_allowed=allowed,
            budgets=Budgets(**self.budgets.model_dump()),
            contact=self.contact,
        )


class RuleSettings(_Section):
    """[rules]: thresholds, severities, switched-off rules; the defaults are those of `Limits`."""

    large_table_rows: Count = Limits().large_table_rows
    rows_per_run: Count = Limits().rows_per_run
    rows_per_row_sent: Count = Limits().rows_per_row_sent
    rows_per_run_critical: Count = Limits().rows_per_run_critical
    rows_per_minute_warning: Count = Limits().rows_per_minute_warning
    rows_per_minute_critical: Count = Limits().rows_per_minute_critical
    statements_per_minute: Count = Limits().statements_per_minute
    busy_ratio: Annotated[float, Field(gt=0)] = Limits().busy_ratio
    repeat_per_minute: Count = Limits().repeat_per_minute
    repeat_per_minute_critical: Count = Limits().repeat_per_minute_critical
    poll_period_seconds: Seconds = Limits().poll_period_seconds
    running_seconds_warning: Seconds = Limits().running_seconds_warning
    running_seconds_critical: Seconds = Limits().running_seconds_critical
    learning_seconds: Seconds = Limits().learning_seconds
    severities: dict[str, Severity] = Field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()

    @field_validator("severities", "switched_off")
    @classmethod
    def _check_rule_ids(cls, value: Any) -> Any:
        known = [rule.id for rule in RULES]
        for given in value:
            if given not in known:
                raise _fault(
                    f"names a rule that does not exist{_nearest(given, known)}; `querywatch rules` lists them"
                )
        return value

    def to_limits(self) -> Limits:
        """The value that the rules work with."""
        return Limits(**self.model_dump())


class Settings(BaseSettings):
    """The whole configuration, checked."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    web: WebSettings = WebSettings()
    state: StateSettings = StateSettings()
    servers: tuple[ServerSettings, ...] = ()
    integrations: tuple[IntegrationSettings, ...] = ()
    rules: RuleSettings = RuleSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file, whose content comes as the initial values."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for section, entries in (("servers", self.servers), ("integrations", self.integrations)):
            names = [entry.name for entry in entries]
            for name in names:
                if names.count(name) > 1:
                    raise _fault(f'has two {section} with the name "{name}": give each its own')
        return self

    def find_integrations(self) -> tuple[Integration, ...]:
        """The configured integrations as values, in the order of the file."""
        return tuple(entry.to_integration() for entry in self.integrations)


def read_settings(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The configuration in `path` under the environment; without a path, the default file where there is one.

    Raises ConfigError: unreadable file, broken TOML, unknown or wrong setting.
    """
    _check_variables(environment)
    content = _read_toml(path)
    try:
        return Settings(**content)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        origin = f"{path or DEFAULT_PATH}: " if content else ""
        raise ConfigError("\n".join(origin + _describe(fault) for fault in faults)) from None
    except ValueError:  # pydantic-settings: a variable that should hold JSON and does not
        raise ConfigError(
            f"a variable {ENVIRONMENT_PREFIX}SERVERS, …INTEGRATIONS or another list does not hold JSON"
        ) from None


def _read_toml(path: Path | None) -> dict[str, Any]:
    if path is None and not DEFAULT_PATH.exists():
        return {}
    file = path or DEFAULT_PATH
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: there is no such file; config.example.toml shows what belongs in it"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({os.strerror(error.errno or 0)})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line \d+, column \d+", str(error))
        raise ConfigError(f"{file}: is not valid TOML{f' at {place.group()}' if place else ''}") from None


def _check_variables(environment: Mapping[str, str]) -> None:
    sections = [ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields]
    for variable in environment:
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable.startswith(PASSWORD_VARIABLE):
            continue
        if variable.split("__")[0] not in [*sections, f"{ENVIRONMENT_PREFIX}CONFIG"]:
            raise ConfigError(
                f"environment variable {variable}: there is no such setting{_nearest(variable, sections)}"
            )


def _fault(sentence: str) -> PydanticCustomError:
    """A fault in our own words; the setting's name is put before it."""
    # Braces would be taken for places to fill in.
    return PydanticCustomError("querywatch", "{sentence}", {"sentence": sentence})


def _nearest(given: str, known: list[str]) -> str:
    found = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    return f": did you mean {found[0]}?" if found else ""


def _describe(fault: ErrorDetails) -> str:
    """One fault as 'setting sentence', without the value that was given."""
    place = fault["loc"]
    setting = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    if fault["type"] == "extra_forbidden":
        return (
            f"{setting}: there is no such setting{_nearest(str(place[-1]), _find_known_settings(place[:-1]))}"
        )
    context = fault.get("ctx", {})
    if fault["type"] == "querywatch":
        return f"{setting or 'the configuration'} {context['sentence']}"
    sentence = _SENTENCES.get(fault["type"])
    if sentence is None:
        wanted = _EXPECTED.get(fault["type"].partition("_")[0], "a value of another type")
        return f"{setting} must be {wanted}"
    # What pydantic puts into a context is its model's own: bounds and choices, never the value.
    return f"{setting} {sentence.format(**context)}"


# By pydantic's type of fault: https://docs.pydantic.dev/latest/errors/validation_errors/
_SENTENCES = {
    "missing": "is missing",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "string_pattern_mismatch": "must begin with a letter or digit and hold only letters, digits, space and . _ -",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}
_EXPECTED = {
    "string": 'text in quotes, like "this"',
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": 'a list, like ["this", "that"]',
    "frozen": 'a list, like ["this", "that"]',
    "dict": "a table of name = value",
    "model": "a table of settings",
    "path": "a path in quotes",
}


def _find_known_settings(place: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in place:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            model = next(iter(getattr(annotation, "__args__", ())), annotation)
    return list(getattr(model, "model_fields", {}))


def find_password(
    server: ServerSettings, path: Path | None, environment: Mapping[str, str] = os.environ
) -> str:
    """The password of a server's account: environment, systemd's credentials, a file, the configuration.

    In that order: QUERYWATCH_PASSWORD_<NAME>; `password_<name>` in $CREDENTIALS_DIRECTORY; `password_file`, or
    the file credentials/<name> beside the configuration, which the systemd unit hands on as that credential,
    so that `check` outside the unit finds the same one; `password`. Raises ConfigError when there is none.
    """
    variable = PASSWORD_VARIABLE + re.sub(r"[^A-Z0-9]", "_", server.name.upper())
    if variable in environment:
        return environment[variable]
    for file in _find_password_files(server, path, environment):
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except FileNotFoundError:
            if file == server.password_file:
                raise ConfigError(f"server {server.name}: password_file {file} does not exist") from None
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"server {server.name}: the password file {file} cannot be read") from None
    if server.password is not None:
        return server.password.get_secret_value()
    raise ConfigError(
        f"server {server.name}: no password found; set {variable}, password_file, or the file "
        f'credentials/{server.name} beside the configuration (password = "" for an account without one)'
    )


def _find_password_files(
    server: ServerSettings, path: Path | None, environment: Mapping[str, str]
) -> list[Path]:
    files = []
    if "CREDENTIALS_DIRECTORY" in environment:
        files.append(Path(environment["CREDENTIALS_DIRECTORY"]) / f"password_{server.name}")
    if server.password_file is not None:
        files.append(server.password_file)
    files.append((path or DEFAULT_PATH).parent / "credentials" / server.name)
    return files


def make_endpoint(server: ServerSettings, password: str) -> Endpoint:
    """What a connection needs to know of a server."""
    return Endpoint(
        name=server.name,
        host=server.host,
        port=server.port,
        socket=str(server.socket) if server.socket else None,
        user=server.user,
        password=password,
        tls=server.tls,
        tls_ca=str(server.tls_ca) if server.tls_ca else None,
    )
