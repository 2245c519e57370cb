"""The daemon's side of trials: gathers what they are judged from, and judges those that run."""

import sqlite3
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from threading import Lock

from querywatch.analysis.office_work import find_work
from querywatch.analysis.situation import RunningSession
from querywatch.attribution.amounts import AccountAmount, QueryAmount
from querywatch.counters import ServerStatus
from querywatch.errors import StateError
from querywatch.model import Evidence
from querywatch.service.rhythms import load_rhythm
from querywatch.store import Store
from querywatch.store.slices import load_slices, save_slices
from querywatch.store.trials import TrialRecord, load_trials, save_trial
from querywatch.trial.gathering import Counted, Gathering
from querywatch.trial.judgement import Judgement, Question, Verdict, find_judgement
from querywatch.trial.slices import ALL_SHAPES, SLICE_SECONDS, Activity, Slice, Work
from querywatch.trial.states import TrialState

RUNNING = "running"
STOPPED = "stopped"
_UPKEEP = frozenset({"makes a backup", "checks or tidies tables"})
_UPKEEP_SECONDS = 0.5  # of a count: less hurts nobody
_BEFORE_SECONDS = 2 * 3_600.0  # of the start: to know its usual pauses, and the office with it on
_WAITING = 3_000  # slices, for the keeper
_FOLLOWED_SECONDS = 86_400.0  # a trial that nobody stopped
_SHOWN_SECONDS = 7 * 86_400.0  # that a trial's end stays in the metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenCount:
    """When a count was taken and how the server stood; `upkeep` by the calendar of maintenance."""

    now: float
    seconds: float  # in sight since the last; 0: nothing can be told of them
    minute_of_week: float | None  # by the office's clock; None: not known
    status: ServerStatus | None
    upkeep: bool


class SliceBook:
    """One server's slices. `note` is the watch's; `take` and `give_back` are for any thread."""

    def __init__(self, length_seconds: float = SLICE_SECONDS) -> None:
        self._gathering = Gathering(length_seconds)
        self._ended: deque[Slice] = deque(maxlen=_WAITING)
        self._lock = Lock()
        self.states: tuple[TrialState, ...] = ()  # as the keeper last judged; replaced whole

    def note(
        self,
        taken: TakenCount,
        ran: Iterable[QueryAmount],
        accounts: Iterable[AccountAmount],
        running: Iterable[RunningSession],
    ) -> None:
        """Takes a count."""
        everything, present, amounts, status = tuple(ran), tuple(running), tuple(accounts), taken.status
        shapes = [each for each in everything if not each.integration.kind.is_third_party]
        ended = self._gathering.add(
            Counted(
                at=taken.now,
                seconds=taken.seconds,
                office=(*_find_office(shapes), *_find_whole(amounts)),
                others=_find_others(amounts, present),
                sampled=any(each.evidence is Evidence.SAMPLED for each in shapes),
                server_started_at=None if status is None else taken.now - status.uptime_seconds,
                upkeep=taken.upkeep or _shows_upkeep(everything, present),
                minute_of_week=taken.minute_of_week,
            )
        )
        if ended is not None:
            with self._lock:
                self._ended.append(ended)

    def take(self) -> tuple[Slice, ...]:
        """The slices that ended since the last time."""
        with self._lock:
            taken = tuple(self._ended)
            self._ended.clear()
        return taken

    def give_back(self, slices: Iterable[Slice]) -> None:
        """What could not be kept waits; the oldest go where there is no room."""
        with self._lock:
            self._ended = deque((*slices, *self._ended), maxlen=_WAITING)


def keep_trials(store: Store, server: str, slices: SliceBook, now: float) -> None:
    """Keeps the slices that ended, and judges what runs. Raises StateError; then the slices wait."""
    taken = slices.take()
    try:
        with store.writing() as connection:
            save_slices(connection, server, taken, now)
            slices.states = judge_trials(connection, server, now)
    except StateError:
        slices.give_back(taken)
        raise


def judge_trials(connection: sqlite3.Connection, server: str, now: float) -> tuple[TrialState, ...]:
    """Judges the trials that run and keeps what came of them; each integration's last. Raises StateError."""
    states: dict[str, TrialState] = {}
    for trial in load_trials(connection, server):
        last_at = max(trial.windows.get("ended_at", ()), default=trial.started_at)
        if trial.state == RUNNING:
            judgement = judge_trial(connection, server, trial, now)
            is_over = judgement.verdict is not Verdict.NOT_ENOUGH and judgement.state == "back"
            state = STOPPED if is_over or now - trial.started_at > _FOLLOWED_SECONDS else RUNNING
            save_trial(connection, server, end_trial(trial, judgement, state, now), now)
            shown = str(judgement.verdict) if state == STOPPED else judgement.state
            ratio = judgement.effect.ratio if judgement.effect else None
            states[trial.integration] = TrialState(
                integration=trial.integration, state=shown, effect_ratio=ratio
            )
        elif now - last_at < _SHOWN_SECONDS:
            ratio = next(iter(trial.windows.get("effect", ())), None)
            shown = trial.verdict.partition(":")[0]
            states[trial.integration] = TrialState(
                integration=trial.integration, state=shown, effect_ratio=ratio
            )
    return tuple(states.values())


def judge_trial(connection: sqlite3.Connection, server: str, trial: TrialRecord, now: float) -> Judgement:
    """What is known of it by now. Raises StateError."""
    until = min(now, *trial.windows.get("ended_at", ())) if trial.windows.get("ended_at") else now
    slices = load_slices(connection, server, trial.started_at - _BEFORE_SECONDS, until)
    effect = next(iter(trial.windows.get("wanted", ())), None)
    question = Question(
        integration=trial.integration,
        started_at=trial.started_at,
        until=until,
        fingerprints=parse_question(trial.question),
        slice_seconds=find_slice_seconds(slices),
    )
    asked = question if effect is None else replace(question, effect_ratio=effect)
    return find_judgement(asked, slices, load_rhythm(connection, server, slices))


def find_slice_seconds(slices: Iterable[Slice]) -> float:
    """How long the slices are: the least step from one to the next."""
    starts = [each.started_at for each in slices]
    return min((later - earlier for earlier, later in pairwise(starts)), default=SLICE_SECONDS)


def end_trial(trial: TrialRecord, judgement: Judgement, state: str, now: float) -> TrialRecord:
    """The record with what came of it."""
    windows = dict(trial.windows)
    if judgement.effect is not None:
        windows["effect"] = (judgement.effect.ratio, judgement.effect.low, judgement.effect.high)
    if state == STOPPED:
        windows.setdefault("ended_at", (now,))
    verdict = f"{judgement.verdict}: {judgement.reason}"
    return replace(trial, windows=windows, state=state, verdict=verdict)


def parse_question(question: str) -> frozenset[str]:
    """The fingerprints in question; none for all of the office's statements."""
    return frozenset(part for part in question.split(",") if part and part != "office")


def _shows_upkeep(ran: Iterable[QueryAmount], present: Iterable[RunningSession]) -> bool:
    """Whether a backup, or a check of tables, is at work."""
    statements = [each.statement for each in ran if each.seconds > _UPKEEP_SECONDS]
    statements += [each.session.statement for each in present if each.session.statement is not None]
    return any((work := find_work(each)) is not None and work.says in _UPKEEP for each in statements)


def _find_office(shapes: Iterable[QueryAmount]) -> tuple[tuple[str, Work], ...]:
    return tuple(
        (each.statement.fingerprint, Work(runs=each.best_executions, seconds=each.seconds))
        for each in shapes
        if each.best_executions > 0.0
    )


def _find_whole(amounts: Iterable[AccountAmount]) -> tuple[tuple[str, Work], ...]:
    return tuple(
        (ALL_SHAPES, Work(runs=sum(each.best_statements.values()), seconds=each.seconds))
        for each in amounts
        if each.evidence is not Evidence.SAMPLED and not each.attribution.integration.kind.is_third_party
    )


def _find_others(
    amounts: Iterable[AccountAmount], running: Iterable[RunningSession]
) -> tuple[tuple[str, Activity], ...]:
    sessions = Counter(
        each.attribution.integration.name
        for each in running
        if each.attribution.integration.kind.is_third_party
    )
    works = defaultdict[str, Work](Work)
    for each in amounts:
        integration = each.attribution.integration
        if integration.kind.is_third_party:
            work = Work(runs=sum(each.best_statements.values()), seconds=each.seconds)
            works[integration.name] = works[integration.name].plus(work)
    return tuple(
        (name, Activity(sessions=sessions[name], work=works.get(name, Work())))
        for name in sorted({*sessions, *works})
    )
