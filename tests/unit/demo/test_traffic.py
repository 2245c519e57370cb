"""The crowd's pace and its counts."""

import random
import threading
import time
from dataclasses import dataclass, field

import pymysql

from querywatch.demo.crowd import CrowdOrder, parse_counts, parse_order, render_counts, render_order
from querywatch.demo.office import OFFICE
from querywatch.demo.traffic import Actor, Desk, Target, VendorCounts, run_agent
from querywatch.demo.vendors import VENDORS


@dataclass
class FakeConnection:
    """Remembers that it was closed."""

    closed: bool = False
    turns: list[float] = field(default_factory=list)

    def close(self) -> None:
        self.closed = True


def run_for(seconds: float, turn, interval_seconds: float) -> FakeConnection:
    connection, stop = FakeConnection(), threading.Event()
    actor = Actor(name="a", account="a", agents=1, interval_seconds=interval_seconds, turn=turn)
    desk = Desk(connection=connection, dice=random.Random(1), rows={})  # type: ignore[arg-type]
    thread = threading.Thread(target=run_agent, args=(actor, desk, stop))
    thread.start()
    thread.join(seconds)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    return connection


def note_turn(desk: Desk) -> None:
    desk.connection.turns.append(time.monotonic())


def test_turns_come_at_the_actors_pace() -> None:
    connection = run_for(1.0, note_turn, 0.02)
    assert 30 <= len(connection.turns) <= 52


def test_an_agent_ends_its_connection_when_told_to_stop() -> None:
    connection = run_for(0.05, note_turn, 3600)
    assert connection.closed
    assert connection.turns == []


def test_an_agent_ends_quietly_when_the_server_is_gone() -> None:
    """No traceback, which might quote a statement: the thread just ends."""

    def lose_server(desk: Desk) -> None:
        note_turn(desk)
        raise pymysql.err.OperationalError(2013, "Lost connection")

    connection = run_for(0.3, lose_server, 0.01)
    assert len(connection.turns) == 1
    assert connection.closed


def test_a_slow_turn_is_not_followed_by_a_burst() -> None:
    """Once late, an agent drops what it missed: at most one turn comes at once."""

    def stumble(desk: Desk) -> None:
        note_turn(desk)
        if len(desk.connection.turns) == 1:
            time.sleep(0.5)

    connection = run_for(1.0, stumble, 0.05)
    second = connection.turns[1]
    assert len([turn for turn in connection.turns if second <= turn < second + 0.045]) <= 2


def test_an_order_survives_its_pipe() -> None:
    order = CrowdOrder(
        names=("chart-bi",),
        target=Target(host="127.0.0.1", port=3307, database="opendental"),
        passwords={"chart_bi": "secret"},
        rows={"patient": 20_000},
        seed=3,
    )
    line = render_order(order)
    assert line.count("\n") == 1
    assert parse_order(line) == order


def test_passwords_are_not_in_an_orders_repr() -> None:
    order = CrowdOrder(
        names=(), target=Target(host="h", port=1, database="d"), passwords={"a": "secret"}, rows={}, seed=1
    )
    assert "secret" not in repr(order)


def test_counts_survive_their_pipe() -> None:
    counts = {"chart-bi": VendorCounts(statements=3, writes=1, seconds=0.25)}
    assert parse_counts(render_counts(counts)) == counts


def test_everybody_has_an_account_of_their_own() -> None:
    """What an account did is then what one integration did."""
    accounts = [actor.account for actor in VENDORS]
    assert len(set(accounts) | {actor.account for actor in OFFICE}) == len(accounts) + 1
