"""Encryption: what is verified is verified, and what cannot be encrypted says so."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from server.certificates import Certificates, make_certificates
from server.servers import CHOICES, RunningServer, find_choice, find_choices, start

from querywatch.db.connection import PlainReason, TlsMode, connect
from querywatch.errors import LoginError

pytestmark = pytest.mark.server

_HOST = "localhost"  # what the certificates are made out for; the containers answer to an address
_FILES = ("--ssl-ca=/certs-ca.pem", "--ssl-cert=/certs-server.pem", "--ssl-key=/certs-key.pem")


@contextmanager
def started_with(name: str, certificates: Certificates) -> Iterator[RunningServer]:
    files = {
        "/certs-ca.pem": certificates.authority,
        "/certs-server.pem": certificates.server,
        "/certs-key.pem": certificates.key,
    }
    with start(find_choice(name), settings=_FILES, files=files) as server:
        yield server


@pytest.fixture(autouse=True, scope="module")
def _needs_containers() -> None:
    if find_choices()[0] != CHOICES:
        pytest.skip("certificates are put into containers, and Docker does not answer")


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return make_certificates(_HOST)


@pytest.fixture(scope="module")
def authority_file(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    path.write_bytes(certificates.authority)
    return path


@pytest.fixture(scope="module", params=["mariadb-10.11", "mysql-9.7"])
def encrypted(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[RunningServer]:
    with started_with(request.param, certificates) as server:
        yield server


@pytest.mark.parametrize("tls", [TlsMode.VERIFY_CA, TlsMode.VERIFY_IDENTITY])
def test_a_good_certificate_is_accepted(encrypted: RunningServer, authority_file: Path, tls: TlsMode) -> None:
    """The right authority, and the right address where it is asked for."""
    endpoint = replace(encrypted.watcher(tls=tls, tls_ca=str(authority_file)), host=_HOST)
    with closing(connect(endpoint)) as connection:
        assert connection.tls_version in {"TLSv1.2", "TLSv1.3"}
        assert connection.plain_reason is None


def test_another_name_fails_the_identity_alone(encrypted: RunningServer, authority_file: Path) -> None:
    """verify-ca does not ask for the name; verify-identity does."""
    settings = {"tls_ca": str(authority_file)}
    connect(encrypted.watcher(tls=TlsMode.VERIFY_CA, **settings)).close()
    with pytest.raises(LoginError, match="not made out for") as refused:
        connect(encrypted.watcher(tls=TlsMode.VERIFY_IDENTITY, **settings))
    assert refused.value.reason == "tls"


def test_another_authority_is_refused(encrypted: RunningServer, tmp_path: Path) -> None:
    """A certificate that somebody else signed."""
    other = tmp_path / "other.pem"
    other.write_bytes(make_certificates(_HOST).authority)
    with pytest.raises(LoginError, match="not signed by the authority") as refused:
        connect(encrypted.watcher(tls=TlsMode.VERIFY_CA, tls_ca=str(other)))
    assert refused.value.reason == "tls"


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_useless_authority_file_is_named(
    encrypted: RunningServer, tmp_path: Path, content: bytes | None
) -> None:
    """Missing, or no certificate: the message says which file."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LoginError, match=r"ca\.pem") as refused:
        connect(encrypted.watcher(tls=TlsMode.VERIFY_CA, tls_ca=str(path)))
    assert refused.value.reason == "tls"


def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    """And the message says what to renew."""
    expired = make_certificates(_HOST, days=-1)
    path = tmp_path / "ca.pem"
    path.write_bytes(expired.authority)
    with (
        started_with("mariadb-10.11", expired) as server,
        pytest.raises(LoginError, match="has expired"),
    ):
        connect(server.watcher(tls=TlsMode.VERIFY_CA, tls_ca=str(path)))


def test_a_server_of_tls_1_0_is_said_to_be_one(certificates: Certificates, authority_file: Path) -> None:
    """MySQL 5.6: verification refuses it and says why; `preferred` goes on without, and says that too."""
    with started_with("mysql-5.6", certificates) as server:
        with pytest.raises(LoginError, match=r"TLS 1\.0") as refused:
            connect(server.watcher(tls=TlsMode.VERIFY_CA, tls_ca=str(authority_file)))
        assert refused.value.reason == "tls"
        with closing(connect(server.watcher(tls=TlsMode.PREFERRED))) as connection:
            assert connection.tls_version is None
            assert connection.plain_reason is PlainReason.HANDSHAKE_FAILED
