"""A certificate authority for one test: its certificate, and one it signed for a server."""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """All as PEM."""

    authority: bytes
    server: bytes
    key: bytes


def make_certificates(host: str, *, days: int = 1) -> Certificates:
    """For a server of this name; a negative number of days makes one that has expired."""
    authority_key, server_key = _make_key(), _make_key()
    issuer = _name("Practice CA")
    authority = _builder(issuer, issuer, authority_key, days=30)
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    server = _builder(_name("server"), issuer, server_key, days=days).add_extension(names, critical=False)
    pem = serialization.Encoding.PEM
    return Certificates(
        authority=authority.sign(authority_key, hashes.SHA256()).public_bytes(pem),
        server=server.sign(authority_key, hashes.SHA256()).public_bytes(pem),
        key=server_key.private_bytes(
            pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ),
    )


def _make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, *, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 60 * _DAY)
        .not_valid_after(now + days * _DAY)
    )
