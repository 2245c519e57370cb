"""Where a private server can come from: a server program on this machine, or Docker."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from querywatch.errors import DemoError
from querywatch.model import Flavour

DOCKER_IMAGE = "mariadb:10.11"
_PACKAGE = "mariadb-server-core"
_BOOTSTRAP_SCRIPTS = (
    "*_system_tables.sql",
    "*_performance_tables.sql",
    "*_system_tables_data.sql",
)

# As Open Dental's installer sets an office's server up.
_OFFICE_OPTIONS = (
    "--default-storage-engine=MyISAM",
    "--sql-mode=",
    "--max-connections=3000",
    "--character-set-server=utf8mb3",
    "--skip-name-resolve",
)
# For a load in seconds; nothing here must survive a power cut.
_SPEED_OPTIONS = (
    "--key-buffer-size=256M",
    "--myisam-sort-buffer-size=256M",
    "--delay-key-write=ALL",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=32M",
)


class ServerEvidence(StrEnum):
    """How much a server counts on its own."""

    PROCESSLIST = "processlist"
    USERSTAT = "userstat"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to run one server in the foreground."""

    command: tuple[str, ...]
    socket: Path | None = None
    container: str | None = None


class Backend(Protocol):
    """One way to a server."""

    @property
    def flavour(self) -> Flavour:
        """Whose server it starts."""
        ...

    def prepare(self, directory: Path, port: int, password: str, evidence: ServerEvidence) -> Launch:
        """Lay out `directory` for a server on that port of 127.0.0.1, its `root` with that password."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MariadbProgram:
    """`mariadbd` on this machine; the system tables come from the scripts beside it.

    mariadb-install-db would do the same, but Debian keeps a program it needs in a second package.
    """

    program: Path
    flavour: Flavour = Flavour.MARIADB

    def prepare(self, directory: Path, port: int, password: str, evidence: ServerEvidence) -> Launch:
        """See `Backend`. `root` without a password is left on the socket, for root of this machine alone."""
        data = directory / "data"
        (data / "mysql").mkdir(parents=True)
        scripts = "".join(script.read_text(encoding="utf-8") for script in self._find_scripts())
        _run(
            [str(self.program), "--no-defaults", *_run_as_self(), f"--datadir={data}", "--bootstrap"],
            directory,
            f"USE mysql;\nSET @auth_root_socket = 'root';\n{scripts}",
        )
        command = (str(self.program), "--no-defaults", *_local_options(directory, port), "--loose-skip-ssl")
        _write_init_file(directory, f"CREATE USER 'root'@'%' IDENTIFIED BY '{password}';")
        return Launch(command=(*command, *mariadb_options(evidence)), socket=directory / "server.sock")

    def _find_scripts(self) -> list[Path]:
        share = Path(_read_variable(self.program, "character-sets-dir")).parent
        found = [script for pattern in _BOOTSTRAP_SCRIPTS for script in sorted(share.glob(pattern))]
        if len(found) != len(_BOOTSTRAP_SCRIPTS):
            raise DemoError(f"{self.program} has no system table scripts in {share}; install {_PACKAGE}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class MysqlProgram:
    """`mysqld` of MySQL on this machine, 5.7 or newer."""

    program: Path
    flavour: Flavour = Flavour.MYSQL

    def prepare(self, directory: Path, port: int, password: str, evidence: ServerEvidence) -> Launch:
        """See `Backend`."""
        data = directory / "data"
        begin = (str(self.program), "--no-defaults")
        _run([*begin, *_run_as_self(), f"--datadir={data}", "--initialize-insecure"], directory, "")
        _write_init_file(
            directory,
            f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';",
            f"CREATE USER 'root'@'%' IDENTIFIED BY '{password}';",
        )
        options = ("--loose-mysqlx=OFF", "--skip-log-bin", "--tls-version=")
        counting = "OFF" if evidence is ServerEvidence.PROCESSLIST else "ON"
        return Launch(
            command=(*begin, *_local_options(directory, port), *options, f"--performance-schema={counting}"),
            socket=directory / "server.sock",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerImage:
    """A MariaDB image of Docker's, run in the foreground and published on 127.0.0.1 alone."""

    program: Path
    image: str = DOCKER_IMAGE
    flavour: Flavour = Flavour.MARIADB

    def prepare(self, directory: Path, port: int, password: str, evidence: ServerEvidence) -> Launch:
        """See `Backend`. The password goes in a file: command lines are for everybody to read."""
        environment = directory / "environment"
        environment.touch(mode=0o600)
        environment.write_text(f"MARIADB_ROOT_PASSWORD={password}\n", encoding="utf-8")
        name = f"querywatch-demo-{port}"
        run = (str(self.program), "run", "--rm", "--name", name, "--env-file", str(environment))
        options = (*_OFFICE_OPTIONS, *_SPEED_OPTIONS, *mariadb_options(evidence))
        publish = ("--publish", f"127.0.0.1:{port}:3306")
        return Launch(command=(*run, *publish, self.image, *options), container=name)


def find_backend(search_path: str | None = None) -> Backend:
    """The best way to a server on this machine: mariadbd, then mysqld, then Docker.

    Raises DemoError, with the one package to install, when there is none.
    """
    path = (
        search_path if search_path is not None else f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    )
    for name in ("mariadbd", "mysqld"):
        if program := shutil.which(name, path=path):
            return _find_program_backend(Path(program))
    docker = shutil.which("docker", path=path)
    if docker and _succeeds([docker, "info"]):
        return DockerImage(program=Path(docker))
    raise DemoError(
        "the demo needs a database server of its own: neither mariadbd nor mysqld is installed, and no"
        f" Docker answers. Install one: apt-get install --no-install-recommends {_PACKAGE}"
    )


def mariadb_options(evidence: ServerEvidence) -> tuple[str, ...]:
    """The server options that make MariaDB count that much, and no more."""
    userstat = "ON" if evidence is ServerEvidence.USERSTAT else "OFF"
    performance_schema = "ON" if evidence is ServerEvidence.FULL else "OFF"
    return (f"--userstat={userstat}", f"--performance-schema={performance_schema}")


def _find_program_backend(program: Path) -> Backend:
    version = _capture([str(program), "--no-defaults", "--version"])
    return (
        MariadbProgram(program=program) if "mariadb" in version.casefold() else MysqlProgram(program=program)
    )


def _local_options(directory: Path, port: int) -> tuple[str, ...]:
    return (
        *_OFFICE_OPTIONS,
        *_SPEED_OPTIONS,
        *_run_as_self(),
        f"--datadir={directory / 'data'}",
        f"--tmpdir={directory}",
        f"--secure-file-priv={directory}",
        f"--socket={directory / 'server.sock'}",
        f"--pid-file={directory / 'server.pid'}",
        f"--init-file={directory / 'init.sql'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
    )


def _run_as_self() -> tuple[str, ...]:
    """Both servers refuse to run as root unless told so."""
    return ("--user=root",) if os.geteuid() == 0 else ()


def _write_init_file(directory: Path, *statements: str) -> None:
    script = directory / "init.sql"
    script.touch(mode=0o600)
    lines = (*statements, "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;", "")
    script.write_text("\n".join(lines), encoding="utf-8")


def _read_variable(program: Path, name: str) -> str:
    listing = _capture([str(program), "--no-defaults", "--verbose", "--help"])
    found = re.search(rf"^{name}\s+(\S.*?)\s*$", listing, re.MULTILINE)
    if found is None:
        raise DemoError(f"{program} does not say where its own files are")
    return found.group(1)


def _run(command: list[str], directory: Path, text: str) -> None:
    """Run one step of the set-up; its output goes to the server's log."""
    with (directory / "server.log").open("ab") as log:
        done = subprocess.run(command, input=text.encode(), stdout=log, stderr=log, check=False)
    if done.returncode:
        raise DemoError(f"{command[0]} cannot set up a data directory: {render_last_error(directory)}")


def render_last_error(directory: Path) -> str:
    """The last line of the private server's log that reports an error, or its last line."""
    lines = (directory / "server.log").read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    return next((line for line in reversed(lines) if "ERROR" in line), lines[-1])


def _capture(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, check=False, text=True).stdout


def _succeeds(command: list[str]) -> bool:
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0
