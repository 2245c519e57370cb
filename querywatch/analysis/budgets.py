"""How much of each budget the third parties use: configured ones, and the general limits where none is set."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.situation import AccountLoad, Situation
from querywatch.model import Evidence, Integration, Kind
from querywatch.units import format_count, format_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One budget of one integration, what is used of it, and both in words.

    `account` is '' but for what no integration claims, where each account is judged alone. `budget` is the
    setting's name.
    """

    integration: Integration
    account: str
    budget: str
    measured: float
    limit: float
    words: str
    evidence: Evidence

    @property
    def ratio(self) -> float:
        """Measured over limit."""
        return self.measured / self.limit


def find_uses(situation: Situation) -> Iterator[Use]:
    """Every budget that there is something to measure with; rates only once they are known."""
    if situation.rates_are_known:
        for (_, account), loads in _group(situation).items():
            yield from _find_rates(loads, account, situation)
            yield from _find_rows(loads, account, situation)
    yield from _find_connections(situation)


def find_budget_ratios(situation: Situation) -> Mapping[str, Mapping[str, float]]:
    """Integration -> budget -> measured over limit, the highest of its accounts."""
    ratios = dict[str, dict[str, float]]()
    for use in find_uses(situation):
        kept = ratios.setdefault(use.integration.name, {})
        kept[use.budget] = max(use.ratio, kept.get(use.budget, 0.0))
    return ratios


def _group(situation: Situation) -> dict[tuple[str, str], list[AccountLoad]]:
    groups = dict[tuple[str, str], list[AccountLoad]]()
    for load in situation.third_party_accounts:
        account = load.account if load.integration.kind is Kind.UNKNOWN else ""
        groups.setdefault((load.integration.name, account), []).append(load)
    return groups


def _find_rates(loads: Sequence[AccountLoad], account: str, situation: Situation) -> Iterator[Use]:
    integration = loads[0].integration
    evidence = find_weakest(load.evidence for load in loads)
    least = "at least " if evidence is Evidence.SAMPLED else ""
    statements = sum(_find_statements_per_minute(load, situation) for load in loads)
    limit = integration.budgets.statements_per_minute or float(situation.limits.statements_per_minute)
    yield Use(
        integration=integration,
        account=account,
        budget="statements_per_minute",
        measured=statements,
        limit=limit,
        words=f"{least}{format_count(statements)} statements a minute (budget {format_count(limit)}"
        f"{_say_burn(integration, 'statements_per_minute', situation)})",
        evidence=evidence,
    )
    busy = sum(load.seconds for load in loads) / situation.window_seconds
    limit = integration.budgets.busy_ratio or situation.limits.busy_ratio
    yield Use(
        integration=integration,
        account=account,
        budget="busy_ratio",
        measured=busy,
        limit=limit,
        words=f"statements running {format_ratio(busy)} of the time (budget {format_ratio(limit)}"
        f"{_say_burn(integration, 'busy_ratio', situation)})",
        evidence=evidence,
    )


def _say_burn(integration: Integration, budget: str, situation: Situation) -> str:
    burn = situation.burns.get((integration.name, budget))
    return "" if burn is None else f"; {burn.words}"


def _find_statements_per_minute(load: AccountLoad, situation: Situation) -> float:
    counted = situation.per_minute(load.total)
    return max(counted, load.statements_at_least_per_minute) if load.evidence is Evidence.SAMPLED else counted


def _find_rows(loads: Sequence[AccountLoad], account: str, situation: Situation) -> Iterator[Use]:
    limit = loads[0].integration.budgets.rows_examined_per_minute
    known = [load for load in loads if load.rows_examined is not None]
    if limit and known:
        rows = situation.per_minute(sum(load.rows_examined or 0.0 for load in known))
        yield Use(
            integration=loads[0].integration,
            account=account,
            budget="rows_examined_per_minute",
            measured=rows,
            limit=limit,
            words=f"{format_count(rows)} rows read a minute (budget {format_count(limit)})",
            evidence=find_weakest(load.evidence for load in known),
        )


def _find_connections(situation: Situation) -> Iterator[Use]:
    """Counted now, and also of those that run nothing."""
    held = Counter(entry.attribution.integration.name for entry in situation.running)
    integrations = {
        entry.attribution.integration.name: entry.attribution.integration for entry in situation.running
    }
    for name, integration in integrations.items():
        limit = integration.budgets.connections
        if integration.kind.is_third_party and limit:
            yield Use(
                integration=integration,
                account="",
                budget="connections",
                measured=held[name],
                limit=limit,
                words=f"{held[name]} connections at once (budget {limit})",
                evidence=Evidence.COUNTED,
            )
