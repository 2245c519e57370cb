"""A certificate that is renewed while the daemon runs."""

import signal
import ssl
from pathlib import Path

from server.certificates import make_certificates
from server.daemons import running_daemon

CONFIG = """
[web]
listen = "127.0.0.1:0"
tls_cert = "{directory}/cert"
tls_key = "{directory}/key"
[state]
directory = "{directory}/state"
[[servers]]
name = "away"
host = "127.0.0.1"
port = 1
password = ""
"""


def write_certificate(directory: Path) -> None:
    """A new one and its key."""
    made = make_certificates("localhost")
    (directory / "cert").write_bytes(made.server)
    (directory / "key").write_bytes(made.key)


def test_a_reload_takes_a_renewed_certificate_and_the_daemon_goes_on(tmp_path: Path) -> None:
    write_certificate(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(directory=tmp_path))
    with running_daemon(config) as daemon:
        port = int(daemon.url.rpartition(":")[2])

        def ask_certificate() -> str:
            return ssl.get_server_certificate(("127.0.0.1", port), timeout=5)

        first = ask_certificate()
        (tmp_path / "cert").write_text("nonsense")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(
            lambda: "goes on with the certificate that it has" in daemon.log.read_text(), "a word of it"
        )
        assert ask_certificate() == first
        write_certificate(tmp_path)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(lambda: ask_certificate() != first, "the renewed certificate")
