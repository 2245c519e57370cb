"""Writes SQL with a patient planted in it, and beside each statement its twin that holds nothing of the kind."""

# ruff: noqa: SIM905 -- lists of fragments read better as fragments than as quoted strings

import random
import re
from dataclasses import dataclass

# In lower case; digits because numbers are literals too. Nothing that may go out has any of these.
CANARY = re.compile(r"mary|canary|zq|555|\d{3,}", re.IGNORECASE)

# What a literal may say to be taken for something else, beside the patient.
_NASTY = (
    "Mary Canary|zqmary|5550173999|1987-03-14|GRANT |lname|patient|NULL|AND |SELECT |FROM |LIMIT 5|INTERVAL 1 DAY|"
    "/*|*/|/*!50000 |/*!99999 |/*+|--| -- |#|;|(|)|,|...|(unknown)|(_charset)|?|$.|$$|@|@@|0x41|{|}|:=|:|%|_|'|\"|`|"
    "\\|\\\\|\n|\r|\0|\N{NO-BREAK SPACE}|\N{LINE SEPARATOR}|\ud800|\udcff|é|\N{MUSICAL SYMBOL G CLEF}|''|\\'|\\N"
).split("|")
_BARE_NAMES = ("19870314abc", "$5550173999", "zqmary", "é_mary", "_canary", "5canary", "$zq$mary")

# {L} a literal, {C} a comment, {N} a name that no schema knows, {D} a routine's text in dollars.
TEMPLATES = (
    "SELECT LName, {L} FROM patient WHERE FName = {L} AND PatNum IN ({L},{L},{L}) {C}",
    "SELECT {L} AS {N}, p.LName {N} FROM patient p WHERE p.LName LIKE {L} ESCAPE {L} ORDER BY {L} LIMIT {L}, {L}",
    "SELECT LName AS {L}, FName {L}, PatNum AS {N} FROM patient {N} JOIN {N}.{N} USING ({N})",
    "SELECT LName->{L}, LName->>{L} FROM patient WHERE MATCH (LName) AGAINST ({L} IN BOOLEAN MODE)",
    "SELECT GROUP_CONCAT(LName ORDER BY {N} SEPARATOR {L}), TRIM(LEADING {L} FROM {L}) FROM patient HAVING {L}",
    "SELECT PatNum FROM patient WHERE LName REGEXP {L} AND FName NOT LIKE {L} OR PatNum BETWEEN {L} AND {L}",
    "SELECT PatNum FROM patient WHERE Birthdate > DATE {L} AND DateTStamp < TIMESTAMP{L} AND {d {L}} <> {ts{L}}",
    "INSERT INTO patient (LName, FName) VALUES ({L},{L}), ({L}, NOW()), ({L},{L}) ON DUPLICATE KEY UPDATE LName={L}",
    "REPLACE patient SET LName={L}, {N}={L}, Note=CONCAT(Note,{L},{L}) {C}",
    "SET @mary = {L}, @y := {L}, @{N} = {L}, character_set_client = {N}",
    "SHOW TABLES LIKE {L}",
    "SHOW FULL COLUMNS FROM patient LIKE {L}",
    "LOAD DATA INFILE {L} INTO TABLE patient FIELDS TERMINATED BY {L} ENCLOSED BY {L} (LName, @{N}) SET FName={L}",
    "SELECT * INTO OUTFILE {L} FROM patient",
    "CREATE USER {L} IDENTIFIED BY {L}",
    "GRANT SELECT ON opendental.* TO {L} @ {L} IDENTIFIED BY {L}",
    "PREPARE s FROM {L}",
    "EXECUTE IMMEDIATE {L} USING {L}",
    "SIGNAL SQLSTATE {L} SET MESSAGE_TEXT={L}",
    "GET DIAGNOSTICS CONDITION 1 @mary = MESSAGE_TEXT",
    "SELECT DATE_ADD(LName, INTERVAL {L} DAY) {C} FROM patient USE INDEX ({N}) PARTITION ({N})",
    "WITH {N} (a, {N}) AS (SELECT {L}) SELECT SUM(PatNum) OVER {N} FROM patient WINDOW {N} AS (PARTITION BY PatNum)",
    "CREATE PROCEDURE {N}() BEGIN DECLARE {N} VARCHAR(20) DEFAULT {L}; SELECT {L}; END",
    "CREATE FUNCTION {N}() RETURNS INT LANGUAGE JAVASCRIPT AS {D}",
    "SELECT LName COLLATE {N}, CONVERT(LName USING {N}), {N}({L}) FROM patient",
    "SELECT CASE {L} WHEN {L} THEN {L} ELSE -{L} END, +{L}, - {L}, ({L}), (({L},{L}),({L},{L})) {C}",
    "UPDATE patient SET LName={L} {C} WHERE PatNum={L} OR {L}={L}; SELECT {L}",
    "DELIMITER //\nSELECT {L}//",
    "CALL {N}({L},{L})",
    "{C}SELECT{C}/*!50000 {L}, */ {L} /*! , {L} */{C}, {L}",
    "SELECT /*!99999 zqmary */ {L}, /*M! {L}, */ /*!80000 {L}, {C}*/ {L}",
    "CREATE TABLE {N} ({N} ENUM({L},{L}) COMMENT {L}, PatNum INT DEFAULT {L})",
    "ALTER TABLE patient COMMENT = {L}, ADD PARTITION (PARTITION {N} VALUES IN ({L}))",
    "SELECT JSON_TABLE(LName, {L} COLUMNS ({N} INT PATH {L})), JSON_EXTRACT(LName, {L}) FROM patient",
    "KILL {L}",
    "ELECT {L} FRM {N}",
    "{C}{L}{C}{N}",
    "{L}",
)
_PARTS = re.compile(r"\{([LCND])\}")
_BLANK = b"x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """The two sql_modes that change how text is read; None is "not known"."""

    ansi_quotes: bool | None
    no_backslash_escapes: bool | None


@dataclass(frozen=True, slots=True)
class Planted:
    """Two statements of one length, byte for byte the same but for what must stay hidden."""

    text: bytes
    twin: bytes

    def cut(self, end: int) -> tuple[str, str]:
        """Both as they read when only so many bytes of them came."""
        return self.text[:end].decode("utf-8", "replace"), self.twin[:end].decode("utf-8", "replace")


class Writer:
    """Writes statements as a session with these sql_modes would send them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def write(self, modes: Modes, *, with_names: bool = True) -> Planted:
        """One statement; without names it holds only what every tool calls a literal or a comment."""
        template = self.random.choice(TEMPLATES)
        texts, twins = [], []
        for place, part in enumerate(_PARTS.split(template)):
            if place % 2 == 0 or (part == "N" and not with_names):
                made = Planted(*[(part if place % 2 == 0 else "a1").encode()] * 2)
            else:
                made = self._make(part, modes)
            texts.append(made.text)
            twins.append(made.twin)
        return Planted(b"".join(texts), b"".join(twins))

    def _make(self, part: str, modes: Modes) -> Planted:
        if part == "L":
            return self._literal(modes)
        if part == "C":
            return self._comment()
        if part == "D":
            tag = self.random.choice(["$$", "$js$"])
            return _wrap(tag, self._content(without="$"), tag)
        return self._name(modes)

    def _content(self, *, without: str = "") -> str:
        chosen = (self.random.choice(_NASTY) for _ in range(self.random.randint(1, 5)))
        text = "".join(chosen)
        for forbidden in without:
            text = text.replace(forbidden, "")
        return text or "q"

    def _string(self, modes: Modes) -> Planted:
        quote = self.random.choice("''\"") if not modes.ansi_quotes else "'"
        content = self._content()
        if modes.no_backslash_escapes:
            return _wrap(quote, content.replace(quote, quote * 2), quote)
        escaped = content.replace("\\", "\\\\")
        doubled = self.random.choice([quote * 2, f"\\{quote}"])
        return _wrap(quote, escaped.replace(quote, doubled), quote)

    def _literal(self, modes: Modes) -> Planted:
        kind = self.random.randrange(12)
        if kind < 6:
            return self._string(modes)
        if kind == 6:
            first, gap, second = self._string(modes), self.random.choice([b" ", b"\n"]), self._string(modes)
            return Planted(first.text + gap + second.text, first.twin + gap + second.twin)
        if kind == 7:
            quoted = self._string(Modes(ansi_quotes=True, no_backslash_escapes=modes.no_backslash_escapes))
            before = self.random.choice([b"N", b"n", b"_utf8mb4", b"_latin1 ", b"_binary\t", b"@"])
            return Planted(before + quoted.text, before + quoted.twin)
        if kind == 8:
            return self._name_of_variable()
        return self._number()

    def _number(self) -> Planted:
        digits = str(self.random.randint(5_550_000_000, 5_559_999_999))
        form = self.random.choice(
            "{} -{} +{} {}.5 {}. .{} {}e7 {}.5E-3 0x{} 0X{} x'{}' X'{}' 0b{} b'{}' {}e+2".split()
        )
        if form in {"0b{}", "b'{}'"}:
            digits = "".join(self.random.choice("01") for _ in range(16))
        return Planted(form.format(digits).encode(), form.format("1" * len(digits)).encode())

    def _name_of_variable(self) -> Planted:
        if self.random.random() < 0.5:
            return Planted(b"@zqmary.5550173", b"@zqxxxx.xxxxxxx")
        return _wrap("@`", self._content(without="`"), "`")

    def _comment(self) -> Planted:
        opening, without, end = self.random.choice(
            [
                *(("/* ", "*", " */"), ("/*", "*!+M", "*/"), ("/*+ ", "*", " */"), ("/*!99999 ", "*", "*/")),
                *(
                    ("/*M!999999\\- ", "*", " */"),
                    ("-- ", "\n", "\n"),
                    ("--\t", "\n", "\n"),
                    ("#", "\n", "\n"),
                ),
            ]
        )
        return _wrap(opening, self._content(without=without), end)

    def _name(self, modes: Modes) -> Planted:
        if self.random.random() < 0.3:
            name = self.random.choice(_BARE_NAMES)
            return Planted(name.encode(), (name[:-2] + "zz").encode())
        quote = '"' if modes.ansi_quotes and self.random.random() < 0.5 else "`"
        content = self._content().replace(quote, quote * 2)
        return _wrap(f"{quote}zq", content, quote)


def _wrap(opening: str, content: str, end: str) -> Planted:
    hidden = content.encode("utf-8", "surrogatepass")
    before, after = opening.encode(), end.encode()
    return Planted(before + hidden + after, before + _BLANK * len(hidden) + after)
