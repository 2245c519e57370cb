"""Passwords of the web: what is kept of them, and who is let in."""

import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querywatch.cli import main
from querywatch.export.auth import Guard, PasswordHash, hash_password

HASH = hash_password("open sesame")


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_a_hash_knows_its_password_and_holds_nothing_of_it() -> None:
    assert PasswordHash.parse(HASH).is_of("open sesame")
    assert not PasswordHash.parse(HASH).is_of("open sesamf")
    assert "sesame" not in HASH
    assert hash_password("open sesame") != HASH


@pytest.mark.parametrize(
    ("header", "admitted"),
    [
        (basic("office", "open sesame"), True),
        (basic("office", "open sesame").replace("Basic", "bAsIc"), True),
        (basic("office", "wrong"), False),
        (basic("somebody", "open sesame"), False),
        (basic("", "open sesame"), False),
        ("Bearer open sesame", False),
        ("", False),
    ],
)
def test_only_a_configured_name_with_its_password_is_admitted(header: str, *, admitted: bool) -> None:
    guard = Guard({"office": PasswordHash.parse(HASH)})
    assert [guard.admits(header), guard.admits(header)] == [admitted, admitted]


@given(st.text())
def test_no_header_breaks_the_guard(text: str) -> None:
    guard = GUARD
    assert not guard.admits(f"Negotiate {text}")
    assert not guard.admits(f"Basic !{text}")


GUARD = Guard({"office": PasswordHash.parse(HASH)})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open sesame",
        HASH.replace("scrypt", "md5"),
        HASH.replace("16384", "1000000000"),
        HASH.replace(":8:", ":0:"),
    ],
    # A salt is another each time, and a test has one name in every process.
    ids=("empty", "a password", "another scheme", "too many rounds", "no block"),
)
def test_what_is_no_hash_or_would_take_all_memory_is_refused_unquoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a hash of a password$"):
        PasswordHash.parse(text)


def test_the_command_hashes_what_is_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    assert main(["check", "--hash-password"]) == 0
    assert PasswordHash.parse(capsys.readouterr().out.strip()).is_of("open sesame")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert main(["check", "--hash-password"]) == 1
