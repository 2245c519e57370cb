"""Finds what statements read of each table, each once for as long as the schema is the same."""

from collections.abc import Mapping
from dataclasses import replace

from querywatch.analysis.access.reading import find_reading
from querywatch.analysis.situation import Situation
from querywatch.db.server import find_habits
from querywatch.model import Schema, ServerInfo, Statement
from querywatch.sql.hints import Hints
from querywatch.sql.outline import Query
from querywatch.sql.reading import Reading

_KEPT = 10_000


class Readings:
    """The readings of one server's shapes. Only what parses is read: the rest is known by its counters."""

    def __init__(self) -> None:
        self._schema: Schema | None = None
        self._views: Mapping[tuple[str, str], Query] = {}
        self._known: dict[str, tuple[Hints, Reading | None]] = {}

    def add(self, situation: Situation) -> Situation:
        """The situation with the readings of third parties' queries; without a schema there are none."""
        if situation.schema is None:
            return situation
        is_new = situation.schema is not self._schema or situation.views != self._views
        if is_new or len(self._known) >= _KEPT:
            self._schema, self._views, self._known = situation.schema, situation.views, {}
        queries = (
            replace(load, reading=self._find(load.statement, situation.schema, situation.server))
            if load.integration.kind.is_third_party and load.statement.outline is not None
            else load
            for load in situation.queries
        )
        return replace(situation, queries=tuple(queries))

    def _find(self, statement: Statement, schema: Schema, server: ServerInfo | None) -> Reading | None:
        hints, found = self._known.get(statement.fingerprint, (None, None))
        if hints is None or hints != statement.hints:
            found = find_reading(
                statement.outline,
                schema,
                hints=statement.hints,
                views=self._views,
                habits=find_habits(server),
            )
            self._known[statement.fingerprint] = (statement.hints, found)
        return found
