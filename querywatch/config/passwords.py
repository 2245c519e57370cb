"""Finds the password of a server's account, the same one for the daemon and for a person's `check`."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from querywatch.config.settings import DEFAULT_PATH, ENVIRONMENT_PREFIX, ServerSettings
from querywatch.errors import ConfigError

PASSWORD_VARIABLE = f"{ENVIRONMENT_PREFIX}PASSWORD_"


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
        except (OSError, ValueError):  # ValueError: no UTF-8, or a NUL in the path
            raise ConfigError(
                f"server {server.name}: the password file {file} cannot be read{_advise_restart(environment)}"
            ) from None
    if server.password is not None:
        return server.password.get_secret_value()
    raise ConfigError(
        f"server {server.name}: no password found; set {variable}, password_file, or the file "
        f'credentials/{server.name} beside the configuration (password = "" for an account without one)'
        f"{_advise_restart(environment)}"
    )


def _advise_restart(environment: Mapping[str, str]) -> str:
    # What stands in a unit's credentials is read when it starts, and the files themselves are closed to it.
    inside = "CREDENTIALS_DIRECTORY" in environment
    return "; where it is new, `systemctl restart` has systemd hand it over" if inside else ""


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
