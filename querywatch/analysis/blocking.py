"""Follows waits to whoever waits for nobody: the blockers, with all who wait for each, directly or behind others."""

from collections.abc import Mapping, Sequence

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.situation import Block, LockKind, RunningSession, Victim
from querywatch.analysis.waits import Wait
from querywatch.model import Operation


def find_blocks(
    entries: Sequence[RunningSession], waits: Mapping[int, Wait], seconds: Mapping[int, float]
) -> tuple[Block, ...]:
    """The blockers, the one with most victims first. Of several that hold up one session, it is the longest's."""
    known = {entry.session.session_id: entry for entry in entries}
    victims = dict[int, list[int]]()
    for session_id in waits:
        roots = [known[root] for root in _find_roots(session_id, waits) if root in known]
        if roots and session_id in known:
            longest = max(roots, key=lambda entry: (entry.session.seconds, -entry.session.session_id))
            victims.setdefault(longest.session.session_id, []).append(session_id)
    blocks = [_make_block(known, root, behind, waits, seconds) for root, behind in victims.items()]
    return tuple(sorted(blocks, key=lambda block: -len(block.victims)))


def find_unexplained(blocks: Sequence[Block], waits: Mapping[int, Wait]) -> frozenset[int]:
    """The sessions that wait, and for whom cannot be told."""
    explained = {victim.entry.session.session_id for block in blocks for victim in block.victims}
    return frozenset(waits.keys() - explained)


def _find_roots(session_id: int, waits: Mapping[int, Wait]) -> frozenset[int]:
    """Who stands at the ends of its queues and waits for nobody; nobody where no queue's end can be told."""
    roots, seen, ahead = set[int](), {session_id}, [session_id]
    while ahead:
        wait = waits.get(current := ahead.pop())
        if wait is None:
            roots.add(current)
            continue
        ahead += wait.holders - seen
        seen |= wait.holders
    return frozenset(roots - {session_id})


def _make_block(
    known: Mapping[int, RunningSession],
    root: int,
    behind: Sequence[int],
    waits: Mapping[int, Wait],
    seconds: Mapping[int, float],
) -> Block:
    victims = [Victim(entry=known[each], seconds=seconds.get(each, 0.0)) for each in behind]
    direct = [waits[each] for each in behind if root in waits[each].holders]
    return Block(
        blocker=known[root],
        victims=tuple(sorted(victims, key=lambda victim: -victim.seconds)),
        kind=direct[0].kind if direct else waits[behind[0]].kind,
        table=next((wait.table for wait in direct if wait.table), ""),
        evidence=find_weakest(waits[each].evidence for each in behind),
    )


class WaitClock:
    """How long sessions have waited, from look to look.

    A table's locks are taken before a statement does anything, so its age is its wait. A row lock, or ALTER's at its
    end, may come late: that wait counts from where it was first seen.
    """

    def __init__(self) -> None:
        self._since: dict[tuple[int, int | str | None, LockKind], float] = {}

    def observe(
        self, entries: Sequence[RunningSession], waits: Mapping[int, Wait], now: float
    ) -> dict[int, float]:
        """Session -> the seconds for which it has waited, at least."""
        since, seconds = dict[tuple[int, int | str | None, LockKind], float](), dict[int, float]()
        for session in (entry.session for entry in entries if entry.session.session_id in waits):
            kind, statement = waits[session.session_id].kind, session.statement
            fingerprint = None if statement is None else statement.fingerprint
            key = (session.session_id, session.query_id or fingerprint, kind)
            since[key] = min(now, self._since.get(key, now))
            seconds[session.session_id] = now - since[key]
            if kind is not LockKind.ROW and (statement is None or statement.operation is not Operation.DDL):
                seconds[session.session_id] = max(seconds[session.session_id], session.seconds)
        self._since = since
        return seconds
