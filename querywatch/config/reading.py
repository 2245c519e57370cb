"""Reads the configuration: a TOML file, overridden by the environment."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from querywatch.config.faults import describe_fault, find_nearest
from querywatch.config.passwords import PASSWORD_VARIABLE
from querywatch.config.settings import DEFAULT_PATH, ENVIRONMENT_PREFIX, Settings
from querywatch.errors import ConfigError


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
        raise ConfigError("\n".join(origin + describe_fault(fault, Settings) for fault in faults)) from None
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
                f"environment variable {variable}: there is no such setting{find_nearest(variable, sections)}"
            )
