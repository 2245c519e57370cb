"""Statements reduced a second: the same text again, a known shape, a new one, parsed too; beside pt-fingerprint.

And what the hostile ones take: the longest of them to reduce, to show and to parse, and the memory of all.

usage: PYTHONPATH=tests python tests/benchmarks/sql_speed.py [--count 20000] [--seed 1]
"""

import argparse
import random
import re
import resource
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from hostile import HOSTILE, SHOWN_BYTES

from querywatch.service.judging import Renderer
from querywatch.service.parsing import Parser
from querywatch.sql.lexer import ModesFrom
from querywatch.sql.parse import parse_shape
from querywatch.sql.reduce import StatementBook

_CORPUS = Path(__file__).parents[1] / "unit" / "sql" / "everywhere.sql"
_LITERAL = re.compile(r"'[^'\\]*'|(?<![\w.`@])\d+(?![\w.`])")
_PT_ROUNDS = 10
_PARSED_SHARE = 10  # one in so many is parsed: that takes longest


def make_book() -> StatementBook:
    """As the daemon has it, on a server with an empty sql_mode."""
    book = StatementBook(modes_from=ModesFrom.SERVER)
    book.ansi_quotes = book.no_backslash_escapes = False
    return book


def write_texts(count: int, seed: int) -> list[str]:
    """Statements of the kinds that the tests know, no two with the same literals."""
    choices = random.Random(seed)
    kinds = [line for line in _CORPUS.read_text(encoding="utf-8").splitlines() if _LITERAL.search(line)]
    return [
        _LITERAL.sub(
            lambda found: f"'{choices.random()}'" if found[0][0] == "'" else str(choices.randrange(10**9)),
            choices.choice(kinds),
        )
        for _ in range(count)
    ]


def measure(work: Callable[[str], object], texts: Iterable[str]) -> float:
    """Texts a second of processor time."""
    count, started = 0, time.process_time()
    for text in texts:
        work(text)
        count += 1
    return count / (time.process_time() - started)


def measure_pt_fingerprint(texts: Sequence[str]) -> float:
    """Texts a second of its processor time, without what starting it takes."""

    def run(script: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["pt-fingerprint"], input=script.encode(), stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Several times over, or starting it would take as long as its work.
    repeated = "".join(f"{text};\n" for text in texts) * _PT_ROUNDS
    return _PT_ROUNDS * len(texts) / (run(repeated) - run("SELECT 1;\n"))


def print_hostile() -> None:
    """The longest of the statements made to hurt, and the largest that this process has been."""
    book, renderer = make_book(), Renderer()
    reducing, showing = {}, {}
    for name, text in HOSTILE.items():
        started = time.process_time()
        statement = book.from_text(text[:SHOWN_BYTES], cut=len(text) > SHOWN_BYTES)
        reduced = time.process_time()
        renderer.render(statement)
        reducing[name], showing[name] = reduced - started, time.process_time() - reduced
    for what, times in (("to reduce", reducing), ("to show", showing)):
        name = max(times, key=lambda each: times[each])
        print(f"{1000 * times[name]:10.1f} ms {what} the worst of {len(times)} hostile statements: {name}")
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{kib / 1024:10.1f} MiB, this process at its largest, the 10 MB statements among its own data")


def print_parser() -> None:
    """How long those who ask for hostile shapes wait: the child process has them for as long as it likes."""
    book = make_book()
    statements = [book.from_text(text[:SHOWN_BYTES]) for text in HOSTILE.values()]
    with closing(Parser()) as parser:
        parser.complete([book.from_text("SELECT a FROM t")])
        waits = []
        for statement in statements:
            started = time.monotonic()
            parser.complete([statement])
            waits.append(time.monotonic() - started)
    print(f"{1000 * max(waits):10.1f} ms waited at most for the parser's answer to one of them")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    texts, book = write_texts(given.count, given.seed), make_book()
    new = [re.sub(r"(?i)\bselect\b", f"SELECT a{place},", text) for place, text in enumerate(texts)]
    length = sum(map(len, texts)) / len(texts)
    print(f"{len(texts):,} statements of {length:.0f} characters on average, seed {given.seed}")
    measure(book.from_text, texts[:2_000])
    known = measure(book.from_text, texts)
    shapes = [book.from_text(text).shape for text in new[: given.count // _PARSED_SHARE]]
    rates = {
        "the same text again": measure(book.from_text, texts[-5_000:] * 4),
        "a known shape, new literals": known,
        "a new shape": measure(make_book().from_text, new),
        "a new shape's parse, in its own process": measure(parse_shape, shapes),
        "pt-fingerprint, known shapes": measure_pt_fingerprint(texts),
        "pt-fingerprint, new shapes": measure_pt_fingerprint(new),
    }
    for what, rate in rates.items():
        print(f"{rate:10,.0f} a second: {what}")
    print_hostile()
    print_parser()


if __name__ == "__main__":
    main()
