"""Turns one server's counters into an interval's amounts, whatever of them there is to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from querywatch.analysis.deltas import TotalsTracker, UserstatTracker
from querywatch.analysis.sightings import Execution
from querywatch.attribution.amounts import (
    AccountAmount,
    QueryAmount,
    sum_accounts,
    sum_sights,
    sum_userstat,
)
from querywatch.attribution.ledger import Ledger
from querywatch.attribution.match import Matcher
from querywatch.counters import (
    AccountKey,
    AccountReading,
    DigestKey,
    DigestReading,
    Recorded,
    SessionReading,
    UserstatReading,
)
from querywatch.model import Attribution, Operation, Session, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What the sources gave this time; None: not available.

    `lost` names those that are there and could not be read: what they count meanwhile comes with their next reading.
    """

    accounts: AccountReading | None
    userstat: UserstatReading | None
    digests: DigestReading | None
    last_statements: Mapping[int, Statement] = field(default_factory=dict)  # session -> what it ran last
    sessions: SessionReading | None = None
    recorded: tuple[Recorded, ...] = ()
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """An interval, laid to integrations. The digest sums are None where there are no digests."""

    accounts: tuple[AccountAmount, ...]
    queries: tuple[QueryAmount, ...]
    digest_seconds: float | None = None
    unattributed_seconds: float | None = None


class Counting:
    """The trackers of one server's counters; what querywatch itself does is left out."""

    def __init__(self, matcher: Matcher, own_account: str, own_fingerprints: frozenset[str]) -> None:
        self._accounts: TotalsTracker[AccountKey] = TotalsTracker()
        self._digests: TotalsTracker[tuple[DigestKey, float]] = TotalsTracker()
        self._overflow: TotalsTracker[None] = TotalsTracker()
        self._userstat = UserstatTracker()
        self._statements: dict[DigestKey, Statement] = {}
        self._own_account = own_account
        self._own_fingerprints = own_fingerprints
        self.set_matcher(matcher)

    def set_matcher(self, matcher: Matcher) -> None:
        """A new configuration: what was learnt under the old one is forgotten, the totals are not."""
        self._matcher = matcher
        self.ledger = Ledger(matcher)
        # An account that an integration uses too cannot be left out whole.
        self._leaves_own_account_out = not any(
            self._own_account in each.accounts for each in matcher.integrations
        )

    def restart(self) -> None:
        """The server restarted: its totals began again at zero."""
        for tracker in (self._accounts, self._digests, self._overflow, self._userstat):
            tracker.restart()

    def fold(
        self,
        readings: Readings,
        sights: Sequence[tuple[Execution, Attribution]],
        present: Sequence[tuple[Session, Attribution]],
    ) -> Amounts:
        """The amounts since the last time.

        Counted accounts come from the best counters there are; sampled amounts stand in for the accounts that
        nothing counts (of those `present` but never seen running, zeros), and for the shapes where there are
        no digests.
        """
        for session, attribution in present:
            last = readings.last_statements.get(session.session_id)
            if last is not None:
                self.ledger.learn(last, session.account, attribution)
        counted = self._count_accounts(readings)
        _, queries = sum_sights(sights)
        uncounted, _ = sum_sights(
            [seen for seen in sights if not self._is_counted(seen[0].session, readings)],
            [each for each in present if not self._is_counted(each[0], readings)],
        )
        self._add_written_statements(counted, sights)
        accounts = (*counted, *uncounted)
        if readings.digests is not None:
            return self._count_digests(readings.digests, accounts)
        if self._waits_for("digests", readings):
            return Amounts(accounts=accounts, queries=())
        self._digests.forget()
        return Amounts(accounts=accounts, queries=tuple(queries))

    def _waits_for(self, name: str, readings: Readings) -> bool:
        """Whether a source that counted before will tell of this interval later: to sample it would count twice."""
        trackers: dict[
            str, TotalsTracker[AccountKey] | TotalsTracker[tuple[DigestKey, float]] | UserstatTracker
        ] = {
            "accounts": self._accounts,
            "userstat": self._userstat,
            "digests": self._digests,
        }
        return name in readings.lost and trackers[name].started

    def _count_accounts(self, readings: Readings) -> list[AccountAmount]:
        if readings.accounts is not None:
            self._userstat.forget()
            rows = {key: row for key, row in readings.accounts.rows.items() if not self.is_own(key.account)}
            return sum_accounts(self._accounts.advance(rows), self._matcher)
        if self._waits_for("accounts", readings):
            return []
        self._accounts.forget()
        if readings.userstat is not None:
            users = {name: row for name, row in readings.userstat.rows.items() if not self.is_own(name)}
            return sum_userstat(self._userstat.advance(users), self._matcher)
        if not self._waits_for("userstat", readings):
            self._userstat.forget()
        return []

    def is_own(self, account: str) -> bool:
        """Whether it is querywatch's own account, and nobody else's too."""
        return self._leaves_own_account_out and account == self._own_account

    def _is_counted(self, session: Session, readings: Readings) -> bool:
        account, host = session.account, session.host
        if readings.accounts is not None:
            has_row = not readings.accounts.lost or _has_row(readings.accounts, session)
            return has_row and self._matcher.match_account(account, host) is not None
        if self._waits_for("accounts", readings):
            return self._matcher.match_account(account, host) is not None
        if self._waits_for("userstat", readings):
            return self._matcher.match_account(account, None) is not None
        # An account has no row before its second statement when it was connected before userstat was switched on.
        has_row = readings.userstat is not None and account in readings.userstat.rows
        return has_row and self._matcher.match_account(account, None) is not None

    def _count_digests(self, reading: DigestReading, accounts: tuple[AccountAmount, ...]) -> Amounts:
        # Not known by their digest, for two servers need not hash alike, but by the shape they have.
        rows = {
            key: row
            for key, row in reading.rows.items()
            if row.statement.fingerprint not in self._own_fingerprints
        }
        self._statements |= {key: row.statement for key, row in rows.items()}
        # A newer FIRST_SEEN is a truncated table, however far its counts have come again.
        totals = {(key, row.first_seen): row.totals for key, row in rows.items()}
        grown = self._digests.advance(totals, complete=reading.complete)
        differences = {key: difference for (key, _), difference in grown.items()}
        if reading.complete:
            self._statements = {key: row.statement for key, row in rows.items()}
        # Statements whose shape the full table had no room for are nobody's.
        overflow = self._overflow.advance({None: reading.overflow} if reading.overflow else {})
        overflow_seconds = sum(difference.seconds for difference in overflow.values())
        shares = self.ledger.share_digests(differences, self._statements)
        return Amounts(
            accounts=accounts,
            queries=shares.queries,
            digest_seconds=shares.seconds + overflow_seconds,
            unattributed_seconds=shares.unattributed_seconds + overflow_seconds,
        )

    def _add_written_statements(
        self, counted: Sequence[AccountAmount], sights: Sequence[tuple[Execution, Attribution]]
    ) -> None:
        """Gives a counted write the statement that a poll saw of it."""
        seen: Mapping[str, list[Statement]] = {amount.account: [] for amount in counted}
        for sight, _ in sights:
            if sight.statement.operation.is_write and sight.session.account in seen:
                seen[sight.session.account].append(sight.statement)
        for amount in counted:
            for statement in seen[amount.account]:
                kinds = (statement.operation, Operation.PREPARED, Operation.OTHER)
                kind = next((kind for kind in kinds if kind in amount.writes), statement.operation)
                amount.written_statements[kind] = statement


def _has_row(reading: AccountReading, session: Session) -> bool:
    """Whether the server had room for the account's counters; of what it has never finished it knows nothing."""
    return any((key.account, key.host) == (session.account, session.host) for key in reading.rows)
