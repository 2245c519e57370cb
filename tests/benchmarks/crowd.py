"""The process that runs the workload and counts for itself, so that the daemon's interpreter is not its own.

It is told where the server is in a line of JSON, answers `ready` once all are connected, and then answers each
line `run SECONDS` with all it has counted so far, as soon as nothing runs any more.
"""

import heapq
import json
import queue
import random
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

import pymysql
from benchmarks.prepared import PreparedClient
from benchmarks.shapes import Value
from benchmarks.workload import Party, Task, build_parties

from querywatch.demo.schema import DATABASE

READY = "ready"
_UNEVEN = 0.2  # of its length, each way, a statement takes more or less
_TABLE_ACCESS_DENIED = 1142


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Where to run, with how many rows in each table."""

    host: str
    port: int
    rows: Mapping[str, int]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCount:
    """What came of one task; `seconds` as its clients waited."""

    executions: int = 0
    refused: int = 0
    seconds: float = 0.0

    def plus(self, other: "TaskCount") -> "TaskCount":
        """Both together."""
        return TaskCount(
            executions=self.executions + other.executions,
            refused=self.refused + other.refused,
            seconds=self.seconds + other.seconds,
        )

    def minus(self, earlier: "TaskCount") -> "TaskCount":
        """What came in between."""
        return TaskCount(
            executions=self.executions - earlier.executions,
            refused=self.refused - earlier.refused,
            seconds=self.seconds - earlier.seconds,
        )


@dataclass(slots=True, kw_only=True)
class PartyCount:
    """What one party did: by the place of each task in its list, and the connections it made."""

    tasks: list[TaskCount] = field(default_factory=list)
    connections: int = 0
    latest_seconds: float = 0.0  # the most that a statement began after it was due


class TextClient:
    """One connection of PyMySQL's own kind."""

    def __init__(self, connection: "pymysql.connections.Connection[Any]") -> None:
        self._connection = connection

    def run(self, text: str, values: Sequence[Value]) -> int:
        """The number of rows that came back."""
        with self._connection.cursor() as cursor:
            cursor.execute(text, values)
            return len(cursor.fetchall())

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


class Agent(threading.Thread):
    """One session of a party, or the place of one after another; runs what it is given, in order."""

    def __init__(self, party: Party, order: Order) -> None:
        super().__init__(daemon=True)
        self.party = party
        self.waiting: queue.Queue[tuple[int, float, float]] = queue.Queue()  # (task, seconds, due)
        self.count = PartyCount(tasks=[TaskCount() for _ in party.tasks])
        self.fault: Exception | None = None
        self._order = order
        self._dice = random.Random(f"{order.seed} {self.name} {party.name}")
        self._client: TextClient | PreparedClient | None = self._connect() if party.lasting else None

    @property
    def backlog(self) -> int:
        """How much it has been given and not finished."""
        return self.waiting.unfinished_tasks

    def run(self) -> None:
        """Until the process ends; after a fault nothing more is run, and nobody waits in vain."""
        while True:
            task, seconds, due = self.waiting.get()
            try:
                if self.fault is None:
                    self._perform(task, seconds, due)
            except (pymysql.Error, OSError, AssertionError) as error:
                self.fault = error
            finally:
                self.waiting.task_done()

    def _perform(self, number: int, seconds: float, due: float) -> None:
        task = self.party.tasks[number]
        client = self._client or self._connect()
        text = task.shape.text.replace("%s", "?") if self.party.prepares else task.shape.text
        values = task.shape.fill(self._dice, seconds, self._order.rows)
        begun = time.monotonic()
        refused = _is_refused(client, text, values)
        assert refused == task.refused, f"refused: {refused}: {task.shape.text}"
        count = self.count
        count.tasks[number] = count.tasks[number].plus(
            TaskCount(executions=1, refused=int(refused), seconds=time.monotonic() - begun)
        )
        count.latest_seconds = max(count.latest_seconds, begun - due)
        if not self.party.lasting:
            client.close()

    def _connect(self) -> TextClient | PreparedClient:
        connection = pymysql.connect(
            host=self._order.host,
            port=self._order.port,
            user=self.party.account,
            password="",
            database=DATABASE if self.party.chooses_database else None,
            program_name=self.party.program,
            autocommit=True,
            ssl_disabled=True,
        )
        self.count.connections += 1
        return PreparedClient(connection) if self.party.prepares else TextClient(connection)


def _is_refused(client: TextClient | PreparedClient, text: str, values: Sequence[Value]) -> bool:
    try:
        client.run(text, values)
    except pymysql.OperationalError as error:
        if error.args[0] != _TABLE_ACCESS_DENIED:
            raise
        return True
    return False


class Crowd:
    """All parties' agents, and the clock that gives them work."""

    def __init__(self, parties: Sequence[Party], order: Order) -> None:
        self._dice = random.Random(order.seed)
        self._agents = {party.name: [Agent(party, order) for _ in range(party.sessions)] for party in parties}
        self._parties = parties
        for agent in self._find_agents():
            agent.start()

    def run(self, seconds: float) -> None:
        """Everybody's work of so many seconds; ends when the last of it is done."""
        began = time.monotonic()
        due = [
            (began + self._dice.uniform(0, 1 / task.per_second), place, number)
            for place, party in enumerate(self._parties)
            for number, task in enumerate(party.tasks)
        ]
        heapq.heapify(due)
        while due[0][0] < began + seconds:
            moment, place, number = heapq.heappop(due)
            time.sleep(max(0.0, moment - time.monotonic()))
            task = self._parties[place].tasks[number]
            self._find_idlest(self._parties[place]).waiting.put((number, self._find_seconds(task), moment))
            heapq.heappush(due, (moment + self._find_gap(task), place, number))
        for agent in self._find_agents():
            agent.waiting.join()
            if agent.fault is not None:
                raise agent.fault

    def add_up(self) -> dict[str, PartyCount]:
        """What everybody has counted so far; only while nothing runs."""
        return {name: _add_up(agents) for name, agents in self._agents.items()}

    def _find_agents(self) -> list[Agent]:
        return [agent for agents in self._agents.values() for agent in agents]

    def _find_idlest(self, party: Party) -> Agent:
        agents = self._agents[party.name]
        return min(self._dice.sample(agents, len(agents)), key=lambda agent: agent.backlog)

    def _find_seconds(self, task: Task) -> float:
        return task.seconds if task.regular else task.seconds * self._dice.uniform(1 - _UNEVEN, 1 + _UNEVEN)

    def _find_gap(self, task: Task) -> float:
        return 1 / task.per_second if task.regular else self._dice.expovariate(task.per_second)


def _add_up(agents: Iterable[Agent]) -> PartyCount:
    total = PartyCount()
    for agent in agents:
        tasks = agent.count.tasks
        total.tasks = [a.plus(b) for a, b in zip(total.tasks, tasks, strict=True)] if total.tasks else tasks
        total.connections += agent.count.connections
        total.latest_seconds = max(total.latest_seconds, agent.count.latest_seconds)
    return total


def render_counts(counts: Mapping[str, PartyCount]) -> str:
    """One line of JSON."""
    return json.dumps({name: asdict(count) for name, count in counts.items()})


def parse_counts(line: str) -> dict[str, PartyCount]:
    """The inverse of `render_counts`."""
    return {
        name: PartyCount(**{**fields, "tasks": [TaskCount(**task) for task in fields["tasks"]]})
        for name, fields in json.loads(line).items()
    }


def main(orders: TextIO, answers: TextIO) -> None:
    """Serves one other process until its orders end."""
    crowd = Crowd(build_parties(), Order(**json.loads(orders.readline())))
    print(READY, file=answers, flush=True)
    for line in orders:
        crowd.run(float(line.removeprefix("run ")))
        print(render_counts(crowd.add_up()), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
