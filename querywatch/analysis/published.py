"""The totals that are published: they start at 0 with the daemon, and only increments ever reach them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.estimates import Estimate
from querywatch.analysis.window import add_known
from querywatch.attribution.amounts import AccountAmount, QueryAmount, make_tally
from querywatch.model import Evidence, Integration, Operation, Statement

OTHER = "other"
EXPORTED_FINGERPRINTS = 200
_HYSTERESIS_SECONDS = 3600.0


@dataclass(slots=True, kw_only=True)
class IntegrationTotals:
    """One integration's running totals. None: nothing has measured it yet."""

    integration: Integration
    statements: defaultdict[Operation, float] = field(default_factory=make_tally)
    seconds: float | None = None
    rows_examined: float | None = None
    rows_sent: float | None = None
    writes_done: defaultdict[Operation, float] = field(default_factory=make_tally)
    writes_refused: defaultdict[Operation, float] = field(default_factory=make_tally)
    seconds_variance: float = 0.0  # of what was estimated
    statements_variance: float = 0.0
    evidence: dict[str, Evidence] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class QueryTotals:
    """One exported shape's running totals, or the sum of those that are not (fingerprint 'other')."""

    executions: float = 0.0
    seconds: float = 0.0
    rows_examined: float | None = None
    seconds_variance: float = 0.0  # of what was estimated
    executions_variance: float = 0.0


class Published:
    """Adds increments up. An integration is there from the start, at zero, so that its first write is a rise."""

    def __init__(self, integrations: Iterable[Integration]) -> None:
        self.integrations: dict[str, IntegrationTotals] = {}
        self.queries: dict[tuple[str, str], QueryTotals] = {}
        self.statements: dict[str, Statement] = {}  # fingerprint -> what it stands for, exported ones only
        self._last_mattered_at: dict[str, float] = {}
        self.expect(integrations)

    def expect(self, integrations: Iterable[Integration]) -> None:
        """Makes a row of zeros for each integration that has none; a changed definition replaces the old one."""
        for integration in integrations:
            totals = self.integrations.get(integration.name)
            if totals is None:
                self.integrations[integration.name] = IntegrationTotals(integration=integration)
            else:
                totals.integration = integration

    def add_accounts(self, amounts: Iterable[AccountAmount]) -> None:
        """Adds an interval's amounts to their integrations, whose evidence is then the weakest among them."""
        graded = defaultdict[str, dict[str, Evidence]](dict)
        for amount in amounts:
            integration = amount.attribution.integration
            self.expect([integration])
            totals = self.integrations[integration.name]
            for operation, count in amount.best_statements.items():
                totals.statements[operation] += count
            for operation in amount.writes:
                totals.writes_done[operation] += amount.writes_done[operation]
                totals.writes_refused[operation] += amount.writes_refused[operation]
            totals.seconds = add_known(totals.seconds, amount.seconds)
            totals.rows_examined = add_known(totals.rows_examined, amount.rows_examined)
            totals.rows_sent = add_known(totals.rows_sent, amount.rows_sent)
            _grade(graded[integration.name], amount)
            totals.evidence = graded[integration.name]

    def add_errors(self, estimates: Mapping[str, Estimate]) -> None:
        """Adds how far an interval's estimates may be off, by integration."""
        for name, estimate in estimates.items():
            self.integrations[name].seconds_variance += estimate.seconds_variance
            self.integrations[name].statements_variance += estimate.executions_variance

    def add_queries(
        self, amounts: Iterable[QueryAmount], *, mattering: Mapping[str, float], now: float
    ) -> None:
        """Adds an interval's shapes; `mattering` are the fingerprints to export, with their weights.

        A shape stays exported for an hour after it last mattered; what is not exported adds up under 'other',
        so that the sums of the rates stay true.
        """
        for fingerprint in sorted(mattering, key=mattering.__getitem__, reverse=True)[:EXPORTED_FINGERPRINTS]:
            self._last_mattered_at[fingerprint] = now
        self._forget(now)
        for amount in amounts:
            fingerprint = amount.statement.fingerprint
            exported = fingerprint in self._last_mattered_at
            if exported:
                self.statements[fingerprint] = amount.statement
            key = (amount.integration.name, fingerprint if exported else OTHER)
            totals = self.queries.setdefault(key, QueryTotals())
            totals.executions += amount.best_executions
            totals.seconds += amount.seconds
            totals.rows_examined = add_known(totals.rows_examined, amount.rows_examined)
            totals.seconds_variance += amount.seconds_variance
            totals.executions_variance += amount.executions_variance

    def _forget(self, now: float) -> None:
        kept = {key: at for key, at in self._last_mattered_at.items() if at > now - _HYSTERESIS_SECONDS}
        newest = sorted(kept, key=kept.__getitem__, reverse=True)[:EXPORTED_FINGERPRINTS]
        self._last_mattered_at = {fingerprint: kept[fingerprint] for fingerprint in newest}
        for integration, fingerprint in list(self.queries):
            if fingerprint != OTHER and fingerprint not in self._last_mattered_at:
                del self.queries[integration, fingerprint]
                self.statements.pop(fingerprint, None)


def _grade(evidence: dict[str, Evidence], amount: AccountAmount) -> None:
    measured = {
        "statements": True,
        "seconds": True,
        "rows_examined": amount.rows_examined is not None,
        "rows_sent": amount.rows_sent is not None,
        "writes": True,
    }
    for quantity, is_measured in measured.items():
        if is_measured:
            evidence[quantity] = find_weakest((evidence.get(quantity, amount.evidence), amount.evidence))
