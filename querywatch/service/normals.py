"""Brings what a cycle counted to the server's baselines, and takes them to and from the state file."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from querywatch.analysis.baselines import Moment, Normals
from querywatch.analysis.cost import find_weakest
from querywatch.analysis.regression import Regression, Runs, Subject
from querywatch.analysis.timeline import Change
from querywatch.analysis.window import add_known
from querywatch.attribution.amounts import QueryAmount
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Schema
from querywatch.store.baselines import BaselineRow

_MEASURE = "shape"
_SAVED_SECONDS = 3600.0  # what a kill may cost of learning that takes weeks
_MONDAY_SECONDS = 4 * 86_400.0  # the epoch began on a Thursday
_SLOWER = "regression.slower"
_EVERYTHING = "everything"


class Baselines:
    """One server's; belongs to its watch's thread."""

    def __init__(self) -> None:
        self.normals = Normals()
        self._schema: Schema | None = None
        self._told: set[Change] = set()
        self._saved_at: float | None = None
        self._saved_open: frozenset[tuple[str, str]] = frozenset()

    def recall(self, rows: Iterable[BaselineRow], changes: Iterable[Change]) -> None:
        """Takes up what was learnt before; rows that another querywatch wrote otherwise are learnt anew."""
        self._told.update(changes)
        for row in rows:
            try:
                self.normals.load([(row.integration, row.fingerprint, tuple(row.numbers))])
            except ValueError:
                continue

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
        return self.normals.regressions

    def find_rows_to_save(self, now: float) -> tuple[BaselineRow, ...]:
        """The baselines as they are: all once an hour, and at once those that left their level or came back."""
        opened = self.normals.open_keys
        changed, self._saved_open = opened ^ self._saved_open, opened
        is_due = self._saved_at is not None and now - self._saved_at >= _SAVED_SECONDS
        if is_due or self._saved_at is None:
            self._saved_at = now
        return tuple(
            BaselineRow(integration=integration, fingerprint=fingerprint, measure=_MEASURE, numbers=numbers)
            for integration, fingerprint, numbers in self.normals.to_rows(None if is_due else changed)
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
