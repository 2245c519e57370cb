"""Finds what statements read of each table, each once for as long as the schema is the same."""

from dataclasses import replace

from querywatch.analysis.choosing import find_reading
from querywatch.analysis.situation import Situation
from querywatch.model import Schema, Statement
from querywatch.sql.literals import Literals
from querywatch.sql.reading import Reading

_KEPT = 10_000
_NOTHING_KNOWN = Literals()  # shapes have no values


class Readings:
    """The readings of one server's shapes. Only what parses is read: the rest is known by its counters."""

    def __init__(self) -> None:
        self._schema: Schema | None = None
        self._known: dict[str, Reading] = {}

    def add(self, situation: Situation) -> Situation:
        """The situation with the readings of third parties' queries; without a schema there are none."""
        if situation.schema is None:
            return situation
        if situation.schema is not self._schema or len(self._known) >= _KEPT:
            self._schema, self._known = situation.schema, {}
        queries = (
            replace(load, reading=self._find(load.statement, situation.schema))
            if load.integration.kind.is_third_party and load.statement.needs is not None
            else load
            for load in situation.queries
        )
        return replace(situation, queries=tuple(queries))

    def _find(self, statement: Statement, schema: Schema) -> Reading:
        reading = self._known.get(statement.fingerprint)
        if reading is None:
            reading = find_reading(statement, _NOTHING_KNOWN, schema)
            self._known[statement.fingerprint] = reading
        return reading
