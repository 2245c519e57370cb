"""Learns, poll after poll, whose the sessions of one server are and which shapes they run."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from querywatch.analysis.sightings import Execution
from querywatch.attribution.fit import Entry, Place
from querywatch.attribution.ledger import Ledger
from querywatch.attribution.lessons import Runs
from querywatch.attribution.match import Matcher
from querywatch.attribution.sessions import Attributor
from querywatch.counters import Prepared, Recorded
from querywatch.model import Attribution, Integration, Operation, Session, Statement

_SESSIONS_REMEMBERED = 5_000
_LESSONS_PER_SESSION = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    """What the ledger learnt from one session of one shape."""

    statement: Statement
    attribution: Attribution
    sighted: float
    recorded: float
    records: float


class Learner:
    """What the sessions of one server have shown under one configuration."""

    def __init__(self, integrations: Sequence[Integration], is_own: Callable[[str], bool]) -> None:
        self.matcher = Matcher(integrations)
        self.ledger = Ledger(self.matcher)
        self._attributor = Attributor(self.matcher)
        self._is_own = is_own
        self._lessons: OrderedDict[int, dict[str, _Lesson]] = OrderedDict()
        self._recorded: frozenset[tuple[int, int]] = frozenset()
        self._prepared: dict[tuple[int, int], int] = {}

    def attribute(self, sessions: Sequence[Session]) -> list[tuple[Session, Attribution]]:
        """Whose each session of one poll is."""
        return self._attributor.observe(sessions)

    def learn_sights(self, sights: Iterable[Execution], now: float) -> list[tuple[Execution, Attribution]]:
        """Takes what one poll saw running; whose each of them is."""
        attributed = list[tuple[Execution, Attribution]]()
        for sight in sights:
            session, statement = sight.session, sight.statement
            if sight.sights:
                attribution = self._attributor.note(session, statement, now, started_at=sight.started_at)
            else:
                attribution = self._attributor.attribute(session, statement)
            attributed.append((sight, attribution))
        self._revise()
        return attributed

    def learn_ended(self, ended: Iterable[Execution]) -> None:
        """Takes what earlier polls saw running, and this one not any more: now the server counts it."""
        for execution in ended:
            session, statement = execution.session, execution.statement
            attribution = self._attributor.attribute(session, statement)
            self._learn(statement, session, attribution, sighted=1.0)
            runs = Runs(sighted=1, sighted_seconds=execution.seconds_estimated)
            self._time(statement, session, attribution, runs)

    def learn_recorded(
        self, recorded: Sequence[Recorded], now: float, ran: Mapping[tuple[int, Operation], float]
    ) -> None:
        """Takes what the server wrote down; what was there at the last reading counts once.

        A busy session's records are its last few: each stands for as many as it `ran` of that kind for each record.
        """
        read = [each for each in recorded if not self._is_own(each.account)]
        self._tell(read, ran)
        new = [each for each in read if each.key not in self._recorded]
        self._recorded = frozenset(each.key for each in read)
        written = Counter((each.session_id, each.statement.operation) for each in new)
        for each in new:
            known = ran.get((each.session_id or 0, each.statement.operation), 0.0)
            weight = max(1.0, known / written[each.session_id, each.statement.operation])
            self._learn_owned(each, weight, 1.0 if known else 0.0, now)

    def _tell(self, read: Sequence[Recorded], ran: Mapping[tuple[int, Operation], float]) -> None:
        """Says how much of what each integration ran at each place was written down."""
        ended = Counter(
            (each.session_id or 0, each.statement.operation) for each in read if each.seconds is not None
        )
        told, owners = dict[Entry, tuple[float, float]](), self._attributor.find_owners()
        for (session_id, operation), executions in ran.items():
            if executions > 0 and session_id in owners:
                session, attribution = owners[session_id]
                entry = Entry(attribution.integration.name, Place(session.account, session.host, operation))
                written, all_of_it = told.get(entry, (0.0, 0.0))
                more = min(executions, float(ended[session_id, operation]))
                told[entry] = (written + more, all_of_it + executions)
        for entry, (written, all_of_it) in told.items():
            self.ledger.lessons.tell(entry, 1.0 - written / all_of_it)

    def learn_prepared(self, prepared: Sequence[Prepared], now: float) -> None:
        """Takes who holds which statement prepared, and how often it ran where that is counted."""
        before, self._prepared = self._prepared, {each.key: each.executions or 0 for each in prepared}
        for each in prepared:
            growth = self._prepared[each.key] - before.get(each.key, 0)
            if not self._is_own(each.account) and (growth > 0 or each.key not in before):
                self._learn_owned(each, max(1.0, growth), max(1.0, growth), now)

    def find_owners(self) -> dict[int, tuple[Session, Attribution]]:
        """Whose each session of the last poll is as a whole."""
        return self._attributor.find_owners()

    def _learn_owned(self, each: Recorded | Prepared, executions: float, records: float, now: float) -> None:
        session = self._attributor.find_session(each)
        if session is not None:
            attribution = self._attributor.note(session, each.statement, now, recorded=True)
            self._learn(each.statement, session, attribution, recorded=executions, records=records)
            if isinstance(each, Recorded) and each.seconds is not None:
                runs = Runs(recorded=1, recorded_seconds=each.seconds)
                self._time(each.statement, session, attribution, runs)

    def _learn(
        self,
        statement: Statement,
        session: Session,
        attribution: Attribution,
        *,
        sighted: float = 0.0,
        recorded: float = 0.0,
        records: float = 0.0,
    ) -> None:
        self._revise()
        self.ledger.lessons.learn(
            statement,
            session.account,
            session.host,
            attribution,
            sighted=sighted,
            recorded=recorded,
            records=records,
        )
        lessons = self._lessons.setdefault(session.session_id, {})
        self._lessons.move_to_end(session.session_id)
        if statement.fingerprint in lessons or len(lessons) < _LESSONS_PER_SESSION:
            before = lessons.get(statement.fingerprint)
            lessons[statement.fingerprint] = _Lesson(
                statement=statement,
                attribution=attribution,
                sighted=sighted + (before.sighted if before else 0.0),
                recorded=recorded + (before.recorded if before else 0.0),
                records=records + (before.records if before else 0.0),
            )
        if len(self._lessons) > _SESSIONS_REMEMBERED:
            self._lessons.popitem(last=False)

    def _time(self, statement: Statement, session: Session, attribution: Attribution, runs: Runs) -> None:
        lessons, name = self.ledger.lessons, attribution.integration.name
        lessons.time(statement, session.account, session.host, name, runs)

    def _revise(self) -> None:
        """What a session taught goes with it when it turns out to be somebody else's."""
        for session_id in self._attributor.take_revised():
            owner = self._attributor.find_owner(session_id)
            session = self._attributor.find_known(session_id)
            if owner is None or session is None:
                continue
            for lesson in self._lessons.pop(session_id, {}).values():
                self._teach(lesson, session, lesson.attribution, -1.0)
                self._teach(lesson, session, owner, 1.0)

    def _teach(self, lesson: _Lesson, session: Session, attribution: Attribution, sign: float) -> None:
        self.ledger.lessons.learn(
            lesson.statement,
            session.account,
            session.host,
            attribution,
            sighted=sign * lesson.sighted,
            recorded=sign * lesson.recorded,
            records=sign * lesson.records,
        )
