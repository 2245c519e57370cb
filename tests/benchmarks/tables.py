"""Renders a comparison of truth and claim as text for people: each cell is the truth, the claim, how far it is off."""

from collections.abc import Iterator, Sequence
from itertools import chain

from benchmarks.comparison import Bias, Comparison, Measure, PairRow, PartyRow

_WORST_SHOWN = 8
_MISSES_SHOWN = 20
_HEAD = (
    f"{'':15} {'statements':>24} {'writes':>11} {'refused':>9} {'time':>26} {'of it longer than 1 s':>26}"
    f" {'':9}  evidence"
)


def render_comparison(run: Comparison) -> str:
    """One run."""
    parties = (_render_party(row) for row in run.parties)
    return "\n".join(chain([_HEAD], parties, _render_shapes(run), _render_sums(run)))


def render_biases(biases: Sequence[Bias]) -> str:
    """A line for each integration; nothing of a single run."""
    return "".join(
        f"{bias.integration}: long statements over {bias.runs} runs {bias.mean_error:+.1%} ± {bias.standard_error:.1%},"
        f" error bar ± {bias.mean_bar_ratio:.1%}, which held the truth in {bias.held}\n"
        for bias in biases
    )


def render_misses(misses: Sequence[str]) -> str:
    """What was missed, the first of it by name."""
    lines = [f"missed: {miss}" for miss in misses[:_MISSES_SHOWN]]
    more = len(misses) - len(lines)
    return "\n".join([*lines, f"missed: {more} more"] if more else lines) or "all targets met"


def _render_party(row: PartyRow) -> str:
    return (
        f"{row.integration:15} {_render_count(row.statements):>24} {_render_plain(row.writes):>11}"
        f" {_render_plain(row.refused):>9} {_render_seconds(row.seconds):>26}"
        f" {_render_seconds(row.long_seconds):>26} {_render_bar(row):>9}  {row.evidence}"
    )


def _render_bar(row: PartyRow) -> str:
    return f"± {row.long_bar_seconds:.1f} s" if row.long_bar_seconds else ""


def _render_shapes(run: Comparison) -> Iterator[str]:
    executions = sorted(
        (abs(row.executions.error) for row in run.judged if row.judged_executions), reverse=True
    )
    seconds = sorted((abs(row.seconds.error) for row in run.judged if row.judged_seconds), reverse=True)
    yield (
        f"of {len(run.pairs)} (integration, shape) {len(executions)} have more than 1 % of all executions:"
        f" off by {_render_errors(executions)}"
    )
    yield f"{len(seconds)} have more than 1 % of all time: off by {_render_errors(seconds)}"
    for row in sorted(run.judged, key=_find_worst, reverse=True)[:_WORST_SHOWN]:
        yield (
            f"  {row.integration:15} {row.fingerprint} executions {_render_count(row.executions)},"
            f" time {_render_seconds(row.seconds)}"
        )


def _render_sums(run: Comparison) -> Iterator[str]:
    right, lost = run.right_ratio, run.lost_ratio
    yield (
        f"on the shared account {right.claim / right.truth:.1%} of the third parties' time is laid to the right one;"
        f" {lost.claim / lost.truth:.2%} of the office's own is laid to another"
    )
    residual = "unknown" if run.residual_ratio is None else f"{run.residual_ratio:.2%}"
    yield f"residual {residual}; the workload counted {run.driver.truth:g} executions, the server {run.driver.claim:g}"
    chances = ", ".join(f"{words} {ratio:.0%}" for words, ratio in run.capture_ratios.items())
    yield f"chance of being seen by length: {chances}"
    for row in run.parties:
        if row.uncounted_executions and run.driver.truth:
            yield f"{row.integration}: {row.uncounted_executions:g} executions have no shape on this server"


def _find_worst(row: PairRow) -> float:
    return max(abs(row.executions.error), abs(row.seconds.error))


def _render_errors(errors: Sequence[float]) -> str:
    if not errors:
        return "nothing"
    return f"{errors[0]:.1%} at worst, {errors[len(errors) // 20]:.1%} in 19 of 20"


def _render_plain(measure: Measure) -> str:
    return f"{measure.truth:g} {measure.claim:.4g}"


def _render_count(measure: Measure) -> str:
    return f"{measure.truth:g} {measure.claim:.6g} {measure.error:+.1%}"


def _render_seconds(measure: Measure) -> str:
    return f"{measure.truth:.1f} {measure.claim:.1f} s {measure.error:+.1%}"
