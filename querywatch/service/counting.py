"""Turns one server's counters into an interval's amounts, whatever of them there is to read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from querywatch.analysis.deltas import TotalsTracker, UserstatTracker
from querywatch.analysis.estimates import Estimate
from querywatch.analysis.sightings import Execution
from querywatch.attribution.amounts import (
    AccountAmount,
    QueryAmount,
    sum_accounts,
    sum_sights,
    sum_userstat,
)
from querywatch.attribution.doubts import Growth
from querywatch.attribution.fit import Entry, Place
from querywatch.attribution.ledger import Shares
from querywatch.attribution.room import Margins
from querywatch.counters import (
    AccountKey,
    AccountReading,
    Difference,
    DigestKey,
    DigestReading,
    Prepared,
    Recorded,
    SessionReading,
    UserstatReading,
)
from querywatch.model import Attribution, Evidence, Integration, Operation, Session, Statement
from querywatch.service.dividing import Division
from querywatch.service.learning import Learner
from querywatch.service.looking import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What the sources gave this time; None: not available.

    `lost` names those that are there and could not be read: what they count meanwhile comes with their next reading.
    """

    accounts: AccountReading | None
    userstat: UserstatReading | None
    digests: DigestReading | None
    sessions: SessionReading | None = None
    recorded: tuple[Recorded, ...] = ()
    prepared: tuple[Prepared, ...] = ()
    lost: frozenset[str] = frozenset()
    questions: int | None = None  # everybody's statements but ours, since the server started


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A total that the server counts, and what of it could not be laid to any integration's shapes.

    In seconds; in statements on a server that counts nobody's time.
    """

    total: float
    unattributed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """An interval, laid to integrations. None: nothing that counts it."""

    accounts: tuple[AccountAmount, ...]
    queries: tuple[QueryAmount, ...]
    estimates: Mapping[str, Estimate] = field(default_factory=dict)  # integration -> what was sampled of it
    margin: Margin | None = None
    own_seconds: float | None = None  # querywatch's own time on the server, by the server's count
    written: tuple[Growth, ...] | None = (
        None  # the shapes that wrote, whoever ran them; None: not all are known
    )
    shapes_wait: bool = False  # what ran is told with a later interval


_EXECUTE = "Execute"  # the command of a binary prepared statement's execution (PROCESSLIST.COMMAND)

Sights = Sequence[tuple[Execution, Attribution]]
Present = Sequence[tuple[Session, Attribution]]


class Counting:
    """The trackers of one server's counters; what querywatch itself does is left out."""

    def __init__(
        self, integrations: Sequence[Integration], own_account: str, own_fingerprints: frozenset[str]
    ) -> None:
        self._accounts: TotalsTracker[AccountKey] = TotalsTracker()
        self._digests: TotalsTracker[tuple[DigestKey, float]] = TotalsTracker()
        self._overflow: TotalsTracker[None] = TotalsTracker()
        self._userstat = UserstatTracker()
        self._division = Division()
        self._questions: int | None = None
        self._rows: dict[DigestKey, tuple[Statement, Operation]] = {}
        self._unshared: Margins | None = None
        self._laid: Mapping[Entry, float] = {}
        self._written: tuple[Growth, ...] | None = None
        self._own_account = own_account
        self._own_fingerprints = own_fingerprints
        self.set_integrations(integrations)

    def set_integrations(self, integrations: Sequence[Integration]) -> None:
        """A new configuration: what was learnt under the old one is forgotten, the totals are not."""
        self.learner = Learner(integrations, self.is_own)
        self._matcher = self.learner.matcher
        # An account that an integration uses too cannot be left out whole.
        self._leaves_own_account_out = not any(self._own_account in each.accounts for each in integrations)

    def restart(self) -> None:
        """The server restarted: its totals began again at zero."""
        for tracker in (self._accounts, self._division, self._digests, self._overflow, self._userstat):
            tracker.restart()

    @property
    def wants_sessions(self) -> bool:
        """Whether several integrations share an account, so that each session's own counters tell more."""
        return any(
            attribution.confidence < 1.0 or self._matcher.match_account(session.account, session.host) is None
            for session, attribution in self.learner.find_owners().values()
        )

    def fold(self, readings: Readings, seen: Seen, present: Present, now: float) -> Amounts:
        """The amounts since the last time.

        Counted accounts come from the best counters there are; sampled amounts stand in for the accounts that
        nothing counts (of those `present` but never seen running, zeros), and for the shapes where there are
        no digests.
        """
        live = self._division.advance(readings.sessions, self.learner)
        self.learner.learn_recorded(readings.recorded, now, self._division.ran)
        self.learner.learn_prepared(readings.prepared, now)
        comparable = self._accounts.started
        grown, own_seconds = self._advance_accounts(readings)
        sights = seen.sights
        sampled, queries = sum_sights(sights)
        _add_errors(queries, seen)
        margins = None
        if comparable and readings.accounts is not None and grown is not None:
            margins = Margins(accounts=grown, complete=not readings.accounts.lost, live=live)
        shares = self._share_digests(readings, margins)
        margin = None
        if grown is not None:
            if shares is not None or not self._waits_for("digests", readings):
                self._laid = _sum_executions(sampled) if shares is None else shares.executions
            counted = sum_accounts(self._division.divide(grown, live, self._laid, self.learner))
        else:
            counted, own_seconds, margin = self._count_userstat(readings, sampled, queries)
        questioned = self._count_questions(readings, queries)
        nothing_counts = grown is None and not any(
            each is not None or self._waits_for(name, readings)
            for name, each in (("userstat", readings.userstat), ("digests", readings.digests))
        )
        uncounted, _ = sum_sights(
            [seen for seen in sights if not self._is_counted(seen[0].session, seen[1], readings)],
            [each for each in present if not self._is_counted(*each, readings)],
        )
        _add_written_statements(counted, sights)
        if shares is not None:
            margin = Margin(total=shares.seconds, unattributed=shares.unattributed_seconds)
            queries = [*shares.queries, *self._find_undigested(sights)]
        elif self._waits_for("digests", readings):
            queries = []
        sampled_names = {
            each.attribution.integration.name for each in (*uncounted, *counted) if _is_sampled(each)
        }
        return Amounts(
            accounts=(*counted, *uncounted),
            queries=tuple(queries),
            estimates={name: found for name, found in seen.integrations.items() if name in sampled_names},
            margin=questioned if nothing_counts else margin,
            own_seconds=own_seconds,
            written=self._written,
            shapes_wait=shares is None and self._waits_for("digests", readings),
        )

    def is_own(self, account: str) -> bool:
        """Whether it is querywatch's own account, and nobody else's too."""
        return self._leaves_own_account_out and account == self._own_account

    def _waits_for(self, name: str, readings: Readings) -> bool:
        """Whether a source that counted before will tell of this interval later: to sample it would count twice."""
        started = {
            "accounts": self._accounts.started,
            "userstat": self._userstat.started,
            "digests": self._digests.started,
        }
        return name in readings.lost and started[name]

    def _advance_accounts(
        self, readings: Readings
    ) -> tuple[dict[AccountKey, Difference] | None, float | None]:
        """(the growth of everybody else's counters, our own time); None: nothing counts accounts by kind."""
        if readings.accounts is None:
            if self._waits_for("accounts", readings):
                return {}, None
            self._accounts.forget()
            return None, None
        self._userstat.forget()
        grown = self._accounts.advance(readings.accounts.rows)
        own = [row.seconds for key, row in grown.items() if self.is_own(key.account)]
        others = {key: row for key, row in grown.items() if not self.is_own(key.account)}
        return others, sum(own) if own else None

    def _count_userstat(
        self, readings: Readings, sampled: Sequence[AccountAmount], queries: Sequence[QueryAmount]
    ) -> tuple[list[AccountAmount], float | None, Margin | None]:
        if readings.userstat is None:
            if not self._waits_for("userstat", readings):
                self._userstat.forget()
            return [], None, None
        grown = self._userstat.advance(readings.userstat.rows)
        own = [row.busy_seconds for name, row in grown.items() if self.is_own(name)]
        others = {name: row for name, row in grown.items() if not self.is_own(name)}
        total = sum(row.busy_seconds for row in others.values())
        laid = sum(query.seconds for query in queries)
        margin = Margin(total=total, unattributed=max(0.0, total - laid))
        return sum_userstat(others, self._matcher, sampled), sum(own) if own else None, margin

    def _count_questions(self, readings: Readings, queries: Sequence[QueryAmount]) -> Margin | None:
        """All statements that the server answered, where it counts nothing better."""
        before, self._questions = self._questions, readings.questions
        if before is None or readings.questions is None or readings.questions < before:
            return None
        total = float(readings.questions - before)
        return Margin(
            total=total, unattributed=max(0.0, total - sum(query.best_executions for query in queries))
        )

    def _is_counted(self, session: Session, attribution: Attribution, readings: Readings) -> bool:
        account = session.account
        if readings.accounts is not None:
            return not readings.accounts.lost or _has_row(readings.accounts, session)
        if self._waits_for("accounts", readings):
            return True
        # USER_STATISTICS has no host: an account's work is laid to its first, and of the others to what was sampled.
        is_base = attribution.integration == self._matcher.match_base(account).integration
        if self._waits_for("userstat", readings):
            return is_base
        # An account has no row before its second statement when it was connected before userstat was switched on.
        return is_base and readings.userstat is not None and account in readings.userstat.rows

    def _share_digests(self, readings: Readings, margins: Margins | None) -> Shares | None:
        reading = readings.digests
        self._written = None
        if reading is None:
            self._keep_margins(margins, readings)
            return None
        if margins is not None and self._unshared is not None:
            margins = self._unshared.plus(margins)
        self._unshared = None
        # Not known by their digest, for two servers need not hash alike, but by the shape they have.
        rows = {
            key: row
            for key, row in reading.rows.items()
            if row.statement.fingerprint not in self._own_fingerprints
        }
        kinds = {
            key: (row.statement, Operation.PREPARED if row.prepared else row.statement.operation)
            for key, row in rows.items()
        }
        self._rows = kinds if reading.complete else self._rows | kinds
        # A newer FIRST_SEEN is a truncated table, however far its counts have come again.
        totals = {(key, row.first_seen): row.totals for key, row in rows.items()}
        grown = self._digests.advance(totals, complete=reading.complete)
        growths = [
            Growth(statement=self._rows[key][0], operation=self._rows[key][1], difference=difference)
            for (key, _), difference in grown.items()
        ]
        # Statements whose shape the full table had no room for are nobody's.
        overflow = self._overflow.advance({None: reading.overflow} if reading.overflow else {})
        if not any(difference.executions for difference in overflow.values()):
            self._written = tuple(each for each in growths if each.statement.operation.is_write)
        shares = self.learner.ledger.share(growths, margins)
        return shares.with_unattributed(sum(difference.seconds for difference in overflow.values()))

    def _keep_margins(self, margins: Margins | None, readings: Readings) -> None:
        """The digests' next reading will tell of this interval too: then its margins are wanted."""
        if not self._waits_for("digests", readings):
            self._digests.forget()
            self._unshared = None
        elif margins is not None:
            self._unshared = margins if self._unshared is None else self._unshared.plus(margins)

    def _find_undigested(self, sights: Sights) -> list[QueryAmount]:
        """The prepared executions that polls saw, on a server that keeps no digest of them."""
        if any(kind is Operation.PREPARED for statement, kind in self._rows.values() if _is_known(statement)):
            return []
        digested = {statement.fingerprint for statement, _ in self._rows.values()}
        _, queries = sum_sights(
            each
            for each in sights
            if each[0].session.command == _EXECUTE and each[0].statement.fingerprint not in digested
        )
        return queries


def _is_known(statement: Statement) -> bool:
    """Whether a prepared execution's own text is known, not its name alone."""
    return statement.operation is not Operation.PREPARED


def _add_errors(queries: Iterable[QueryAmount], seen: Seen) -> None:
    for query in queries:
        estimate = seen.queries.get((query.integration.name, query.account, query.statement.fingerprint))
        if estimate is not None:
            query.seconds_variance = estimate.seconds_variance
            query.executions_variance = estimate.executions_variance


def _is_sampled(amount: AccountAmount) -> bool:
    return amount.evidence is Evidence.SAMPLED


def _sum_executions(sampled: Iterable[AccountAmount]) -> dict[Entry, float]:
    return {
        Entry(each.attribution.integration.name, Place(each.account, each.host or "", operation)): executions
        for each in sampled
        for operation, executions in each.statements.items()
    }


def _add_written_statements(counted: Sequence[AccountAmount], sights: Sights) -> None:
    """Gives a counted write the statement that a poll saw of it."""
    seen = defaultdict[tuple[str, str], list[Statement]](list)
    for sight, attribution in sights:
        if sight.statement.operation.is_write:
            seen[attribution.integration.name, sight.session.account].append(sight.statement)
    for amount in counted:
        for statement in seen[amount.attribution.integration.name, amount.account]:
            kinds = (statement.operation, Operation.PREPARED, Operation.OTHER)
            kind = next((kind for kind in kinds if kind in amount.writes), statement.operation)
            amount.written_statements[kind] = statement


def _has_row(reading: AccountReading, session: Session) -> bool:
    """Whether the server had room for the account's counters; of what it has never finished it knows nothing."""
    return any((key.account, key.host) == (session.account, session.host) for key in reading.rows)
