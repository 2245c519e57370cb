"""What querywatch says the integrations did: the growth of its published counters over one run."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.truth import Pair

from querywatch.model import Evidence
from querywatch.snapshot import IntegrationState, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class PairClaim:
    """What one integration is said to have done with one shape."""

    executions: float = 0.0
    seconds: float = 0.0
    seconds_variance: float = 0.0  # 0 where it is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyClaim:
    """What one integration is said to have done."""

    statements: float
    seconds: float
    writes_done: float
    writes_refused: float
    evidence: Mapping[str, Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """All that was said of one run."""

    parties: Mapping[str, PartyClaim]
    pairs: Mapping[Pair, PairClaim]
    residual_ratio: float | None
    capture_ratios: Mapping[str, float]  # duration in words -> its chance to be seen, at the end of the run


def find_claims(before: Snapshot, after: Snapshot) -> Claims:
    """The differences; what was not there before began at zero."""
    earlier = {(state.integration, state.fingerprint): state for state in before.queries}
    pairs = {}
    for state in after.queries:
        base = earlier.get((state.integration, state.fingerprint))
        pairs[state.integration, state.fingerprint] = PairClaim(
            executions=state.executions - (base.executions if base else 0.0),
            seconds=state.seconds - (base.seconds if base else 0.0),
            seconds_variance=state.seconds_variance - (base.seconds_variance if base else 0.0),
        )
    known = {state.integration.name: state for state in before.integrations}
    return Claims(
        parties={
            state.integration.name: _find_party(known.get(state.integration.name), state)
            for state in after.integrations
        },
        pairs=pairs,
        residual_ratio=after.residual_ratio,
        capture_ratios=after.capture_ratios,
    )


def _find_party(before: IntegrationState | None, after: IntegrationState) -> PartyClaim:
    return PartyClaim(
        statements=after.statements_total - (before.statements_total if before else 0.0),
        seconds=(after.seconds or 0.0) - ((before.seconds or 0.0) if before else 0.0),
        writes_done=after.writes_done - (before.writes_done if before else 0.0),
        writes_refused=_count_refused(after) - (_count_refused(before) if before else 0.0),
        evidence=after.evidence,
    )


def _count_refused(state: IntegrationState) -> float:
    return sum(count.refused for count in state.writes.values())
