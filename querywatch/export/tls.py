"""The web's certificate and key."""

import ssl
from pathlib import Path

from querywatch.errors import ConfigError


def make_tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer; raises ConfigError when the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, certificate, key)
    return context


def renew_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Gives new connections what the files hold now; raises ConfigError, and nothing has changed then."""
    make_tls_context(certificate, key)
    _load(context, certificate, key)


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # Nobody is there to type the password of a key that has one.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) if not isinstance(error, ssl.SSLError) else None
        raise ConfigError(
            f"web.tls_cert and web.tls_key: {reason or 'they are no certificate and its key without a password'}; "
            "both are PEM files, and the user that querywatch runs as must be able to read them"
        ) from None
