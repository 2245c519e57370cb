"""The [web] section: where the pages and metrics are served, to whom, and how protected."""

import ipaddress
import re
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from querywatch.config.faults import make_fault
from querywatch.config.section import Section
from querywatch.export.auth import PasswordHash

DEFAULT_PORT = 10104  # free in Prometheus' list of default ports


class WebSettings(Section):
    """[web]: where metrics, health and the status page are served, and who may read them."""

    listen: str = f"127.0.0.1:{DEFAULT_PORT}"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    users: dict[str, SecretStr] = Field(default_factory=dict)
    allow_unprotected: bool = False

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, value: str) -> str:
        if (
            not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}", value)
            or int(value.rpartition(":")[2]) > 65535
        ):
            raise make_fault(
                f'is "address:port", for example "127.0.0.1:{DEFAULT_PORT}" or "[::1]:{DEFAULT_PORT}"'
            )
        return value

    @field_validator("users")
    @classmethod
    def _check_users(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, text in value.items():
            try:
                PasswordHash.parse(text.get_secret_value())
            except ValueError:
                raise make_fault(
                    "holds what is not a hash: `querywatch check --hash-password` makes one"
                ) from None
            if not name or ":" in name:
                raise make_fault('has a name that is empty or has a ":" in it, which no browser can send')
        return value

    @model_validator(mode="after")
    def _check_protection(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise make_fault("has only one of tls_cert and tls_key: give both, or none")
        is_protected = self.tls_cert is not None and bool(self.users)
        if not (self.is_loopback or is_protected or self.allow_unprotected):
            raise make_fault(
                "listens where other machines reach it, and says there who is connected and what runs: give tls_cert, "
                "tls_key and users, or allow_unprotected = true where something else protects it"
            )
        return self

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) as a socket wants them."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def is_loopback(self) -> bool:
        """Whether this machine alone can reach it."""
        host = self.address[0]
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def tls_files(self) -> tuple[Path, Path] | None:
        """(certificate, key); None where it speaks plain HTTP."""
        return (self.tls_cert, self.tls_key) if self.tls_cert and self.tls_key else None

    def to_users(self) -> dict[str, PasswordHash]:
        """The value that the web works with."""
        return {name: PasswordHash.parse(text.get_secret_value()) for name, text in self.users.items()}
