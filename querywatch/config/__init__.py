"""The configuration: a TOML file, overridden by the environment, checked and turned into values.

Everything a person may get wrong ends as a ConfigError that names the setting and the fix. The only package
that knows pydantic.
"""

from querywatch.config.files import find_fragments
from querywatch.config.passwords import find_password
from querywatch.config.reading import read_settings
from querywatch.config.settings import (
    IntegrationSettings,
    RuleSettings,
    ServerSettings,
    Settings,
    StateSettings,
)
from querywatch.config.web import WebSettings

__all__ = [
    "IntegrationSettings",
    "RuleSettings",
    "ServerSettings",
    "Settings",
    "StateSettings",
    "WebSettings",
    "find_fragments",
    "find_password",
    "read_settings",
]
