"""Where a private server comes from."""

from pathlib import Path

import pytest

from querywatch.demo.backends import (
    DockerImage,
    MariadbProgram,
    MysqlProgram,
    ServerEvidence,
    find_backend,
    mariadb_options,
)
from querywatch.errors import DemoError

SECRET = "0123456789abcdef"


def add_program(directory: Path, name: str, script: str) -> Path:
    program = directory / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_a_machine_without_a_server_hears_which_one_package_to_install(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match=r"apt-get install --no-install-recommends mariadb-server-core$"):
        find_backend(str(tmp_path))


def test_docker_that_does_not_answer_is_no_server(tmp_path: Path) -> None:
    add_program(tmp_path, "docker", "exit 1")
    with pytest.raises(DemoError, match="no Docker answers"):
        find_backend(str(tmp_path))


def test_docker_serves_where_no_server_is_installed(tmp_path: Path) -> None:
    docker = add_program(tmp_path, "docker", "exit 0")
    assert find_backend(str(tmp_path)) == DockerImage(program=docker)


def test_an_installed_server_goes_before_docker(tmp_path: Path) -> None:
    add_program(tmp_path, "docker", "exit 0")
    program = add_program(tmp_path, "mariadbd", "echo 'mariadbd  Ver 10.11.6-MariaDB'")
    assert find_backend(str(tmp_path)) == MariadbProgram(program=program)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("mysqld  Ver 8.4.0 for Linux", MysqlProgram, id="mysql"),
        pytest.param("mysqld  Ver 10.5.23-MariaDB-1", MariadbProgram, id="an old name of mariadbd"),
    ],
)
def test_mysqld_is_whose_it_says_it_is(tmp_path: Path, version: str, expected: type) -> None:
    add_program(tmp_path, "mysqld", f"echo '{version}'")
    assert isinstance(find_backend(str(tmp_path)), expected)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (ServerEvidence.PROCESSLIST, {"--userstat=OFF", "--performance-schema=OFF"}),
        (ServerEvidence.USERSTAT, {"--userstat=ON", "--performance-schema=OFF"}),
        (ServerEvidence.FULL, {"--userstat=OFF", "--performance-schema=ON"}),
    ],
)
def test_the_server_counts_what_was_asked_and_no_more(evidence: ServerEvidence, expected: set[str]) -> None:
    assert set(mariadb_options(evidence)) == expected


def test_a_container_is_published_on_this_machine_alone_and_its_password_in_no_command_line(
    tmp_path: Path,
) -> None:
    backend = DockerImage(program=Path("/usr/bin/docker"))
    launch = backend.prepare(tmp_path, 4711, SECRET, ServerEvidence.USERSTAT)
    assert "127.0.0.1:4711:3306" in launch.command
    assert SECRET not in " ".join(launch.command)
    assert SECRET in (tmp_path / "environment").read_text(encoding="utf-8")
    assert (tmp_path / "environment").stat().st_mode & 0o077 == 0


def test_a_server_program_that_cannot_set_itself_up_is_a_fault_with_its_own_words(tmp_path: Path) -> None:
    program = add_program(tmp_path, "mysqld", "echo '[ERROR] no space left' >&2; exit 1")
    with pytest.raises(DemoError, match="no space left"):
        MysqlProgram(program=program).prepare(tmp_path, 4711, SECRET, ServerEvidence.USERSTAT)
