"""Says whose each session is, poll after poll: what the configuration names, and what a session showed before."""

from collections import OrderedDict
from collections.abc import Sequence

from querywatch.attribution.match import Matcher
from querywatch.attribution.strangers import Strangers
from querywatch.counters import Prepared, Recorded
from querywatch.model import UNKNOWN, Attribution, Kind, Session, Statement

_SESSIONS_REMEMBERED = 5_000  # the server writes down what sessions ran that are gone by now


class Attributor:
    """Remembers, for each session, what only some of its statements show: a marker, or that it is a stranger's."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._strangers = Strangers()
        self._present: frozenset[int] = frozenset()
        self._sessions: OrderedDict[int, Session] = OrderedDict()  # as last seen, those of now last
        self._owners: dict[int, Attribution] = {}  # of the sessions that are not simply the configuration's
        self._revised: set[int] = set()

    def observe(self, sessions: Sequence[Session]) -> list[tuple[Session, Attribution]]:
        """Whose each session of one poll is."""
        self._present = frozenset(session.session_id for session in sessions)
        self._strangers.keep(self._present)
        for session in sessions:
            before = self._sessions.get(session.session_id)
            if before is not None and (before.account, before.host) != (session.account, session.host):
                self._owners.pop(session.session_id, None)  # the server restarted: numbers come again
            self._sessions[session.session_id] = session
            self._sessions.move_to_end(session.session_id)
        while len(self._sessions) > max(_SESSIONS_REMEMBERED, len(sessions)):
            gone, _ = self._sessions.popitem(last=False)
            self._owners.pop(gone, None)
        return [(session, self.attribute(session)) for session in sessions]

    def attribute(self, session: Session, statement: Statement | None = None) -> Attribution:
        """Whose a session is, by what it runs now, or by `statement` where one is given."""
        runs = statement or session.statement
        found = self._matcher.match(session.account, session.host, session.program, runs)
        if runs is not None and self._is_marked(found, runs):
            self._claim(session, found)
            return found
        owner = self._owners.get(session.session_id)
        return owner if owner is not None else found

    def note(
        self,
        session: Session,
        statement: Statement,
        now: float,
        *,
        started_at: float | None = None,
        recorded: bool = False,
    ) -> Attribution:
        """Takes one execution into what is known of its session; whose it is."""
        attribution = self.attribute(session, statement)
        if attribution.integration.kind is Kind.OPENDENTAL:
            self._strangers.note(session, statement, now, started_at=started_at, recorded=recorded)
            suspicion = self._strangers.find_suspicion(session.session_id, now)
            if suspicion is not None:
                attribution = Attribution(
                    integration=UNKNOWN,
                    reason=suspicion.reason,
                    confidence=suspicion.confidence,
                    shared=True,
                )
                self._own(session, attribution)
        return attribution

    def find_session(self, recorded: Recorded | Prepared) -> Session | None:
        """The session of a statement that the server wrote down, as a poll last saw it.

        None when no poll did, and whose it was cannot be told by its account and host alone.
        """
        session = self._sessions.get(recorded.session_id) if recorded.session_id is not None else None
        if session is not None and (session.account, session.host) == (recorded.account, recorded.host):
            return session
        is_marked = bool(self._matcher.find_marked(recorded.statement))
        if not is_marked and self._matcher.match_account(recorded.account, recorded.host) is None:
            return None
        return Session(
            session_id=recorded.session_id if recorded.session_id is not None else 0,
            account=recorded.account,
            host=recorded.host,
            database=None,
            command="",
            state="",
            seconds=0.0,
            statement=recorded.statement,
        )

    def find_owner(self, session_id: int) -> Attribution | None:
        """Whose a session turned out to be, other than the configuration says."""
        return self._owners.get(session_id)

    def find_known(self, session_id: int) -> Session | None:
        """A session as a poll last saw it, there or gone."""
        return self._sessions.get(session_id)

    def find_owners(self) -> dict[int, tuple[Session, Attribution]]:
        """Whose each session of the last poll is as a whole, whatever it runs at the moment."""
        owners = dict[int, tuple[Session, Attribution]]()
        for session_id in self._present:
            session = self._sessions[session_id]
            found = self._owners.get(session_id) or self._matcher.match(
                session.account, session.host, session.program
            )
            owners[session_id] = (session, found)
        return owners

    def take_revised(self) -> frozenset[int]:
        """The sessions that turned out to be somebody else's since the last time."""
        revised, self._revised = frozenset(self._revised), set()
        return revised

    def _is_marked(self, found: Attribution, statement: Statement) -> bool:
        return found.integration.name in self._matcher.find_marked(statement)

    def _claim(self, session: Session, found: Attribution) -> None:
        """One marked statement tells whose the session is, but inside Open Dental's own sessions (a plugin)."""
        if found.integration.kind is Kind.PLUGIN:
            return
        reason = f"{found.reason}, in an earlier statement of the session"
        self._own(
            session,
            Attribution(
                integration=found.integration,
                reason=reason,
                confidence=found.confidence,
                shared=found.shared,
            ),
        )

    def _own(self, session: Session, attribution: Attribution) -> None:
        owner = self._owners.get(session.session_id)
        if session.session_id in self._sessions and (
            owner is None or owner.integration != attribution.integration
        ):
            self._owners[session.session_id] = attribution
            self._revised.add(session.session_id)
