"""Reads the configuration: its files, overridden by the environment."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from querywatch.config.faults import describe_fault, find_nearest
from querywatch.config.files import Files, read_files
from querywatch.config.passwords import PASSWORD_VARIABLE
from querywatch.config.settings import ENVIRONMENT_PREFIX, Settings
from querywatch.errors import ConfigError


def read_settings(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The configuration in `path` and the servers.d beside it, under the environment; without a path, the default one.

    Raises ConfigError: unreadable file, broken TOML, unknown or wrong setting, a name that is given twice.
    """
    _check_variables(environment)
    files = read_files(path)
    try:
        return Settings(**files.content)
    except ValidationError as error:
        raise ConfigError("\n".join(_describe_faults(error, files, environment))) from None
    except ValueError:  # pydantic-settings: a variable that should hold JSON and does not
        raise ConfigError(
            f"a variable {ENVIRONMENT_PREFIX}SERVERS, …INTEGRATIONS or another list does not hold JSON"
        ) from None


def _describe_faults(error: ValidationError, files: Files, environment: Mapping[str, str]) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False):
        section = str(fault["loc"][0]) if fault["loc"] else ""
        variable = ENVIRONMENT_PREFIX + section.upper()
        if variable in environment:
            yield f"environment variable {variable}: {describe_fault(fault, Settings)}"
            continue
        file, fault["loc"] = files.find_place(fault["loc"])
        origin = f"{file}: " if files.content else ""
        yield origin + describe_fault(fault, Settings)


def _check_variables(environment: Mapping[str, str]) -> None:
    sections = [ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields]
    for variable in environment:
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable.startswith(PASSWORD_VARIABLE):
            continue
        if variable.split("__")[0] not in [*sections, f"{ENVIRONMENT_PREFIX}CONFIG"]:
            raise ConfigError(
                f"environment variable {variable}: there is no such setting{find_nearest(variable, sections)}"
            )
