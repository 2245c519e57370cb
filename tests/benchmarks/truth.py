"""What the workload really did: executions as its clients counted them, time as the server measured it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.crowd import PartyCount
from benchmarks.workload import Party, Task

from querywatch.model import Operation
from querywatch.sql.reduce import reduce_digest

Pair = tuple[str, str]  # (integration, fingerprint)

DIGESTS = (
    "SELECT DIGEST_TEXT, COUNT_STAR, SUM_TIMER_WAIT FROM performance_schema.events_statements_summary_by_digest "
    "WHERE DIGEST_TEXT IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTruth:
    """What one integration did with one shape."""

    executions: float = 0.0
    seconds: float = 0.0
    is_long: bool = False  # meant to take more than the sampling interval
    has_digest: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyTruth:
    """What one integration did."""

    statements: int  # its drivers' own too
    writes_done: int
    writes_refused: int
    latest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What all of them did in one run. `server_executions` is the server's own count of the workload's shapes."""

    parties: Mapping[str, PartyTruth]
    pairs: Mapping[Pair, PairTruth]
    client_executions: float  # of what the server counts by shape
    server_executions: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTotals:
    """The server's own totals of one shape, whoever ran it."""

    executions: float
    seconds: float


def parse_digests(rows: Iterable[tuple[str, int, int]]) -> dict[str, ServerTotals]:
    """The rows of `DIGESTS` by fingerprint."""
    found = dict[str, ServerTotals]()
    for text, executions, picoseconds in rows:
        fingerprint = reduce_digest(text).fingerprint
        before = found.get(fingerprint, ServerTotals(executions=0, seconds=0))
        found[fingerprint] = ServerTotals(
            executions=before.executions + int(executions),
            seconds=before.seconds + int(picoseconds) / 1e12,
        )
    return found


def subtract_counts(after: PartyCount, before: PartyCount) -> PartyCount:
    """What was counted in between."""
    return PartyCount(
        tasks=[late.minus(early) for late, early in zip(after.tasks, before.tasks, strict=True)],
        connections=after.connections - before.connections,
        latest_seconds=after.latest_seconds,
    )


def subtract_totals(
    after: Mapping[str, ServerTotals], before: Mapping[str, ServerTotals]
) -> dict[str, ServerTotals]:
    """What the server counted in between."""
    zero = ServerTotals(executions=0, seconds=0)
    return {
        fingerprint: ServerTotals(
            executions=late.executions - before.get(fingerprint, zero).executions,
            seconds=late.seconds - before.get(fingerprint, zero).seconds,
        )
        for fingerprint, late in after.items()
    }


def find_truth(
    parties: Iterable[Party],
    counts: Mapping[str, PartyCount],
    server: Mapping[str, ServerTotals],
    *,
    sampling_seconds: float,
    prepared_have_digests: bool,
) -> Truth:
    """Executions are the clients'; so is the time of what the server does not count by shape.

    The time of a shape that it counts is the server's, for a client's includes the way there and back; of a
    shape that several ran, each has the part that its clients waited for.
    """
    clients = dict[Pair, PairTruth]()
    for party in parties:
        has_digest = bool(server) and (prepared_have_digests or not party.prepares)
        for task, count in zip(party.tasks, counts[party.name].tasks, strict=True):
            clients[party.name, task.shape.find_fingerprint()] = PairTruth(
                executions=count.executions,
                seconds=count.seconds,
                is_long=task.seconds > sampling_seconds,
                has_digest=has_digest,
            )
    counted = {pair: truth for pair, truth in clients.items() if truth.has_digest}
    shapes = {fingerprint for _, fingerprint in counted}
    return Truth(
        parties={party.name: _find_party(party, counts[party.name]) for party in parties},
        pairs=clients | _share_out(counted, server),
        client_executions=sum(truth.executions for truth in counted.values()),
        server_executions=sum(totals.executions for shape, totals in server.items() if shape in shapes),
    )


def _share_out(
    counted: Mapping[Pair, PairTruth], server: Mapping[str, ServerTotals]
) -> dict[Pair, PairTruth]:
    waited = defaultdict[str, float](float)
    for (_, fingerprint), truth in counted.items():
        waited[fingerprint] += truth.seconds
    return {
        pair: PairTruth(
            executions=truth.executions,
            seconds=server[pair[1]].seconds * truth.seconds / waited[pair[1]] if pair[1] in server else 0.0,
            is_long=truth.is_long,
        )
        for pair, truth in counted.items()
        if truth.seconds
    }


def _find_party(party: Party, count: PartyCount) -> PartyTruth:
    writes = [tally for task, tally in zip(party.tasks, count.tasks, strict=True) if _is_write(task)]
    return PartyTruth(
        statements=sum(tally.executions for tally in count.tasks) + count.connections,  # and a SET NAMES each
        writes_done=sum(tally.executions - tally.refused for tally in writes),
        writes_refused=sum(tally.refused for tally in writes),
        latest_seconds=count.latest_seconds,
    )


def _is_write(task: Task) -> bool:
    operation: Operation = task.shape.find_operation()
    return operation.is_write
