"""Tells strangers on Open Dental's own accounts from Open Dental, by what each session runs.

Third-party agents pick up Open Dental's account from its configuration file: same account, often the same host,
and only the SQL differs. A session that polls `signalod` is Open Dental's; what such sessions run, and what comes
from several hosts, is what workstations run. A session that again and again runs what no workstation does, and
little else, is a stranger's.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from querywatch.analysis.schedule import find_period
from querywatch.model import Operation, Session, Statement
from querywatch.opendental import HEARTBEAT_TABLE

_SESSIONS_KEPT = 5_000
_SHAPES_KEPT = 5_000
_SHAPES_PER_SESSION = 64
_STARTS_KEPT = 32
_OFFICE_HOSTS = 3  # a shape that comes from so many hosts of one account is the office's
_WATCHED_SECONDS = 30.0  # before a session is judged: a workstation has polled signalod by then
_RUNS_RECORDED = 5  # of one shape, when the server wrote down what sessions run
_RUNS_SAMPLED = 6  # when polls alone saw it; then they must come on a period too, as no person's do
_CONFIDENCE_RECORDED = 0.9
_CONFIDENCE_SAMPLED = 0.7

_TELLING = frozenset({Operation.SELECT, *(operation for operation in Operation if operation.is_write)})

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Why a session on Open Dental's account is taken for a stranger's, and how sure that is."""

    reason: str
    confidence: float
    fingerprints: frozenset[str]  # what it ran that no workstation runs


@dataclass(slots=True, kw_only=True)
class _Trail:
    account: str
    host: str
    program: str | None
    since: float
    shapes: dict[str, float] = field(default_factory=dict)  # fingerprint -> runs seen
    recorded: bool = False  # the server wrote down what it ran; else polls saw some of it
    is_office: bool = False


@dataclass(slots=True, kw_only=True)
class _Usage:
    hosts: set[str] = field(default_factory=set)
    by_office: bool = False
    starts: "deque[float]" = field(default_factory=lambda: deque(maxlen=_STARTS_KEPT))


@dataclass(slots=True, kw_only=True)
class _Account:
    heartbeat_at: float | None = None
    programs: set[str | None] = field(default_factory=set)  # of the sessions that poll signalod


class Strangers:
    """What has been seen of the sessions on the accounts that the configuration gives to Open Dental."""

    def __init__(self) -> None:
        self._trails: OrderedDict[int, _Trail] = OrderedDict()
        self._usages: OrderedDict[tuple[str, str], _Usage] = OrderedDict()  # (account, fingerprint)
        self._accounts: dict[str, _Account] = {}

    def note(
        self,
        session: Session,
        statement: Statement,
        now: float,
        *,
        started_at: float | None = None,
        recorded: bool = False,
    ) -> None:
        """Takes one execution of a session on such an account; what every driver sends tells nothing."""
        if statement.operation not in _TELLING:
            return
        trail = self._find_trail(session, now)
        trail.recorded = trail.recorded or recorded
        trail.program = trail.program or session.program
        usage = self._find_usage(session.account, statement.fingerprint)
        usage.hosts.add(session.host)
        if started_at is not None:
            usage.starts.append(started_at)
        if statement.fingerprint in trail.shapes or len(trail.shapes) < _SHAPES_PER_SESSION:
            trail.shapes[statement.fingerprint] = trail.shapes.get(statement.fingerprint, 0.0) + 1.0
        if HEARTBEAT_TABLE in statement.tables:
            self._recognise(trail, now)
        if trail.is_office:
            usage.by_office = True

    def keep(self, session_ids: Iterable[int]) -> None:
        """Forgets the sessions that are gone: their numbers come again after a restart."""
        present = set(session_ids)
        for session_id in [each for each in self._trails if each not in present]:
            del self._trails[session_id]

    def find_suspicion(self, session_id: int, now: float) -> Suspicion | None:
        """Why the session is a stranger's; None when it is Open Dental's, or too little is known."""
        trail = self._trails.get(session_id)
        if trail is None or trail.is_office or now - trail.since < _WATCHED_SECONDS:
            return None
        account = self._accounts.get(trail.account)
        if account is None or account.heartbeat_at is None or now - account.heartbeat_at < _WATCHED_SECONDS:
            return None  # what the office runs is not known yet
        if trail.program is not None and trail.program in account.programs:
            return None
        strange = {
            key: runs for key, runs in trail.shapes.items() if not self._is_offices(trail.account, key)
        }
        if 2 * len(strange) <= len(trail.shapes) or not self._comes_again(trail, strange):
            return None
        return Suspicion(
            reason=f"on {trail.account or 'the anonymous account'}, which Open Dental uses too, a session from "
            f"{trail.host or 'an unnamed host'} that runs what no workstation runs",
            confidence=_CONFIDENCE_RECORDED if trail.recorded else _CONFIDENCE_SAMPLED,
            fingerprints=frozenset(strange),
        )

    def _comes_again(self, trail: _Trail, strange: dict[str, float]) -> bool:
        if trail.recorded:
            return max(strange.values()) >= _RUNS_RECORDED
        return any(
            runs >= _RUNS_SAMPLED and find_period(self._find_usage(trail.account, key).starts) is not None
            for key, runs in strange.items()
        )

    def _is_offices(self, account: str, fingerprint: str) -> bool:
        usage = self._usages.get((account, fingerprint))
        return usage is not None and (usage.by_office or len(usage.hosts) >= _OFFICE_HOSTS)

    def _recognise(self, trail: _Trail, now: float) -> None:
        account = self._accounts.setdefault(trail.account, _Account())
        if account.heartbeat_at is None:
            account.heartbeat_at = now
        account.programs.add(trail.program)
        if not trail.is_office:
            trail.is_office = True
            for fingerprint in trail.shapes:
                self._find_usage(trail.account, fingerprint).by_office = True

    def _find_trail(self, session: Session, now: float) -> _Trail:
        trail = self._trails.get(session.session_id)
        if trail is None or (trail.account, trail.host) != (session.account, session.host):
            trail = _Trail(account=session.account, host=session.host, program=session.program, since=now)
            _add(self._trails, session.session_id, trail, _SESSIONS_KEPT)
        return trail

    def _find_usage(self, account: str, fingerprint: str) -> _Usage:
        usage = self._usages.get((account, fingerprint))
        if usage is None:
            usage = _Usage()
            _add(self._usages, (account, fingerprint), usage, _SHAPES_KEPT)
        return usage


def _add(kept: "OrderedDict[Key, Value]", key: Key, value: Value, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
