"""Statements made to hold up a poll, as the server's processlist would show them: cut at 65,535 bytes."""

import random
import string

SHOWN_BYTES = 65_535
_SEEDED = random.Random(1)

HOSTILE = {
    "parentheses": "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
    "parentheses around a name": "SELECT " + "(" * 10_000 + "a" + ")" * 10_000,
    "functions": "SELECT " + "f(" * 10_000 + "a" + ")" * 10_000,
    "dates": "SELECT " + "DATE(" * 40 + "a" + ")" * 40,
    "types": "SELECT " + "DECIMAL(" * 40 + "a" + ")" * 40,
    "CASEs": "SELECT " + "CASE WHEN a THEN " * 10_000 + "1" + " END" * 10_000,
    "NOTs": "SELECT a FROM t WHERE " + "NOT " * 10_000 + "a",
    "ten megabytes of a list": "SELECT a FROM t WHERE b IN (" + "12345678," * 1_100_000 + "1)",
    "ten megabytes of a string": "SELECT a FROM t WHERE b = '" + "x" * 10_000_000 + "'",
    "a list of 100,000 numbers": "SELECT a FROM t WHERE b IN (" + ",".join(map(str, range(100_000))) + ")",
    "a list of names": "SELECT a FROM t WHERE b IN ("
    + ",".join(f"c{number}" for number in range(20_000))
    + ")",
    "rows with calls": "INSERT INTO t VALUES " + "(a,b,NOW())," * 8_000 + "(a,b,NOW())",
    "garbage": "".join(_SEEDED.choice(string.printable) for _ in range(60_000)),
    "garbage of symbols": "".join(_SEEDED.choice("()=<>*/-+.,;'`\"@ a1\\") for _ in range(60_000)),
    "joins without conditions": "SELECT a FROM t" + " JOIN t" * 40,
    "joins": "SELECT a FROM t a0" + "".join(f" JOIN t a{n} ON a{n}.x = a{n - 1}.x" for n in range(1, 2_500)),
    "unions": " UNION ".join(f"SELECT a{number} FROM t{number}" for number in range(2_000)),
    "unions in parentheses": "(" * 60 + "SELECT a FROM t" + " UNION SELECT a FROM t)" * 60,
    "ORs": "SELECT a FROM t WHERE " + " OR ".join(f"b{number} = {number}" for number in range(5_000)),
    "comments": "SELECT " + "/*!50000 " * 5_000 + "1" + " */" * 5_000,
    "open comments": "SELECT " + "/*" * 30_000,
    "quotes": "SELECT " + "'" * 60_001,
    "double quotes and backslashes": 'SELECT "' + "\\" * 60_001,
    "dots": "SELECT " + "a." * 32_000 + "a FROM t",
    "at signs": "SELECT " + "@" * 65_000,
    "backticks": "SELECT " + "`a`," * 16_000 + "b FROM t",
    "signs": "SELECT " + "- " * 32_000 + "a",
    "derived tables": "SELECT a FROM " + "(SELECT a FROM " * 95 + "t" + ") x" * 95,
    "common table expressions": "WITH " + ", ".join(f"c{n} AS (SELECT a FROM t{n})" for n in range(1_500)),
}
