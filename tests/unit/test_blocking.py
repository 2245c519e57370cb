"""Queues of every kind lead to whoever waits for nobody, and where that cannot be told to nobody."""

import time
from dataclasses import replace

from querywatch.analysis.blocking import WaitClock, find_blocks, find_unexplained
from querywatch.analysis.situation import Block, LockKind, RunningSession
from querywatch.analysis.waits import find_kind, find_waits
from querywatch.locks import Locks, MetadataLock, RowLocks, RowWait, TableLock
from querywatch.model import Attribution, Evidence, Integration, Kind, Schema, Session, Table
from querywatch.sql.reduce import reduce_text

_OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL)
_VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ)
_TABLE_WAIT, _METADATA_WAIT = "Waiting for table level lock", "Waiting for table metadata lock"
_READ, _WRITE = "SELECT LName FROM patient WHERE PatNum = 1", "UPDATE patient SET LName = 'x'"


def make(
    session_id: int, sql: str | None, seconds: float, state: str = "", whose: Integration = _OFFICE
) -> RunningSession:
    session = Session(
        session_id=session_id,
        account=whose.name,
        host="10.0.0.5",
        database="opendental",
        command="Sleep" if sql is None else "Query",
        state=state,
        seconds=seconds,
        statement=None if sql is None else reduce_text(sql),
    )
    return RunningSession(
        session=session, attribution=Attribution(integration=whose, reason=""), outward_shape=""
    )


def find(
    *entries: RunningSession, locks: Locks | None = None, schema: Schema | None = None
) -> tuple[Block, ...]:
    waits = find_waits(entries, locks or Locks(), schema)
    return find_blocks(entries, waits, WaitClock().observe(entries, waits, 1_000.0))


def tell(blocks: tuple[Block, ...]) -> list[tuple[int, list[int], Evidence]]:
    return [
        (
            block.blocker.session.session_id,
            sorted(victim.entry.session.session_id for victim in block.victims),
            block.evidence,
        )
        for block in blocks
    ]


def test_everybody_behind_a_change_waits_for_the_read_before_it() -> None:
    """The look-ups wait for the change, and through it for the report."""
    report = make(1, "SELECT * FROM patient", 40.0, whose=_VENDOR)
    queue = (make(2, _WRITE, 12.0, _TABLE_WAIT), *(make(each, _READ, 9.0, _TABLE_WAIT) for each in (3, 4, 5)))
    (block,) = find(report, *queue)
    assert tell((block,)) == [(1, [2, 3, 4, 5], Evidence.INFERRED)]
    assert (block.kind, block.table, block.victims[0].seconds) == (LockKind.TABLE, "patient", 12.0)


def test_of_several_reads_the_longest_is_named() -> None:
    young, old = make(1, "SELECT * FROM patient", 20.0), make(2, "SELECT * FROM patient", 40.0, whose=_VENDOR)
    assert tell(find(young, old, make(3, _WRITE, 12.0, _TABLE_WAIT))) == [(2, [3], Evidence.INFERRED)]


def test_who_came_later_or_reads_another_table_holds_up_nobody() -> None:
    """Nor one on a table of the same name in another database."""
    later = make(1, "SELECT * FROM patient", 3.0, whose=_VENDOR)
    elsewhere = make(2, "SELECT * FROM document", 40.0, whose=_VENDOR)
    other = make(3, "SELECT * FROM patient", 40.0, whose=_VENDOR)
    other = replace(other, session=replace(other.session, database="training"))
    entries = (later, elsewhere, other, make(4, _WRITE, 12.0, _TABLE_WAIT))
    assert find(*entries) == ()
    assert find_unexplained((), find_waits(entries, Locks())) == {4}


def test_reads_do_not_hold_up_reads() -> None:
    """One that waits behind a change that has gone is waiting for nobody who can be told."""
    assert find(make(1, "SELECT * FROM patient", 40.0), make(2, _READ, 12.0, _TABLE_WAIT)) == ()


def test_a_read_behind_a_view_holds_up_its_tables() -> None:
    view = Table(
        database="opendental",
        name="everybody",
        engine=None,
        rows=None,
        columns={},
        indexes=(),
        is_view=True,
        definition=reduce_text("SELECT * FROM patient"),
    )
    schema = Schema(tables={("opendental", "everybody"): view})
    entries = (make(1, "SELECT * FROM everybody", 40.0), make(2, _WRITE, 12.0, _TABLE_WAIT))
    assert tell(find(*entries, schema=schema)) == [(1, [2], Evidence.INFERRED)]
    assert find(*entries) == ()


def test_the_servers_own_word_goes_before_what_statements_say() -> None:
    """LOCK TABLES of a session that sleeps, beside a read that would seem to be the cause."""
    sleeper, reader = make(1, None, 60.0, whose=_VENDOR), make(2, "SELECT * FROM patient", 40.0)
    entries = (sleeper, reader, make(3, _WRITE, 12.0, _TABLE_WAIT), make(4, _READ, 9.0, _TABLE_WAIT))
    held = TableLock(session_id=1, database="opendental", table="patient", exclusive=False)
    wanted = replace(held, session_id=3, exclusive=True)
    behind = replace(held, session_id=4)
    assert tell(find(*entries, locks=Locks(tables=(held, wanted, behind)))) == [(1, [3, 4], Evidence.SAMPLED)]


def test_metadata_locks_tell_who_sleeps_in_a_transaction() -> None:
    """ALTER waits for it, and the look-up behind for ALTER."""
    entries = (
        make(1, None, 60.0, whose=_VENDOR),
        make(2, "ALTER TABLE patient ADD x INT", 12.0, _METADATA_WAIT),
        make(3, _READ, 9.0, _METADATA_WAIT),
        make(4, "SELECT * FROM patient", 2.0),
    )

    def lock(session_id: int, mode: str, *, granted: bool) -> MetadataLock:
        return MetadataLock(
            session_id=session_id, database="opendental", table="patient", mode=mode, granted=granted
        )

    metadata = (
        lock(1, "SHARED_READ", granted=True),
        lock(2, "SHARED_UPGRADABLE", granted=True),
        lock(2, "EXCLUSIVE", granted=False),
        lock(3, "SHARED_READ", granted=False),
    )
    assert tell(find(*entries, locks=Locks(metadata=metadata))) == [(1, [2, 3], Evidence.SAMPLED)]


def test_one_open_transaction_may_be_concluded_of_several_none() -> None:
    """Where the server keeps no metadata locks, InnoDB's transactions are all there is."""
    entries = (
        make(1, None, 60.0, whose=_VENDOR),
        make(2, None, 30.0),
        make(3, "ALTER TABLE patient ADD x INT", 12.0, _METADATA_WAIT),
    )
    one, two = RowLocks(in_transaction=frozenset({1})), RowLocks(in_transaction=frozenset({1, 2}))
    assert tell(find(*entries, locks=Locks(rows=one))) == [(1, [3], Evidence.INFERRED)]
    assert find(*entries, locks=Locks(rows=two)) == ()


def test_a_chain_of_rows_ends_with_who_waits_for_nobody() -> None:
    """A cycle has no end, and nobody is named for it."""
    entries = (make(1, None, 60.0, whose=_VENDOR), make(2, _WRITE, 12.0), make(3, _WRITE, 9.0))
    chain = RowLocks(waits=(RowWait(waiting_id=2, holding_id=1), RowWait(waiting_id=3, holding_id=2)))
    (block,) = find(*entries, locks=Locks(rows=chain))
    assert tell((block,)) == [(1, [2, 3], Evidence.SAMPLED)]
    assert block.kind is LockKind.ROW
    cycle = RowLocks(waits=(RowWait(waiting_id=2, holding_id=3), RowWait(waiting_id=3, holding_id=2)))
    assert find(*entries, locks=Locks(rows=cycle)) == ()


def test_who_waits_is_not_the_cause_where_waits_are_too_many_to_be_read() -> None:
    """The pair that leads on to the cause is not among those read, but that the second waits is known."""
    entries = (make(1, None, 60.0, whose=_VENDOR), make(2, _WRITE, 12.0), make(3, _WRITE, 9.0))
    rows = RowLocks(waits=(RowWait(waiting_id=3, holding_id=2),), waiting=frozenset({2, 3}))
    assert find(*entries, locks=Locks(rows=rows)) == ()
    whole = replace(rows, waits=(*rows.waits, RowWait(waiting_id=3, holding_id=1)))
    assert tell(find(*entries, locks=Locks(rows=whole))) == [(1, [3], Evidence.SAMPLED)]


def test_a_session_that_is_gone_blocks_nobody() -> None:
    rows = RowLocks(waits=(RowWait(waiting_id=2, holding_id=99),))
    entries = (make(2, _WRITE, 12.0),)
    assert find(*entries, locks=Locks(rows=rows)) == ()
    assert find_unexplained((), find_waits(entries, Locks(rows=rows))) == {2}


def test_a_wait_for_a_row_counts_from_where_it_was_seen() -> None:
    """A change may have run for long before; a table's lock is waited for from the start."""
    entries = (make(1, None, 60.0), make(2, _WRITE, 500.0), make(3, _WRITE, 12.0, _TABLE_WAIT))
    waits = find_waits(entries, Locks(rows=RowLocks(waits=(RowWait(waiting_id=2, holding_id=1),))))
    clock = WaitClock()
    assert clock.observe(entries, waits, 1_000.0) == {2: 0.0, 3: 12.0}
    assert clock.observe(entries, waits, 1_004.0)[2] == 4.0


def test_states_of_all_versions_are_understood() -> None:
    """The words of the servers' manuals; a session that waits for its client or for sleep waits for no lock."""
    states = {
        "Locked": LockKind.TABLE,
        _TABLE_WAIT: LockKind.TABLE,
        _METADATA_WAIT: LockKind.METADATA,
        "Waiting for table flush": LockKind.METADATA,
        "Waiting for global read lock": LockKind.GLOBAL,
        "Waiting for backup lock": LockKind.GLOBAL,
        "User sleep": None,
        "User lock": None,
        "Writing to net": None,
        "": None,
    }
    assert {state: find_kind(make(1, _READ, 1.0, state).session) for state in states} == states


def test_a_thousand_in_a_queue_hold_up_no_poll() -> None:
    """By inference and by the server's word alike."""
    queue = [make(each, _READ, 9.0, _TABLE_WAIT) for each in range(3, 1_003)]
    entries = (make(1, "SELECT * FROM patient", 40.0), make(2, _WRITE, 12.0, _TABLE_WAIT), *queue)
    tables = tuple(
        TableLock(session_id=each, database="opendental", table="patient", exclusive=each == 2)
        for each in range(1, 1_003)
    )
    for locks in (Locks(), Locks(tables=tables)):
        started = time.process_time()
        (block,) = find(*entries, locks=locks)
        assert time.process_time() - started < 1.0
        assert len(block.victims) == 1_001
