"""Lays the growth of the server's digests to integrations.

The server's counters name accounts or shapes, never both; the samples name both. An account that only one
integration uses is laid to it whole, exactly. A shape is shared out as the samples saw it used; a shape that
no sample ever saw stays unattributed and is the residual.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from querywatch.attribution.amounts import QueryAmount
from querywatch.attribution.match import Matcher
from querywatch.counters import Difference, DigestKey
from querywatch.model import Attribution, Evidence, Statement

_SHAPES_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestShares:
    """An interval's digests laid to integrations, and the time that could not be."""

    queries: tuple[QueryAmount, ...]
    seconds: float
    unattributed_seconds: float


class Ledger:
    """Remembers which integration's accounts were seen running which shape."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._pairs: OrderedDict[str, Counter[tuple[str, str]]] = (
            OrderedDict()
        )  # fingerprint -> (integration, account)
        self._integrations = {each.name: each for each in matcher.integrations}

    def learn(self, statement: Statement, account: str, attribution: Attribution) -> None:
        """Remembers one sight of a shape in a session that is this integration's."""
        fingerprint = statement.fingerprint
        self._integrations.setdefault(attribution.integration.name, attribution.integration)
        seen = self._pairs.setdefault(fingerprint, Counter())
        seen[attribution.integration.name, account] += 1
        self._pairs.move_to_end(fingerprint)
        if len(self._pairs) > _SHAPES_REMEMBERED:
            self._pairs.popitem(last=False)

    def share_digests(
        self, differences: Mapping[DigestKey, Difference], statements: Mapping[DigestKey, Statement]
    ) -> DigestShares:
        """Each digest's growth, laid to the integrations by the sights of its shape."""
        queries = dict[tuple[str, str, str], QueryAmount]()
        total = unattributed = 0.0
        for key, difference in differences.items():
            total += difference.seconds
            statement = statements[key]
            shares = self._find_shares(statement.fingerprint)
            if not shares:
                unattributed += difference.seconds
            for (name, account), share in shares.items():
                amount = queries.setdefault(
                    (name, account, statement.fingerprint),
                    QueryAmount(
                        integration=self._integrations[name],
                        account=account,
                        statement=statement,
                        evidence=Evidence.COUNTED if share == 1 else Evidence.INFERRED,
                    ),
                )
                _add_difference(amount, difference, share)
        return DigestShares(queries=tuple(queries.values()), seconds=total, unattributed_seconds=unattributed)

    def _find_shares(self, fingerprint: str) -> dict[tuple[str, str], float]:
        seen = self._pairs.get(fingerprint) or Counter()
        total = sum(seen.values())
        return {pair: count / total for pair, count in seen.items()}


def _add_difference(amount: QueryAmount, difference: Difference, share: float) -> None:
    amount.executions += difference.executions * share
    amount.seconds += difference.seconds * share
    amount.rows_examined = (amount.rows_examined or 0.0) + difference.rows_examined * share
    amount.rows_sent = (amount.rows_sent or 0.0) + difference.rows_sent * share
    amount.no_index_used = (amount.no_index_used or 0.0) + difference.no_index_used * share
