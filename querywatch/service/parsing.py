"""Parses statements in a process of its own: some text keeps a parser busy for ever."""

import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe

from querywatch.analysis.situation import Situation
from querywatch.model import Schema, Statement
from querywatch.sql.outline import Outline, Query

_WAIT_SECONDS = 0.05  # what a poll may be held up by; shapes that take longer are known the next time
_PARSE_SECONDS = 1.0  # of CPU; the largest shape that `sql.parse` tries takes a tenth of it
_REST_SECONDS = 20.0  # after a shape that took too long: many of those must not keep a core busy
_START_SECONDS = 5.0
_KEPT = 10_000
_WAITING = 5_000
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")  # an environment may hold passwords


def add_outlines(situation: Situation, parser: "Parser") -> Situation:
    """The situation with its views and queries parsed, as far as that is done: third parties' costliest first."""
    definitions = find_definitions(situation.schema)
    order = sorted(
        situation.queries, key=lambda load: (not load.integration.kind.is_third_party, -load.seconds)
    )
    known = parser.complete([*definitions.values(), *(load.statement for load in order)])
    queries = (
        replace(load, statement=known.get(load.statement.fingerprint, load.statement))
        for load in situation.queries
    )
    return replace(situation, queries=tuple(queries), views=find_views(definitions, known))


def find_definitions(schema: Schema | None) -> Mapping[tuple[str, str], Statement]:
    """What the views are made of, of those that show it."""
    tables = {} if schema is None else schema.tables
    return {key: table.definition for key, table in tables.items() if table.definition is not None}


def find_views(
    definitions: Mapping[tuple[str, str], Statement], known: Mapping[str, Statement]
) -> Mapping[tuple[str, str], Query]:
    """The queries of those views whose definition is parsed."""
    outlines = {
        key: known[statement.fingerprint].outline
        for key, statement in definitions.items()
        if statement.fingerprint in known
    }
    return {key: each.query for key, each in outlines.items() if each is not None and each.query is not None}


class Parser:
    """Parses each shape once, for all watches of a daemon; one that takes too long counts as not parsing."""

    def __init__(
        self,
        *,
        wait_seconds: float = _WAIT_SECONDS,
        parse_seconds: float = _PARSE_SECONDS,
        rest_seconds: float = _REST_SECONDS,
    ) -> None:
        self._wait_seconds = wait_seconds
        self._parse_seconds = parse_seconds
        self._rest_seconds = rest_seconds
        self._changed = threading.Condition()
        self._known: OrderedDict[str, Outline | None] = OrderedDict()  # by fingerprint
        self._waiting: OrderedDict[str, str] = OrderedDict()  # fingerprint -> shape
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = self._resting = self._closed = False

    def complete(self, statements: Iterable[Statement]) -> Mapping[str, Statement]:
        """The statements that are parsed soon enough, whole, by fingerprint; the rest is parsed meanwhile.

        The first come first. The very first call also waits until the process has started.
        """
        wanted = {statement.fingerprint: statement for statement in statements}
        with self._changed:
            for fingerprint, statement in wanted.items():
                self._ask(fingerprint, statement)
            self._await_answers()
            return {
                fingerprint: replace(statement, outline=self._known[fingerprint])
                for fingerprint, statement in wanted.items()
                if fingerprint in self._known
            }

    def _await_answers(self) -> None:
        if self._closed or not self._waiting:
            return
        self.start()
        if self._changed.wait_for(lambda: self._ready or self._closed, _START_SECONDS):
            self._changed.wait_for(self._has_answered, self._wait_seconds)

    def _has_answered(self) -> bool:
        return not self._waiting or self._resting or self._closed

    def start(self) -> None:
        """Starts the process ahead of the first call, which would wait for it."""
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="parser", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ends the process, whatever it is at."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            if self._process is not None:
                self._process.kill()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _ask(self, fingerprint: str, statement: Statement) -> None:
        if fingerprint in self._known:
            self._known.move_to_end(fingerprint)
        elif not statement.cut and len(self._waiting) < _WAITING:
            self._waiting.setdefault(fingerprint, statement.shape)
            self._changed.notify_all()

    def _run(self) -> None:
        """One process after the other, each until it dies of a shape."""
        while not self._closed:
            ours, theirs = Pipe()
            with ours, suppress(OSError):  # no process to be had just now
                with theirs:
                    process = self._start(theirs)
                with process:
                    self._serve(ours)
                    process.kill()
            self._rest()

    def _start(self, pipe: Connection) -> "subprocess.Popen[bytes]":
        module = "querywatch.service.parser_process"
        with self._changed:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                [sys.executable, "-P", "-m", module, str(pipe.fileno()), str(self._parse_seconds)],
                pass_fds=(pipe.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a traceback would hold a shape
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            )
            if self._closed:
                self._process.kill()
            return self._process

    def _serve(self, pipe: Connection) -> None:
        """Hands over what waits, until the process dies or there is no more need of it."""
        with suppress(EOFError, OSError):
            pipe.recv()
            with self._changed:
                self._ready = True
                self._changed.notify_all()
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting or self._closed)
                    if self._closed:
                        return
                    fingerprint, shape = next(iter(self._waiting.items()))
                outline: Outline | None = None
                try:
                    pipe.send(shape)
                    outline = pipe.recv()
                finally:
                    self._remember(fingerprint, outline)

    def _remember(self, fingerprint: str, outline: Outline | None) -> None:
        with self._changed:
            self._waiting.pop(fingerprint, None)
            self._known[fingerprint] = outline
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
            self._changed.notify_all()

    def _rest(self) -> None:
        with self._changed:
            self._ready, self._resting = True, True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed, self._rest_seconds)
            self._resting = False
