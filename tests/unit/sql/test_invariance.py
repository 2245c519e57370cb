"""What goes out of a statement does not depend on what its literals, comments and unknown names say.

Two statements that differ in nothing else must look alike from outside, wherever they are cut, but that one of
them may be given up sooner. That is stronger than looking for a canary: a literal that reads like a keyword or a
column would be found too.
"""

import random
import re
from collections.abc import Callable

import pytest

from querywatch.opendental import read_names
from querywatch.sql.clean import known_names, render_outward
from querywatch.sql.reduce import StatementBook, reduce_digest, reduce_text

_KNOWN = known_names(None, read_names())
_CASES = 10_000
_CUTS = 4
_CANARY = re.compile(r"mary|canary|zq|555|\d{3,}", re.IGNORECASE)
_NUMBERED = re.compile(r"\bid\d+\b")

# What a literal may say to be taken for something else.
_NASTY = (
    *("GRANT ", "lname", "patient", "5550173999", "1987-03-14", "/*", "*/", "--", " -- ", "#", ";", "(", ")"),
    *(
        ",",
        "...",
        "(unknown)",
        "(_charset)",
        "?",
        "NULL",
        "AND ",
        "SELECT ",
        "FROM ",
        "$.",
        "@",
        "@@",
        "0x41",
    ),
    *(
        "\n",
        "\r",
        "\0",
        "\N{NO-BREAK SPACE}",
        "\N{LINE SEPARATOR}",
        "\ud800",
        "é",
        "\N{MUSICAL SYMBOL G CLEF}",
    ),
    *(
        "Mary Canary",
        "%",
        "_",
        "/*!50000 ",
        "{",
        "}",
        ":=",
        ":",
        "'",
        '"',
        "`",
        "\\",
        "LIMIT 5",
        "INTERVAL 1 DAY",
    ),
)
# {L} a literal, {C} a comment, {N} a name that no schema knows.
_TEMPLATES = (
    "SELECT LName, {L} FROM patient WHERE FName = {L} AND PatNum IN ({L},{L},{L}) {C}",
    "SELECT {L} AS {N}, p.LName {N} FROM patient p WHERE p.LName LIKE {L} ESCAPE {L} ORDER BY {L} LIMIT {L}, {L}",
    "SELECT LName->{L}, LName->>{L} FROM patient WHERE MATCH (LName) AGAINST ({L} IN BOOLEAN MODE)",
    "INSERT INTO patient (LName, FName) VALUES ({L},{L}), ({L}, NOW()), ({L},{L}) ON DUPLICATE KEY UPDATE LName={L}",
    "SET @mary = {L}, @y := {L}",
    "SHOW TABLES LIKE {L}",
    "SHOW FULL COLUMNS FROM patient LIKE {L}",
    "LOAD DATA INFILE {L} INTO TABLE patient FIELDS TERMINATED BY {L}",
    "SELECT * INTO OUTFILE {L} FROM patient",
    "CREATE USER {L} IDENTIFIED BY {L}",
    "GRANT SELECT ON opendental.* TO {L} @ {L} IDENTIFIED BY {L}",
    "PREPARE s FROM {L}",
    "EXECUTE IMMEDIATE {L}",
    "SIGNAL SQLSTATE {L} SET MESSAGE_TEXT={L}",
    "GET DIAGNOSTICS CONDITION 1 @mary = MESSAGE_TEXT",
    "SELECT DATE_ADD(LName, INTERVAL {L} DAY) {C} FROM patient USE INDEX ({N}) PARTITION ({N})",
    "WITH {N} (a, {N}) AS (SELECT {L}) SELECT SUM(PatNum) OVER {N} FROM patient WINDOW {N} AS (PARTITION BY PatNum)",
    "CREATE PROCEDURE {N}() BEGIN DECLARE {N} VARCHAR(20) DEFAULT {L}; SELECT {L}; END",
    "SELECT LName COLLATE {N}, CONVERT(LName USING {N}), {N}({L}) FROM patient",
    "SELECT CASE {L} WHEN {L} THEN {L} ELSE -{L} END, +{L}, - {L}, ({L}), (({L},{L}),({L},{L})) {C}",
    "UPDATE patient SET LName={L} {C} WHERE PatNum={L} OR {L}={L}; SELECT {L}",
    "DELIMITER //\nSELECT {L}//",
    "CALL {N}({L},{L})",
    "SELECT /*!50000 {L}, */ {L} /*! , {L} */",
    "CREATE TABLE {N} ({N} ENUM({L},{L}) COMMENT {L}, PatNum INT DEFAULT {L})",
    "ALTER TABLE patient COMMENT = {L}, ADD PARTITION (PARTITION {N} VALUES IN ({L}))",
    "SELECT JSON_TABLE(LName, {L} COLUMNS ({N} INT PATH {L})) FROM patient",
    "KILL {L}",
    "ELECT {L} FRM {N}",
    "{C}{L}{C}{N}",
    "{L}",
)
_GARBLE = (
    "\N{NO-BREAK SPACE}",
    "'",
    '"',
    "`",
    "\\",
    "\N{REPLACEMENT CHARACTER}",
    "\ud800",
    "\0",
    "*/",
    "/*",
    "#",
)

Pair = tuple[str, str]  # what is to be hidden, and the same length of something harmless


class Writer:
    """Writes pairs of statements that differ only in what is to be hidden."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def write(self, *, no_backslash_escapes: bool | None, ansi_quotes: bool | None) -> Pair:
        makers: dict[str, Callable[[], Pair]] = {
            "{L}": lambda: self._literal(no_backslash_escapes, ansi_quotes),
            "{C}": self._comment,
            "{N}": self._name,
        }
        template = self.random.choice(_TEMPLATES)
        parts = [
            makers.get(part, lambda part=part: (part, part))() for part in re.split(r"(\{[LCN]\})", template)
        ]
        return "".join(part[0] for part in parts), "".join(part[1] for part in parts)

    def _pair(self, without: str) -> Pair:
        text = "".join(self.random.choice(_NASTY) for _ in range(self.random.randint(1, 5)))
        kept = "".join(character for character in text if character not in without) or "q"
        return kept, "x" * len(kept)

    def _literal(self, no_backslash_escapes: bool | None, ansi_quotes: bool | None) -> Pair:
        forms = ["'{}'", "'{}''{}'", "'{}' '{}'", "N'{}'", "_utf8mb4 '{}'", "DATE '{}'", "@'{}'"]
        if not ansi_quotes:
            forms.append('"{}"')
        if no_backslash_escapes is False:
            forms += ["'{}\\'{}'", "'{}\\\\{}\\'{}'"]
        if no_backslash_escapes:
            forms.append("'{}\\'")
        forms += ["@`{}`", "0", "1e", "0x", "x'"]
        form = self.random.choice(forms)
        number = str(self.random.randint(10**9, 10**10 - 1))
        if "{}" not in form:
            return {
                "0": (number, "1" * 10),
                "1e": (f"{number}.5e7", f"{'1' * 10}.1e1"),
                "0x": (f"0x{number}", f"0x{'1' * 10}"),
                "x'": (f"x'{number}'", f"x'{'1' * 10}'"),
            }[form]
        hidden, plain = self._pair("'\"`\\")
        return form.replace("{}", hidden), form.replace("{}", plain)

    def _comment(self) -> Pair:
        form, without = self.random.choice(
            [("/* {} */", "*/!+M"), ("/*+ {} */", "*/"), ("-- {}\n", "\n"), ("#{}\n", "\n")]
        )
        hidden, plain = self._pair(without)
        return form.replace("{}", hidden), form.replace("{}", plain)

    def _name(self) -> Pair:
        if self.random.random() < 0.7:
            hidden, plain = self._pair("`")
            return f"`zq{hidden}`", f"`zq{plain}`"
        name = self.random.choice(["19870314abc", "$5550173999", "zqmary", "é_mary", "_canary", "5canary"])
        return name, f"{name[:-2]}zz"


def show(text: str, book: StatementBook, *, cut: bool = False) -> str:
    """What goes out; which unknown names are the same is for all to see, so their numbers are left out."""
    statement = reduce_text(
        text, ansi_quotes=book.ansi_quotes, no_backslash_escapes=book.no_backslash_escapes, cut=cut
    )
    return _NUMBERED.sub("id", render_outward(statement.shape, _KNOWN))


def are_alike(one: str, other: str) -> bool:
    """Whether they are the same as far as both of them go."""
    shorter, longer = sorted((one.removesuffix("...").rstrip(), other), key=len)
    return one == other or (one.endswith("...") and longer.startswith(shorter))


def test_what_is_hidden_makes_no_difference() -> None:
    """Every form of literal, comment and name, cut at any place, the sql_mode known or not."""
    writer, book, cases = Writer(1), StatementBook(), 0
    leaks = list[Pair]()
    while cases < _CASES:
        book.ansi_quotes, book.no_backslash_escapes = (
            writer.random.choice([None, False, True]) for _ in "ab"
        )
        hidden, plain = writer.write(
            no_backslash_escapes=book.no_backslash_escapes, ansi_quotes=book.ansi_quotes
        )
        ends = [len(hidden), *(writer.random.randint(0, len(hidden)) for _ in range(_CUTS))]
        for end in ends:
            cut = end < len(hidden)
            shown = show(hidden[:end], book, cut=cut)
            if not are_alike(shown, show(plain[:end], book, cut=cut)) or _CANARY.search(shown):
                leaks.append((hidden[:end], shown))
        cases += len(ends)
    print(f"{cases:,} statements, {len(leaks)} leaks")
    assert leaks == []


def test_every_byte_of_every_template() -> None:
    """One statement of each kind, cut behind each of its characters."""
    writer, book = Writer(2), StatementBook()
    leaks = list[Pair]()
    for _ in range(len(_TEMPLATES)):
        hidden, plain = writer.write(no_backslash_escapes=None, ansi_quotes=None)
        leaks += [
            (hidden[:end], shown)
            for end in range(len(hidden))
            if not are_alike(shown := show(hidden[:end], book, cut=True), show(plain[:end], book, cut=True))
        ]
    assert leaks == []


def test_garbled_text_read_in_any_way_shows_no_canary() -> None:
    """Lost letters, stray quotes, a wrong sql_mode, text that passes for a digest, a book that completes it."""
    writer, book, cases = Writer(3), StatementBook(), 0
    leaks = list[Pair]()
    while cases < _CASES // 2:
        modes = [writer.random.choice([None, False, True]) for _ in "abcd"]
        text = _garble(writer.write(no_backslash_escapes=modes[0], ansi_quotes=modes[1])[0], writer.random)
        book.ansi_quotes, book.no_backslash_escapes = modes[2:]
        statements = (book.from_text(text), book.from_text(text, cut=True), book.from_digest(text))
        for statement in (*statements, reduce_digest(text)):
            shown = render_outward(statement.shape, _KNOWN)
            if _CANARY.search(_NUMBERED.sub("id", shown)) or render_outward(shown, _KNOWN) != shown:
                leaks.append((text, shown))
        cases += 4
    assert leaks == []


def _garble(text: str, choices: random.Random) -> str:
    for _ in range(choices.randint(0, 3)):
        place = choices.randint(0, len(text))
        text = choices.choice(
            [
                text[1:],
                text[:place],
                text[:place] + text[place + 1 :],
                text.replace(" ", "\N{NO-BREAK SPACE}"),
            ]
            + [text[:place] + choices.choice(_GARBLE) + text[place:]] * 4
        )
    return text


@pytest.mark.parametrize("space", ["\N{NO-BREAK SPACE}", "\N{LINE SEPARATOR}", "\x85", "\ufeff"])
def test_two_minuses_and_no_plain_space_are_no_comment(space: str) -> None:
    """As the servers have it (measured: SELECT 1--<NBSP>2 is no SELECT 1): the string behind is not skipped into."""
    assert show(f"SELECT 1--{space}a 'x\n lname GRANT'", StatementBook()).count("?") == 2
    assert "lname" not in show(f"SELECT 1--{space}a 'x\n lname GRANT'", StatementBook())


def test_a_quoted_name_spelled_like_a_symbol_is_a_name() -> None:
    """What went out stays as it is, also behind a name that is nothing but a parenthesis."""
    shown = render_outward(reduce_text("CREATE USER `(`").shape, _KNOWN)
    assert render_outward(shown, _KNOWN) == shown


@pytest.mark.parametrize(
    ("digest", "shown"),
    [
        # SELECT 1 AS `a``Mary Canary lname`, as MySQL 5.6 and 9.7 have it, then as MariaDB does.
        ("SELECT ? AS `a`Mary Canary lname` ", "SELECT ? AS ..."),
        ("SELECT ? AS `a``Mary Canary lname` ", "SELECT ? AS id1"),
        ("SELECT ? AS `a` lname `b`", "SELECT ? AS id1 ..."),
        ("SELECT ? AS `a`GRANT YEAR` FROM `patient`", "SELECT ? AS ..."),
        ("SELECT `LName` AS `x` FROM `patient`", "SELECT lname AS id1 FROM patient"),
    ],
)
def test_a_backtick_in_an_alias_lets_nothing_out_of_a_digest(digest: str, shown: str) -> None:
    """MySQL's digest text does not double it, so that the rest of the name looks like SQL."""
    assert render_outward(reduce_digest(digest).shape, _KNOWN) == shown
