"""Looks at one server's sessions, poll after poll, and keeps what was seen until the counters are read."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from querywatch.analysis.estimates import Estimate, Estimates
from querywatch.analysis.pace import PaceMeter
from querywatch.analysis.sightings import Execution, Sightings
from querywatch.model import Attribution, Flavour, Session
from querywatch.service.learning import Learner

_CAPTURE_DURATIONS = {"10ms": 0.01, "100ms": 0.1, "1s": 1.0, "10s": 10.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the polls since the last time saw, and what that makes them believe."""

    sights: tuple[tuple[Execution, Attribution], ...] = ()
    integrations: Mapping[str, Estimate]
    queries: Mapping[tuple[str, str, str], Estimate]  # (integration, account, fingerprint)


class Looking:
    """One server's sessions. `present` is who was there at the last poll, with whose each session is."""

    def __init__(self) -> None:
        self.present: list[tuple[Session, Attribution]] = []
        self._sightings = Sightings()
        self._estimates = Estimates[Hashable]()
        self._pace: PaceMeter | None = None
        self._sights: list[tuple[Execution, Attribution]] = []

    def connected(self, flavour: Flavour) -> None:
        """A new connection: sessions have other numbers."""
        self._pace = PaceMeter(flavour)

    def look(
        self, sessions: Sequence[Session], learner: Learner, now: float
    ) -> list[tuple[Execution, Attribution]]:
        """Takes one poll; what it saw running."""
        self.present = learner.attribute(sessions)
        sights, ended = self._sightings.observe(sessions, now)
        if self._pace is not None:
            self._pace.observe(sessions, self._sightings.gap_seconds)
        seen = learner.learn_sights(sights, now)
        learner.learn_ended(ended)
        keyed = [(key, sight) for sight, attribution in seen for key in _find_keys(sight, attribution)]
        self._estimates.observe(keyed, self._sightings.gap_seconds)
        self._sights += seen
        return seen

    def skip(self) -> None:
        """One poll saw nothing: who was there before is not who is there now."""
        self._sightings.skip()
        self._estimates.skip()
        self.present = []

    def lose(self) -> None:
        """The server is away: what was seen of this interval is of no use."""
        self.skip()
        self._estimates.take()
        self._sights = []

    def take(self) -> Seen:
        """What was seen since the last time."""
        sights, self._sights = tuple(self._sights), []
        integrations, queries = dict[str, Estimate](), dict[tuple[str, str, str], Estimate]()
        for key, estimate in self._estimates.take().items():
            if isinstance(key, str):
                integrations[key] = estimate
            elif isinstance(key, tuple):
                queries[key] = estimate
        return Seen(sights=sights, integrations=integrations, queries=queries)

    def find_paces(self) -> dict[tuple[str, str], float]:
        """(account, host) -> how many statements a minute its sessions run at least."""
        if self._pace is None:
            return {}
        sessions = dict[tuple[str, str], list[int]]()
        for session, _ in self.present:
            sessions.setdefault((session.account, session.host), []).append(session.session_id)
        return {key: self._pace.find_statements_per_minute(ids) for key, ids in sessions.items()}

    def find_capture_ratios(self) -> dict[str, float]:
        """A duration in words -> the chance that polls see a statement as long as that."""
        ratios = {
            words: self._sightings.find_capture_ratio(length) for words, length in _CAPTURE_DURATIONS.items()
        }
        return {words: ratio for words, ratio in ratios.items() if ratio is not None}


def _find_keys(sight: Execution, attribution: Attribution) -> tuple[Hashable, ...]:
    name = attribution.integration.name
    return name, (name, sight.session.account, sight.statement.fingerprint)
