"""Where a server is, who we are there, and how the connection to it is encrypted."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum

from querywatch.errors import LoginError


class TlsMode(StrEnum):
    """What is asked of the connection's encryption."""

    OFF = "off"
    PREFERRED = "preferred"  # encrypted when the server can; nobody's certificate is checked
    VERIFY_CA = "verify-ca"  # or no connection
    VERIFY_IDENTITY = "verify-identity"  # the certificate's name too, or no connection

    @property
    def verifies(self) -> bool:
        """Whether a connection without a good certificate is refused."""
        return self in {TlsMode.VERIFY_CA, TlsMode.VERIFY_IDENTITY}


class PlainReason(StrEnum):
    """Why a connection is not encrypted."""

    OFF = "off"
    SOCKET = "socket"  # it never leaves the machine
    NOT_OFFERED = "not-offered"
    HANDSHAKE_FAILED = "handshake-failed"  # most often a server that speaks TLS 1.0 only


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a server is, who we are there, and how long we wait."""

    name: str
    host: str = "127.0.0.1"
    port: int = 3306
    socket: str | None = None
    user: str
    password: str = field(default="", repr=False)
    tls: TlsMode = TlsMode.PREFERRED
    tls_ca: str | None = None
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 10.0
    statement_timeout_seconds: float = 5.0
    fault: str = ""  # of the configuration, for which no connection can be tried

    @property
    def address(self) -> str:
        """Host and port, or the socket's path."""
        return self.socket or f"{self.host}:{self.port}"


def build_tls_context(endpoint: Endpoint, mode: TlsMode) -> ssl.SSLContext:
    """What a verifying mode demands of the server's certificate; `LoginError` when the CA file is no use."""
    try:
        context = ssl.create_default_context(cafile=endpoint.tls_ca)
    except OSError as error:
        message = (
            f"{endpoint.name}: the file in tls_ca ({endpoint.tls_ca}) is missing or holds no certificate"
        )
        raise LoginError(message, reason="tls") from error
    context.check_hostname = mode is TlsMode.VERIFY_IDENTITY
    # The certificates that MySQL makes for itself lack an extension that this flag demands.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
