"""Brings what a cycle counted to the server's baselines, and takes them to and from the state file."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from querywatch.analysis.baselines import Moment, Normals
from querywatch.analysis.cost import find_weakest
from querywatch.analysis.regression import Regression, Runs, Subject
from querywatch.analysis.timeline import Change
from querywatch.analysis.window import add_known
from querywatch.attribution.amounts import QueryAmount
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Schema
from querywatch.store.baselines import BaselineRow

SHAPE, _HEAD, _HOUR = "shape", "head", "hour"
_MONDAY_SECONDS = 4 * 86_400.0  # the epoch began on a Thursday
_LEARNING_LOOKED_SECONDS = 60.0
_SLOWER = "regression.slower"
_EVERYTHING = "everything"


class Baselines:
    """One server's; belongs to its watch's thread."""

    def __init__(self) -> None:
        self.normals = Normals()
        self._schema: Schema | None = None
        self._told: set[Change] = set()
        self._saved_hours = 0
        self._saved_open: frozenset[tuple[str, str]] = frozenset()
        self._kept_whole: set[tuple[str, str]] = set()
        self._learning_at: float | None = None
        self.learning: Mapping[
            str, float
        ] = {}  # integration -> until when at the least nothing of it is known

    def recall(self, rows: Iterable[BaselineRow], changes: Iterable[Change]) -> None:
        """Takes up what was learnt before; rows that another querywatch wrote otherwise are learnt anew."""
        self._told.update(changes)
        by_measure = defaultdict[str, list[BaselineRow]](list)
        for row in rows:
            by_measure[row.measure].append(row)
        # A head was learnt since its shape's row was kept, or with it.
        for row in (*by_measure[SHAPE], *by_measure[_HEAD], *by_measure[_HOUR]):
            with suppress(ValueError):
                self._load(row)

    def _load(self, row: BaselineRow) -> None:
        entry = (row.integration, row.fingerprint, tuple(row.numbers))
        if row.measure == SHAPE:
            self.normals.load([entry])
            self._kept_whole.add(entry[:2])
        elif row.measure == _HEAD:
            self.normals.load_heads([entry])
        else:
            self.normals.load_hour(entry[2])

    def note_schema(self, schema: Schema | None, now: float) -> None:
        """The tables' sizes, where they were read anew."""
        if schema is not None and schema is not self._schema:
            self._schema = schema
            sizes = {name: table.rows for (_, name), table in schema.tables.items() if table.rows is not None}
            self.normals.note_tables(sizes, now)

    def note_changes(self, changes: Sequence[Change]) -> None:
        """What came or went, each once."""
        self.normals.note_changes(change for change in changes if change not in self._told)
        self._told = set(changes)

    def note_known(self, findings: Iterable[OpenFinding]) -> None:
        """What somebody acknowledged is normal from now on."""
        for entry in findings:
            finding = entry.finding
            if entry.acknowledged_until is None or not finding.rule.startswith("regression."):
                continue
            if (finding.rule, finding.subject) == (_SLOWER, _EVERYTHING):
                self.normals.accept("", "")
            else:
                self.normals.accept(finding.integration, finding.fingerprint)

    def judge(
        self,
        ran: Iterable[QueryAmount],
        seconds: float,
        now: float,
        minute_of_week: float | None,
        uptime_seconds: float | None,
    ) -> tuple[Regression, ...]:
        """What is no longer as it was, after an interval of so many seconds in sight; 0: nothing was."""
        if seconds > 0.0:
            minute = (now - _MONDAY_SECONDS) / 60.0 if minute_of_week is None else minute_of_week
            self.normals.judge(
                Moment(
                    now=now,
                    seconds=seconds,
                    minute_of_week=minute,
                    runs=find_runs(ran),
                    started_at=None if uptime_seconds is None else now - uptime_seconds,
                )
            )
        if self._learning_at is None or not 0.0 <= now - self._learning_at < _LEARNING_LOOKED_SECONDS:
            self._learning_at, self.learning = now, self.normals.find_learning_ends()
        return self.normals.regressions

    def find_rows_to_save(self) -> Iterator[BaselineRow]:
        """What changed since the last time: a few numbers of each shape that ran, all of it at the end of an hour.

        At once all of those, too, that are new, that left their level or came back.
        """
        opened, hours = self.normals.open_keys, self.normals.hours_closed
        changed, self._saved_open = opened ^ self._saved_open, opened
        is_hour_over, self._saved_hours = hours != self._saved_hours, hours
        heads = list(self.normals.take_heads())
        if not heads and not changed:
            return
        new = {head[:2] for head in heads} - self._kept_whole
        self._kept_whole |= new
        yield from _make_rows(SHAPE, self.normals.to_rows(None if is_hour_over else changed | new))
        yield from _make_rows(_HEAD, heads)
        if (hour := self.normals.to_hour()) is not None:
            yield BaselineRow(integration="", fingerprint="", measure=_HOUR, numbers=hour)


def _make_rows(measure: str, entries: Iterable[tuple[str, str, tuple[float, ...]]]) -> Iterator[BaselineRow]:
    return (
        BaselineRow(integration=integration, fingerprint=fingerprint, measure=measure, numbers=numbers)
        for integration, fingerprint, numbers in entries
    )


def find_runs(ran: Iterable[QueryAmount]) -> tuple[Runs, ...]:
    """The shapes' runs over all accounts of an integration; what nobody was seen running is nobody's."""
    groups = defaultdict[tuple[str, str], list[QueryAmount]](list)
    for amount in ran:
        if not amount.supposed and amount.best_executions > 0.0:
            groups[amount.integration.name, amount.statement.fingerprint].append(amount)
    return tuple(_add_up(amounts) for amounts in groups.values())


def _add_up(amounts: Sequence[QueryAmount]) -> Runs:
    first = amounts[0]
    rows: float | None = None
    locked: float | None = None
    for amount in amounts:
        rows = add_known(rows, amount.rows_examined)
        locked = add_known(locked, amount.lock_seconds)
    evidence = find_weakest(amount.evidence for amount in amounts)
    return Runs(
        Subject(
            first.integration.name,
            first.statement.fingerprint,
            first.statement.tables,
            first.integration.kind.is_third_party,
        ),
        sum(amount.best_executions for amount in amounts),
        sum(amount.seconds for amount in amounts),
        # Of a statement that still runs polls show a part of the rows.
        None if evidence is Evidence.SAMPLED else rows,
        locked,
        sum(amount.executions_variance for amount in amounts),
        sum(amount.seconds_variance for amount in amounts),
        evidence,
    )
