"""Shapes are parsed in a process of their own: none holds up a poll, and one that never ends is given up."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from querywatch.model import Statement
from querywatch.service.parsing import Parser
from querywatch.sql.reduce import StatementBook, reduce_text

# Each JOIN without a condition makes sqlglot read the rest twice.
_ENDLESS = "SELECT a FROM t" + " JOIN t" * 40


@pytest.fixture
def parser() -> Iterator[Parser]:
    with closing(Parser(wait_seconds=2.0, parse_seconds=0.3, rest_seconds=0.1)) as parser:
        yield parser


def reduce(text: str) -> Statement:
    return StatementBook().from_text(text)


def test_a_statement_gets_the_needs_that_parsing_finds(parser: Parser) -> None:
    """Told by fingerprint; what does not parse is known too, and has none."""
    text = "SELECT a FROM t JOIN u ON t.x = u.y WHERE t.b = 'Canary' ORDER BY c"
    garbled = reduce("ELECT a FRM t WHERE WHERE")
    known = parser.complete([reduce(text), garbled])
    assert known[reduce(text).fingerprint].outline == reduce_text(text).outline is not None
    assert known[garbled.fingerprint].outline is None


def test_a_shape_that_keeps_the_parser_busy_for_ever_is_given_up(parser: Parser) -> None:
    """It counts as not parsing, and what comes after it is parsed by a new process."""
    endless, plain = reduce(_ENDLESS), reduce("SELECT a FROM t WHERE b = 1")
    parser.complete([reduce("SELECT 1")])
    known = parser.complete([endless, plain])
    deadline = time.monotonic() + 20.0
    while plain.fingerprint not in known and time.monotonic() < deadline:
        known = parser.complete([endless, plain])
    assert known[endless.fingerprint].outline is None
    assert known[plain.fingerprint].outline


def test_nobody_waits_longer_than_was_said() -> None:
    """Whatever is asked, and however much: the rest is answered another time."""
    many = [reduce(_ENDLESS), *(reduce(f"SELECT a{number} FROM t") for number in range(2_000))]
    with closing(Parser(wait_seconds=0.05)) as parser:
        parser.complete([reduce("SELECT 1")])
        started = time.monotonic()
        parser.complete(many)
        assert time.monotonic() - started < 0.5  # ten times as long: other programs run on this machine too


def test_closing_ends_the_process_in_the_middle_of_a_shape() -> None:
    """And a closed parser answers at once."""
    parser = Parser(wait_seconds=0.05)
    parser.complete([reduce("SELECT 1")])
    parser.complete([reduce(_ENDLESS)])
    assert parser._process is not None
    child = Path(f"/proc/{parser._process.pid}")
    assert child.exists()
    started = time.monotonic()
    parser.close()
    assert parser.complete([reduce("SELECT a FROM t")]) == {}
    assert time.monotonic() - started < 2.0
    assert not child.exists()


def test_a_cut_shape_is_not_asked_for(parser: Parser) -> None:
    """It does not parse anyhow."""
    cut = StatementBook().from_text("SELECT a FROM t WHERE b = 'x", cut=True)
    assert parser.complete([cut]) == {}
    assert not parser._waiting


def test_the_process_is_given_no_passwords(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings may come by the environment; the child has no use for them."""
    monkeypatch.setenv("QUERYWATCH_SERVERS__0__PASSWORD", "a secret")
    parser.complete([reduce("SELECT 1")])
    assert parser._process is not None
    assert b"secret" not in Path(f"/proc/{parser._process.pid}/environ").read_bytes()


def test_what_is_known_and_what_waits_is_bounded(parser: Parser) -> None:
    """A hundred thousand shapes take no more room than some thousand."""
    statement = reduce("SELECT a FROM t")
    for number in range(12_000):
        parser._remember(f"{number:016x}", None)
    parser._closed = True  # nobody takes them away
    parser.complete(replace(statement, fingerprint=f"f{number:015x}") for number in range(6_000))
    parser._closed = False
    assert len(parser._known) <= 10_000
    assert len(parser._waiting) <= 5_000
