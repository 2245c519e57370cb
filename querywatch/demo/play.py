"""The demo without its daemon: a private server, a practice, the accounts, and the crowd on demand."""

import secrets
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from typing import Self

from querywatch.db.grants import (
    PASSWORD_PLACEHOLDER,
    quote_text,
    render_account,
    render_database,
    render_grants,
)
from querywatch.demo import office
from querywatch.demo.backends import Backend, ServerEvidence
from querywatch.demo.crowd import READY, CrowdOrder, parse_counts, render_order
from querywatch.demo.practice import DEFAULT_SCALE, LoadProgress, load_practice
from querywatch.demo.schema import DATABASE
from querywatch.demo.server import Login, PrivateServer
from querywatch.demo.traffic import Target, VendorCounts
from querywatch.demo.vendors import CHART_BI, LEDGER_WRITER, VENDORS
from querywatch.errors import DemoError
from querywatch.model import Integration, Kind

WATCHER = "querywatch"
_STOP_SECONDS = 30.0

INTEGRATIONS = (
    Integration(name=office.ACCOUNT, kind=Kind.OPENDENTAL, accounts=(office.ACCOUNT,), writes_allowed=True),
    *(
        Integration(name=vendor.name, kind=Kind.DIRECT_READ, accounts=(vendor.account,), contact="demo")
        for vendor in VENDORS
    ),
)

# chart-bi unpacks whole tables in Python: alone, so that nobody else's pace suffers.
_PROCESSES = (
    (office.ACCOUNT,),
    (CHART_BI.name,),
    tuple(vendor.name for vendor in VENDORS if vendor is not CHART_BI),
)
_WRITERS = (office.ACCOUNT, LEDGER_WRITER.account)


class Play:
    """A server with a loaded practice; the crowd runs between `begin` and `stop_crowd`."""

    def __init__(
        self,
        evidence: ServerEvidence,
        *,
        scale: float = DEFAULT_SCALE,
        seed: int = 1,
        progress: Callable[[LoadProgress], None] = lambda _: None,
        trial: bool = False,
        backend: Backend | None = None,
    ) -> None:
        self.integrations = INTEGRATIONS
        self._seed = seed
        self._trial = trial
        self._crowd: dict[tuple[str, ...], subprocess.Popen[str]] = {}
        with ExitStack() as stack:
            self.server = stack.enter_context(PrivateServer(evidence, backend))
            self.rows = load_practice(self.server, scale=scale, seed=seed, progress=progress)
            accounts = (WATCHER, office.ACCOUNT, *(vendor.account for vendor in VENDORS))
            self._passwords = {account: secrets.token_hex(16) for account in accounts}
            self._create_accounts()
            stack.callback(self._kill_crowd)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def watcher(self) -> Login:
        """The least-privileged account that the daemon logs in with."""
        return Login(user=WATCHER, password=self._passwords[WATCHER])

    def begin(self, groups: Iterable[tuple[str, ...]] = _PROCESSES) -> None:
        """Start the office and the vendors, each group in a process; returns when all are connected."""
        started = {names: self._start_process(names) for names in groups}
        self._crowd |= started
        for process in started.values():
            _read_answer(process, READY)

    def switch_off(self, name: str) -> VendorCounts:
        """End one vendor that runs in a process of its own, as its makers' own switch would."""
        return _end_processes([self._crowd.pop((name,))])[name]

    def stop_crowd(self) -> Mapping[str, VendorCounts]:
        """Let everybody finish the statement they are at, and tell what each integration sent."""
        counts = _end_processes(self._crowd.values())
        self._crowd = {}
        return counts

    def close(self) -> None:
        """End the crowd and the server; a second call does nothing."""
        self._stack.close()

    def _start_process(self, names: tuple[str, ...]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "querywatch.demo.crowd"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # a Ctrl-C is for the demo; the crowd ends with its pipe
        )
        target = Target(host=self.server.host, port=self.server.port, database=DATABASE)
        order = CrowdOrder(
            names=names,
            target=target,
            passwords=self._passwords,
            rows=self.rows,
            seed=self._seed,
            trial=self._trial,
        )
        if process.stdin is not None:
            process.stdin.write(render_order(order))
            process.stdin.flush()
        return process

    def _kill_crowd(self) -> None:
        for process in self._crowd.values():
            process.kill()
            process.communicate()

    def _create_accounts(self) -> None:
        with self.server.connect() as connection, connection.cursor() as cursor:
            for account, password in self._passwords.items():
                if account != WATCHER:
                    name = render_account(account, "%")
                    rights = "SELECT, INSERT, UPDATE" if account in _WRITERS else "SELECT"
                    cursor.execute(f"CREATE USER {name} IDENTIFIED BY {quote_text(password)}")
                    cursor.execute(f"GRANT {rights} ON {render_database(DATABASE)} TO {name}")
            for statement in self._render_watcher():
                cursor.execute(statement)

    def _render_watcher(self) -> list[str]:
        """What `querywatch grants` tells an administrator to run, statement by statement."""
        text = render_grants(user=WATCHER, host="%", databases=(DATABASE,), flavour=self.server.flavour)
        lines = [line for line in text.splitlines() if not line.startswith("--")]
        statements = "\n".join(lines).replace(PASSWORD_PLACEHOLDER, self.watcher.password).split(";")
        return [statement for statement in statements if statement.strip()]


def _end_processes(processes: Collection[subprocess.Popen[str]]) -> dict[str, VendorCounts]:
    counts: dict[str, VendorCounts] = {}
    for process in processes:
        if process.stdin is not None:
            process.stdin.close()
            process.stdin = None
    for process in processes:
        answer, _ = process.communicate(timeout=_STOP_SECONDS)
        counts |= parse_counts(_check_answer(answer))
    return counts


def _read_answer(process: subprocess.Popen[str], expected: str) -> None:
    answer = process.stdout.readline() if process.stdout is not None else ""
    if answer.strip() != expected:
        raise DemoError("part of the demo's crowd could not connect to the private server")


def _check_answer(answer: str) -> str:
    if not answer.strip():
        raise DemoError("part of the demo's crowd ended before it was told to")
    return answer
