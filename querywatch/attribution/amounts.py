"""What is laid to whom: an interval's amounts by account and by shape, summed from counters or from samples."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from querywatch.analysis.sightings import Execution
from querywatch.attribution.match import Matcher
from querywatch.counters import AccountKey, Difference, UserstatTotals
from querywatch.model import Attribution, Evidence, Integration, Operation, Session, Statement


def make_tally() -> defaultdict[Operation, float]:
    """An empty count by operation."""
    return defaultdict(float)


@dataclass(slots=True, kw_only=True)
class AccountAmount:
    """What one account did in an interval. None: not measured."""

    attribution: Attribution
    account: str
    host: str | None
    evidence: Evidence
    statements: defaultdict[Operation, float] = field(default_factory=make_tally)
    estimated: defaultdict[Operation, float] = field(
        default_factory=make_tally
    )  # sampled: what those seen stand for
    seconds: float = 0.0
    rows_examined: float | None = None
    rows_sent: float | None = None
    writes_done: defaultdict[Operation, float] = field(default_factory=make_tally)
    writes_refused: defaultdict[Operation, float] = field(default_factory=make_tally)
    written_statements: dict[Operation, Statement] = field(default_factory=dict)

    @property
    def best_statements(self) -> Mapping[Operation, float]:
        """The number of statements by kind: counted, or estimated from those that were seen."""
        return self.estimated if self.evidence is Evidence.SAMPLED else self.statements

    @property
    def writes(self) -> tuple[Operation, ...]:
        """The kinds of write there were, done or refused."""
        return tuple(
            operation
            for operation in Operation
            if self.writes_done[operation] or self.writes_refused[operation]
        )


@dataclass(slots=True, kw_only=True)
class QueryAmount:
    """What one shape of one account did in an interval. None: not measured."""

    attribution: Attribution
    account: str
    statement: Statement
    evidence: Evidence
    executions: float = 0.0  # counted, or seen
    estimated: float = 0.0  # sampled: what those seen stand for
    seconds: float = 0.0
    rows_examined: float | None = None
    rows_sent: float | None = None
    no_index_used: float | None = None
    lock_seconds: float | None = None  # of the time, what was waited for locks
    supposed: bool = False  # nobody was seen running it there: it was laid where there was room
    started_at: tuple[float, ...] = ()
    seconds_variance: float = 0.0  # 0 where it is counted
    executions_variance: float = 0.0

    @property
    def best_executions(self) -> float:
        """The number of executions: counted, or estimated from those that were seen."""
        return self.estimated if self.evidence is Evidence.SAMPLED else self.executions

    @property
    def integration(self) -> Integration:
        """Whose it is."""
        return self.attribution.integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the server counted for one integration on one account, one host and one kind of statement."""

    attribution: Attribution
    key: AccountKey
    difference: Difference
    evidence: Evidence


def sum_accounts(counted: Iterable[Counted]) -> list[AccountAmount]:
    """A sum for each integration, account and host."""
    amounts = dict[tuple[str, str, str], AccountAmount]()
    for each in counted:
        account, host = each.key.account, each.key.host
        amount = amounts.setdefault(
            (each.attribution.integration.name, account, host),
            AccountAmount(
                attribution=each.attribution,
                account=account,
                host=host,
                evidence=each.evidence,
                rows_examined=0.0,
                rows_sent=0.0,
            ),
        )
        amount.evidence = max(amount.evidence, each.evidence, key=list(Evidence).index)
        _add_operation(amount, each.key.operation, each.difference)
    return list(amounts.values())


def _add_operation(amount: AccountAmount, operation: Operation, difference: Difference) -> None:
    amount.statements[operation] += difference.executions
    amount.seconds += difference.seconds
    amount.rows_examined = (amount.rows_examined or 0.0) + difference.rows_examined
    amount.rows_sent = (amount.rows_sent or 0.0) + difference.rows_sent
    done = difference.executions - difference.errors
    if operation is Operation.PREPARED:
        # A prepared statement's execution has no kind; that rows were affected says that it wrote.
        amount.writes_done[operation] += min(done, difference.rows_affected)
    elif operation.is_write:
        amount.writes_done[operation] += done
        amount.writes_refused[operation] += difference.errors


def sum_userstat(
    differences: Mapping[str, UserstatTotals], matcher: Matcher, sampled: Iterable[AccountAmount] = ()
) -> list[AccountAmount]:
    """The growth of USER_STATISTICS, which names no host, laid to the integration whose the account is.

    Of an account that several use, the others' part is what was `sampled` of them, and the rest is that one's.
    """
    others = list(sampled)
    amounts = []
    for account, difference in differences.items():
        attribution = matcher.match_account(account, None)
        base = matcher.match_base(account)
        taken = [
            each
            for each in others
            if each.account == account and each.attribution.integration != base.integration
        ]
        amount = AccountAmount(
            attribution=base,
            account=account,
            host=None,
            evidence=Evidence.COUNTED if attribution is not None and not taken else Evidence.INFERRED,
            seconds=difference.busy_seconds,
            rows_examined=float(difference.rows_read),
            rows_sent=float(difference.rows_sent),
        )
        operation = _find_write_operation(difference)
        amount.statements[Operation.SELECT] += difference.select_commands
        amount.statements[operation] += difference.update_commands
        amount.statements[Operation.OTHER] += difference.other_commands
        refused = _find_refused(difference)
        amount.writes_done[operation] += difference.update_commands - refused
        amount.writes_refused[operation] += refused
        for other in taken:
            _take_away(amount, other)
        amounts.append(amount)
    return amounts


def _take_away(amount: AccountAmount, other: AccountAmount) -> None:
    amount.seconds = max(0.0, amount.seconds - other.seconds)
    amount.rows_examined = max(0.0, (amount.rows_examined or 0.0) - (other.rows_examined or 0.0))
    for mine, theirs in ((amount.statements, other.estimated), (amount.writes_done, other.writes_done)):
        for operation in theirs:
            mine[operation] = max(0.0, mine[operation] - theirs[operation])


def _find_write_operation(difference: UserstatTotals) -> Operation:
    """UPDATE_COMMANDS counts every kind of write, DDL too; rows of one kind tell which, or else it stays open."""
    changed = {
        Operation.INSERT: difference.rows_inserted,
        Operation.UPDATE: difference.rows_updated,
        Operation.DELETE: difference.rows_deleted,
    }
    kinds = [operation for operation, rows in changed.items() if rows]
    return kinds[0] if len(kinds) == 1 else Operation.OTHER


def _find_refused(difference: UserstatTotals) -> int:
    """Refused writes are counted among both; that rows changed proves that at least one was not refused."""
    wrote = difference.rows_inserted or difference.rows_updated or difference.rows_deleted
    refused = min(difference.access_denied, difference.update_commands)
    return min(refused, difference.update_commands - 1) if wrote and difference.update_commands else refused


def sum_sights(
    sights: Iterable[tuple[Execution, Attribution]],
    present: Iterable[tuple[Session, Attribution]] = (),
) -> tuple[list[AccountAmount], list[QueryAmount]]:
    """What samples alone tell: (by account and host, by account and shape).

    An account that is `present` and was not seen running anything has an amount of zeros.
    """
    accounts = dict[tuple[str, str, str], AccountAmount]()
    queries = dict[tuple[str, str, str], QueryAmount]()
    for session, attribution in present:
        _find_account(accounts, session, attribution)
    for sight, attribution in sights:
        session, statement = sight.session, sight.statement
        _add_sight_to_account(_find_account(accounts, session, attribution), sight)
        key = (attribution.integration.name, session.account, statement.fingerprint)
        query = queries.setdefault(
            key,
            QueryAmount(
                attribution=attribution,
                account=session.account,
                statement=statement,
                evidence=Evidence.SAMPLED,
            ),
        )
        _add_sight_to_query(query, sight)
    return list(accounts.values()), list(queries.values())


def _find_account(
    accounts: dict[tuple[str, str, str], AccountAmount], session: Session, attribution: Attribution
) -> AccountAmount:
    return accounts.setdefault(
        (attribution.integration.name, session.account, session.host),
        AccountAmount(
            attribution=attribution, account=session.account, host=session.host, evidence=Evidence.SAMPLED
        ),
    )


def _add_sight_to_account(amount: AccountAmount, sight: Execution) -> None:
    operation = sight.statement.operation
    amount.statements[operation] += sight.sights
    amount.estimated[operation] += sight.executions_estimated
    amount.seconds += sight.seconds_estimated
    if sight.examined_rows is not None:
        amount.rows_examined = (amount.rows_examined or 0.0) + sight.examined_rows
    if operation.is_write and sight.sights:
        amount.writes_done[operation] += sight.sights
        amount.written_statements[operation] = sight.statement


def _add_sight_to_query(query: QueryAmount, sight: Execution) -> None:
    query.executions += sight.sights
    query.estimated += sight.executions_estimated
    query.seconds += sight.seconds_estimated
    if sight.sights:
        query.started_at += (sight.started_at,)
    if sight.examined_rows is not None:
        query.rows_examined = (query.rows_examined or 0.0) + sight.examined_rows
