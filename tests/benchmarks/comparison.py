"""Holds what querywatch said beside what the workload did, and says where it misses what is asked of it."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from benchmarks.claims import Claims, PairClaim, PartyClaim
from benchmarks.truth import PairTruth, Truth
from benchmarks.workload import Party

_JUDGED_SHARE = (
    0.01  # of all executions, for executions, and of all time, for time; what is less is not judged
)
_RIGHT_SHARE = 0.9  # of the time of those who share the office's account, that goes to the right one
_LOST_SHARE = 0.01  # of the office's own time, that goes to somebody else
_LONG_ERROR = 0.15  # of the time of long statements, where only samples tell
_DRIVER_ERROR = 0.002  # sessions that end statements of one shape at once may lose one in the server's sum
_NINE_IN_TEN = 1.645  # standard errors to each side
_BIAS_ERRORS = 3.0  # standard errors that a mean may be off by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a server of the benchmark can tell, and so what is asked."""

    counts: bool  # it counts by account and by shape
    executions_error: float = 0.0
    seconds_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity, as it was and as it is claimed."""

    truth: float
    claim: float

    @property
    def error(self) -> float:
        """How far the claim is off, as a share of the truth; infinite for a claim of what was not."""
        if self.truth:
            return self.claim / self.truth - 1
        return math.inf if self.claim > 1e-6 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """One shape of one integration."""

    integration: str
    fingerprint: str
    executions: Measure
    seconds: Measure
    judged_executions: bool  # its part of all executions is large enough
    judged_seconds: bool  # the same of all time

    @property
    def judged(self) -> bool:
        """Whether either is."""
        return self.judged_executions or self.judged_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRow:
    """One integration."""

    integration: str
    shares_account: bool
    statements: Measure
    writes: Measure
    refused: Measure
    seconds: Measure
    long_seconds: Measure  # of statements that take longer than the sampling interval
    long_bar_seconds: float  # how far the claim says that it may be off, nine times in ten
    evidence: str
    uncounted_executions: float  # prepared ones, which this server does not count by shape
    latest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One run on one server."""

    parties: tuple[PartyRow, ...]
    pairs: tuple[PairRow, ...]
    right_ratio: Measure  # of those on the office's account: their time, and what of it they were laid
    lost_ratio: Measure  # the office's time, and what of it others were laid
    residual_ratio: float | None
    capture_ratios: Mapping[str, float]
    driver: Measure  # executions as the workload and as the server counted them: they must agree

    @property
    def judged(self) -> tuple[PairRow, ...]:
        """The pairs that matter."""
        return tuple(row for row in self.pairs if row.judged)


def compare(parties: Sequence[Party], truth: Truth, claims: Claims) -> Comparison:
    """Every integration and every shape of it."""
    return Comparison(
        parties=tuple(_compare_party(party, truth, claims) for party in parties),
        pairs=_compare_pairs(truth, claims.pairs),
        right_ratio=_find_right(parties, truth, claims),
        lost_ratio=_find_lost(parties[0].name, truth, claims),
        residual_ratio=claims.residual_ratio,
        capture_ratios=claims.capture_ratios,
        driver=Measure(truth.client_executions, truth.server_executions),
    )


def _compare_party(party: Party, truth: Truth, claims: Claims) -> PartyRow:
    was = truth.parties[party.name]
    said = claims.parties.get(party.name) or PartyClaim(
        statements=0, seconds=0, writes_done=0, writes_refused=0, evidence={}
    )
    pairs = {pair: one for pair, one in truth.pairs.items() if pair[0] == party.name}
    long = {pair: one for pair, one in pairs.items() if one.is_long}
    long_claims = [claims.pairs[pair] for pair in long if pair in claims.pairs]
    return PartyRow(
        integration=party.name,
        shares_account=party.shares_account,
        statements=Measure(was.statements, said.statements),
        writes=Measure(was.writes_done, said.writes_done),
        refused=Measure(was.writes_refused, said.writes_refused),
        seconds=Measure(sum(one.seconds for one in pairs.values()), said.seconds),
        long_seconds=Measure(
            sum(one.seconds for one in long.values()),
            sum(claim.seconds for claim in long_claims),
        ),
        long_bar_seconds=_NINE_IN_TEN * math.sqrt(sum(claim.seconds_variance for claim in long_claims)),
        evidence=str(said.evidence.get("seconds", "none")),
        uncounted_executions=sum(one.executions for one in pairs.values() if not one.has_digest),
        latest_seconds=was.latest_seconds,
    )


def _compare_pairs(truth: Truth, claims: Mapping[tuple[str, str], PairClaim]) -> tuple[PairRow, ...]:
    executions = sum(one.executions for one in truth.pairs.values())
    seconds = sum(one.seconds for one in truth.pairs.values())
    return tuple(
        PairRow(
            integration=integration,
            fingerprint=fingerprint,
            executions=Measure(
                one.executions, claims.get((integration, fingerprint), PairClaim()).executions
            ),
            seconds=Measure(one.seconds, claims.get((integration, fingerprint), PairClaim()).seconds),
            judged_executions=one.has_digest and one.executions > _JUDGED_SHARE * executions,
            judged_seconds=one.has_digest and one.seconds > _JUDGED_SHARE * seconds,
        )
        for (integration, fingerprint), one in truth.pairs.items()
    )


def _find_right(parties: Sequence[Party], truth: Truth, claims: Claims) -> Measure:
    names = {party.name for party in parties[1:] if party.shares_account}
    theirs = {pair: one for pair, one in truth.pairs.items() if pair[0] in names}
    right = (min(one.seconds, claims.pairs.get(pair, PairClaim()).seconds) for pair, one in theirs.items())
    return Measure(sum(one.seconds for one in theirs.values()), sum(right))


def _find_lost(office: str, truth: Truth, claims: Claims) -> Measure:
    """What others were laid of a shape, beyond what they ran of it, is the office's as far as it ran any."""
    lost = 0.0
    own = {shape: one.seconds for (name, shape), one in truth.pairs.items() if name == office}
    for shape, seconds in own.items():
        excess = sum(
            claim.seconds - truth.pairs.get((name, shape), PairTruth()).seconds
            for (name, fingerprint), claim in claims.pairs.items()
            if fingerprint == shape and name != office
        )
        lost += min(seconds, max(0.0, excess))
    return Measure(sum(own.values()), lost)


def find_misses(comparison: Comparison, asked: Evidence) -> tuple[str, ...]:
    """Each thing that is asked of this server and not met, in words."""
    driver = comparison.driver
    if abs(driver.error) > _DRIVER_ERROR:
        return (f"the workload counted {driver.truth:g} executions, the server {driver.claim:g}",)
    if not asked.counts:
        return tuple(_find_long_misses(comparison))
    return tuple(
        chain(
            _find_inexact(comparison),
            _find_pair_misses(comparison, asked),
            _find_shared_misses(comparison),
        )
    )


def _find_long_misses(comparison: Comparison) -> Iterator[str]:
    for row in comparison.parties:
        if row.shares_account:
            continue  # without the server's counters a program's name is not known
        if abs(row.long_seconds.error) > _LONG_ERROR:
            yield f"{row.integration}: time of long statements {row.long_seconds.error:+.1%}"


def _find_inexact(comparison: Comparison) -> Iterator[str]:
    for row in comparison.parties:
        if row.shares_account:
            continue
        exact = {"statements": row.statements, "writes done": row.writes, "writes refused": row.refused}
        for words, measure in exact.items():
            if abs(measure.claim - measure.truth) > 0.5:
                yield f"{row.integration}: {words} {measure.claim:g} instead of {measure.truth:g}"


def _find_pair_misses(comparison: Comparison, asked: Evidence) -> Iterator[str]:
    for row in comparison.judged:
        for words, measure, limit, judged in (
            ("executions", row.executions, asked.executions_error, row.judged_executions),
            ("time", row.seconds, asked.seconds_error, row.judged_seconds),
        ):
            if judged and abs(measure.error) > limit:
                yield (
                    f"{row.integration} {row.fingerprint}: {words} {measure.claim:.5g} instead of "
                    f"{measure.truth:.5g} ({measure.error:+.1%}, limit {limit:.0%})"
                )


def _find_shared_misses(comparison: Comparison) -> Iterator[str]:
    right, lost = comparison.right_ratio, comparison.lost_ratio
    if right.claim < _RIGHT_SHARE * right.truth:
        yield f"of third parties' time on the shared account {right.claim / right.truth:.1%} is laid to the right one"
    if lost.claim > _LOST_SHARE * lost.truth:
        yield f"{lost.claim / lost.truth:.1%} of the office's own time is laid to others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """What several runs tell of one integration's long statements, where only samples tell of them."""

    integration: str
    runs: int
    mean_error: float
    standard_error: float  # of that mean
    held: int  # runs in which the claimed error bar held the truth
    mean_bar_ratio: float  # the bar over the truth


def find_biases(runs: Sequence[Comparison]) -> tuple[Bias, ...]:
    """Those of the integrations on accounts of their own."""
    return tuple(
        _find_bias([row for row in rows if row.long_seconds.truth])
        for rows in zip(*(run.parties for run in runs), strict=True)
        if len(runs) > 1 and not rows[0].shares_account
    )


def _find_bias(rows: Sequence[PartyRow]) -> Bias:
    errors = [row.long_seconds.error for row in rows]
    return Bias(
        integration=rows[0].integration,
        runs=len(rows),
        mean_error=statistics.fmean(errors),
        standard_error=statistics.stdev(errors) / math.sqrt(len(errors)),
        held=sum(
            abs(row.long_seconds.claim - row.long_seconds.truth) <= row.long_bar_seconds for row in rows
        ),
        mean_bar_ratio=statistics.fmean(row.long_bar_seconds / row.long_seconds.truth for row in rows),
    )


def find_bias_misses(biases: Sequence[Bias]) -> Iterator[str]:
    """A mean that chance does not explain, and bars that hold the truth less often than they say."""
    for bias in biases:
        if abs(bias.mean_error) > _BIAS_ERRORS * bias.standard_error:
            yield (
                f"{bias.integration}: over {bias.runs} runs the time of long statements is off by"
                f" {bias.mean_error:+.1%} ± {bias.standard_error:.1%}"
            )
    held, runs = sum(bias.held for bias in biases), sum(bias.runs for bias in biases)
    if held < 0.9 * runs - 2 * math.sqrt(0.9 * 0.1 * runs):  # less is no chance
        yield f"the error bar held the truth in {held} of {runs}, not nine times in ten"
