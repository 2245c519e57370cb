"""Learns, poll after poll, whose the sessions of one server are and which shapes they run."""

from collections.abc import Callable, Iterable, Sequence

from querywatch.analysis.sightings import Execution
from querywatch.attribution.ledger import Ledger
from querywatch.attribution.match import Matcher
from querywatch.attribution.sessions import Attributor
from querywatch.counters import Prepared, Recorded
from querywatch.model import Attribution, Integration, Session, Statement

_Seen = tuple[Statement, Session, Attribution]


class Learner:
    """What the sessions of one server have shown under one configuration."""

    def __init__(self, integrations: Sequence[Integration], is_own: Callable[[str], bool]) -> None:
        self.matcher = Matcher(integrations)
        self.ledger = Ledger(self.matcher)
        self._attributor = Attributor(self.matcher)
        self._is_own = is_own
        self._recorded: frozenset[tuple[int, int]] = frozenset()
        self._prepared: dict[tuple[int, int], int] = {}

    def attribute(self, sessions: Sequence[Session]) -> list[tuple[Session, Attribution]]:
        """Whose each session of one poll is."""
        return self._attributor.observe(sessions)

    def learn_sights(self, sights: Iterable[Execution], now: float) -> list[tuple[Execution, Attribution]]:
        """Takes what one poll saw running; whose each of them is."""
        attributed, seen = list[tuple[Execution, Attribution]](), list[_Seen]()
        for sight in sights:
            session = sight.session
            if sight.sights:
                attribution = self._attributor.note(
                    session, sight.statement, now, started_at=sight.started_at
                )
                seen.append((sight.statement, session, attribution))
            else:
                attribution = self._attributor.attribute(session, sight.statement)
            attributed.append((sight, attribution))
        self._learn(seen)
        return attributed

    def learn_recorded(self, recorded: Sequence[Recorded], now: float) -> None:
        """Takes what the server wrote down; what was there at the last reading counts once."""
        read = [each for each in recorded if not self._is_own(each.account)]
        new = [each for each in read if each.key not in self._recorded]
        self._recorded = frozenset(each.key for each in read)
        seen = list[_Seen]()
        for each in new:
            session = self._attributor.find_session(each)
            attribution = self._attributor.note(session, each.statement, now, recorded=True)
            seen.append((each.statement, session, attribution))
        self._learn(seen)

    def learn_prepared(self, prepared: Sequence[Prepared], now: float) -> None:
        """Takes who holds which statement prepared, and how often it ran where that is counted."""
        before, self._prepared = self._prepared, {each.key: each.executions or 0 for each in prepared}
        for each in prepared:
            if self._is_own(each.account):
                continue
            growth = self._prepared[each.key] - before.get(each.key, 0)
            if growth > 0 or each.key not in before:
                session = self._attributor.find_session(each)
                attribution = self._attributor.note(session, each.statement, now, recorded=True)
                self.ledger.learn(
                    each.statement, session.account, session.host, attribution, weight=max(1.0, growth)
                )

    def find_owners(self) -> dict[int, tuple[Session, Attribution]]:
        """Whose each session of the last poll is as a whole."""
        return self._attributor.find_owners()

    def _learn(self, seen: Iterable[_Seen]) -> None:
        # A session that turned out to be another's takes what it ran along.
        self.ledger.unlearn(self._attributor.take_revised())
        for statement, session, attribution in seen:
            self.ledger.learn(statement, session.account, session.host, attribution)
