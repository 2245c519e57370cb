"""The sections of the configuration, as pydantic checks them: names, types, bounds, defaults."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from querywatch.analysis.rules import RULES
from querywatch.analysis.situation import Limits
from querywatch.config.faults import find_nearest, make_fault
from querywatch.config.section import Section
from querywatch.config.web import WebSettings
from querywatch.db.endpoint import Endpoint, TlsMode
from querywatch.hours import WeeklyHours, parse_weekly_hours
from querywatch.model import UNKNOWN, Budgets, Integration, Kind, Schedule, Severity
from querywatch.store.retention import DAY_SECONDS, YEAR_SECONDS, Retention

DEFAULT_PATH = Path("/etc/querywatch/config.toml")
ENVIRONMENT_PREFIX = "QUERYWATCH_"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$")]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Ratio = Annotated[float, Field(gt=0, le=1)]


def _check_hours(value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        parse_weekly_hours(value)
    except ValueError as fault:
        raise make_fault(f"has an entry that {fault}") from None
    return value


Hours = Annotated[tuple[str, ...], AfterValidator(_check_hours)]


class StateSettings(Section):
    """[state]: the directory of the state file, and how long it keeps what."""

    directory: Path = Path("/var/lib/querywatch")
    hourly_days: Annotated[float, Field(ge=1, le=366)] = 35.0
    history_days: Annotated[float, Field(ge=35, le=3_660)] = 400.0
    writes_years: Annotated[float, Field(ge=1, le=30)] = 6.0

    def to_retention(self) -> Retention:
        """The value that the state file works with."""
        return Retention(
            hours_seconds=self.hourly_days * DAY_SECONDS,
            history_seconds=max(self.hourly_days, self.history_days) * DAY_SECONDS,
            writes_seconds=self.writes_years * YEAR_SECONDS,
        )


class ServerSettings(Section):
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
    observer_budget: Annotated[float, Field(ge=0.0001, le=0.1)] = 0.005
    plan_after: Annotated[float, Field(ge=0.5)] = 2.0
    explain: Literal["never", "guarded"] = "never"
    office_hours: Hours = ("mon-fri 07:00-18:00",)
    timezone: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, value: str | None) -> str | None:
        try:
            return value if value is None else ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise make_fault('is not a time zone: write it like "America/Los_Angeles"') from None

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, value: dict[str, str]) -> dict[str, str]:
        for label in value:
            if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", label) or label.startswith("__"):
                raise make_fault("has a label name that Prometheus refuses: letters, digits and _ only")
            if label in {"server", "flavour", "version"}:
                raise make_fault("must not set the labels server, flavour and version: querywatch sets those")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.tls_ca is not None and not self.tls.verifies:
            raise make_fault(
                f'has a tls_ca, by which tls = "{self.tls}" verifies nothing: set tls = "verify-ca"'
            )
        if self.counter_interval < self.sample_interval:
            raise make_fault(
                "has a counter_interval shorter than its sample_interval: raise counter_interval"
            )
        return self

    def to_endpoint(self, password: str) -> Endpoint:
        """What a connection needs to know of the server."""
        return Endpoint(
            name=self.name,
            host=self.host,
            port=self.port,
            socket=str(self.socket) if self.socket else None,
            user=self.user,
            password=password,
            tls=self.tls,
            tls_ca=str(self.tls_ca) if self.tls_ca else None,
        )


class BudgetSettings(Section):
    """[integrations.budgets]: what one integration may use."""

    statements_per_minute: Seconds | None = None
    busy_ratio: Annotated[float, Field(gt=0)] | None = None
    rows_examined_per_minute: Seconds | None = None
    longest_seconds: Seconds | None = None
    connections: Count | None = None


class ScheduleSettings(Section):
    """[integrations.schedule]: when one integration is expected."""

    period_seconds: Seconds | None = None
    allowed_hours: Hours = ()


class IntegrationSettings(Section):
    """[[integrations]]: one piece of software that uses the database."""

    name: Name
    kind: Kind = Kind.DIRECT_READ
    accounts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    writes: Literal["never", "allowed"] | None = None
    budgets: BudgetSettings = BudgetSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    off_steps: tuple[str, ...] = ()
    contact: str = ""

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if value == UNKNOWN.name:
            raise make_fault('cannot be "unknown": that is what no integration claims')
        return value

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if "/" in host:
                try:
                    ipaddress.ip_network(host)
                except ValueError:
                    raise make_fault(
                        'has a network that is not one: write it like "192.168.1.0/24"'
                    ) from None
        return value

    @model_validator(mode="after")
    def _check_criteria(self) -> Self:
        free = {Kind.PROGRAM_LINK, Kind.OPENDENTAL}
        if self.kind not in free and not (self.accounts or self.hosts or self.programs or self.markers):
            raise make_fault("names nothing to know it by: give accounts, hosts, programs or markers")
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
            markers=self.markers,
            writes_allowed=allowed,
            budgets=Budgets(**self.budgets.model_dump()),
            schedule=Schedule(
                period_seconds=self.schedule.period_seconds,
                allowed_hours=parse_weekly_hours(self.schedule.allowed_hours)
                if self.schedule.allowed_hours
                else None,
            ),
            off_steps=self.off_steps,
            contact=self.contact,
        )


class RuleSettings(Section):
    """[rules]: thresholds, severities, switched-off rules; the defaults are those of `Limits`."""

    large_table_rows: Count = Limits().large_table_rows
    rows_per_run: Count = Limits().rows_per_run
    rows_per_row_sent: Count = Limits().rows_per_row_sent
    rows_per_run_critical: Count = Limits().rows_per_run_critical
    rows_pulled_critical: Count = Limits().rows_pulled_critical
    rows_per_minute_warning: Count = Limits().rows_per_minute_warning
    rows_per_minute_critical: Count = Limits().rows_per_minute_critical
    statements_per_minute: Count = Limits().statements_per_minute
    busy_ratio: Annotated[float, Field(gt=0)] = Limits().busy_ratio
    repeat_per_minute: Count = Limits().repeat_per_minute
    repeat_per_minute_critical: Count = Limits().repeat_per_minute_critical
    lookups_per_minute_critical: Count = Limits().lookups_per_minute_critical
    poll_period_seconds: Seconds = Limits().poll_period_seconds
    running_seconds_warning: Seconds = Limits().running_seconds_warning
    running_seconds_critical: Seconds = Limits().running_seconds_critical
    blocking_seconds: Seconds = Limits().blocking_seconds
    blocking_victims: Count = Limits().blocking_victims
    leak_ratio: Annotated[float, Field(ge=1)] = Limits().leak_ratio
    leak_connections: Count = Limits().leak_connections
    leak_learning_seconds: Seconds = Limits().leak_learning_seconds
    learning_seconds: Seconds = Limits().learning_seconds
    severities: dict[str, Severity] = Field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()

    @field_validator("severities", "switched_off")
    @classmethod
    def _check_rule_ids(cls, value: Any) -> Any:
        known = [rule.id for rule in RULES]
        for given in value:
            if given not in known:
                raise make_fault(
                    f"names a rule that does not exist{find_nearest(given, known)}; `querywatch rules` lists them"
                )
        return value

    def to_limits(self) -> Limits:
        """The value that the rules work with."""
        return Limits(**self.model_dump())


class MaintenanceSettings(Section):
    """[maintenance]: when the office is backed up and upgraded."""

    windows: Hours = ()

    def to_hours(self) -> WeeklyHours:
        """The value that the rules work with."""
        return parse_weekly_hours(self.windows)


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
    maintenance: MaintenanceSettings = MaintenanceSettings()

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
                    raise make_fault(f'has two {section} with the name "{name}": give each its own')
        return self

    def find_integrations(self) -> tuple[Integration, ...]:
        """The configured integrations as values, in the order of the file."""
        return tuple(entry.to_integration() for entry in self.integrations)
