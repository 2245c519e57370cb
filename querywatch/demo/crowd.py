"""The process in which part of the crowd runs: begins on a line of JSON, ends with standard input.

Its interpreter is its own, so that neither the vendors' pace nor the daemon waits for the other's.
"""

import json
import random
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

from querywatch.demo.office import OFFICE
from querywatch.demo.traffic import Actor, CountedConnection, Desk, Target, VendorCounts, run_agent
from querywatch.demo.vendors import TRIAL_VENDORS, VENDORS

READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdOrder:
    """Who is to run, where, and with which passwords."""

    names: tuple[str, ...]
    target: Target
    passwords: Mapping[str, str] = field(repr=False)  # account -> password
    rows: Mapping[str, int]
    seed: int
    trial: bool = False  # a vendor's trial: its effect is to show in seconds


def render_order(order: CrowdOrder) -> str:
    """One line for a crowd process' standard input."""
    return json.dumps(asdict(order)) + "\n"


def parse_order(line: str) -> CrowdOrder:
    """The inverse of `render_order`."""
    fields: dict[str, Any] = json.loads(line)
    return CrowdOrder(**{**fields, "names": tuple(fields["names"]), "target": Target(**fields["target"])})


def render_counts(counts: Mapping[str, VendorCounts]) -> str:
    """One line of what everybody counted."""
    return json.dumps({name: asdict(count) for name, count in counts.items()}) + "\n"


def parse_counts(line: str) -> dict[str, VendorCounts]:
    """The inverse of `render_counts`."""
    return {name: VendorCounts(**fields) for name, fields in json.loads(line).items()}


def run_crowd(order: CrowdOrder, stop_when_ended: TextIO, answers: TextIO) -> None:
    """Run everybody until the stream ends; answer once all are connected, and with the counts at the end."""
    vendors = TRIAL_VENDORS if order.trial else VENDORS
    actors = [actor for actor in (*OFFICE, *vendors) if actor.name in order.names]
    desks = list(_open_desks(actors, order))
    stop = threading.Event()
    threads = [threading.Thread(target=run_agent, args=(actor, desk, stop)) for actor, desk in desks]
    for thread in threads:
        thread.start()
    print(READY, file=answers, flush=True)
    stop_when_ended.read()
    stop.set()
    for thread in threads:
        thread.join()
    with suppress(BrokenPipeError):  # whoever asked is gone
        print(render_counts(_add_up(desks)), end="", file=answers, flush=True)


def _open_desks(actors: Iterable[Actor], order: CrowdOrder) -> Iterable[tuple[Actor, Desk]]:
    for kind, actor in enumerate(actors):
        for agent in range(actor.agents):
            password = order.passwords[actor.account]
            connection = CountedConnection(order.target, actor.account, password)
            dice = random.Random(f"{order.seed} {actor.name} {kind} {agent}")
            yield actor, Desk(connection=connection, dice=dice, rows=order.rows)


def _add_up(desks: Iterable[tuple[Actor, Desk]]) -> dict[str, VendorCounts]:
    counts: defaultdict[str, VendorCounts] = defaultdict(VendorCounts)
    for actor, desk in desks:
        counts[actor.name] = counts[actor.name].plus(desk.connection.counts)
    return dict(counts)


if __name__ == "__main__":
    run_crowd(parse_order(sys.stdin.readline()), sys.stdin, sys.stdout)
