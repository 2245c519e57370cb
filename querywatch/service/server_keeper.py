"""Keeps one server's state: what its snapshots show and its chronicle noted, in one transaction at a time."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from querywatch.findings import OpenFinding
from querywatch.model import Schema
from querywatch.service.chronicle import Noted
from querywatch.service.tallying import find_uses
from querywatch.snapshot import Snapshot
from querywatch.store import Store
from querywatch.store.baselines import save_baselines
from querywatch.store.findings import save_findings
from querywatch.store.history import (
    Gap,
    add_changes,
    save_gap,
    save_names,
    save_shapes,
    save_table_rows,
)
from querywatch.store.servers import pack_schema, save_info, save_schema, save_seen, save_variables
from querywatch.store.use import add_use
from querywatch.store.writes import WriteNote, add_writes


class ServerKeeper:
    """What of one server is in the file already, so that only what is new is written."""

    def __init__(self, name: str) -> None:
        self.is_new = True  # nobody has told it yet what is acknowledged
        self._name = name
        self._findings: tuple[OpenFinding, ...] | None = None
        self._tallied: Snapshot | None = None
        self._longest: dict[str, float] = {}
        self._schema: bytes | None = None
        self._away: Gap | None = None

    def forget_saved(self) -> None:
        """The file may be another one: everything is written again."""
        self._findings = self._schema = None

    def look(self, snapshot: Snapshot, now: float) -> None:
        """Notes what only a look now and then can tell: the longest statements, and whether the server is away."""
        for state in snapshot.integrations:
            name = state.integration.name
            self._longest[name] = max(self._longest.get(name, 0.0), state.longest_running_seconds)
        if not snapshot.attempted or snapshot.up:
            return
        start = now if self._away is None else self._away.started_at
        self._away = Gap(started_at=start, ended_at=now, reason="away")

    def keep_findings(self, store: Store, snapshot: Snapshot, now: float) -> None:
        """Writes the open findings if they are others than before. Raises StateError."""
        if not snapshot.attempted or snapshot.findings == self._findings:
            return
        with store.writing() as connection:
            save_findings(connection, self._name, snapshot.findings, now)
        self._findings = snapshot.findings

    def keep(self, store: Store, snapshot: Snapshot, noted: Noted, now: float) -> None:
        """Writes all that is new, or nothing of it. Raises StateError."""
        packed = None if noted.schema is None else pack_schema(noted.schema)
        with store.writing() as connection:
            save_seen(connection, self._name, now, up=snapshot.up)
            self._keep_noted(connection, noted, now)
            if noted.schema is not None:
                save_table_rows(connection, self._name, _find_rows(noted.schema), now)
            if packed is not None and packed != self._schema:
                save_schema(connection, self._name, packed)
            if snapshot.attempted:
                add_use(connection, self._name, find_uses(self._tallied, snapshot, self._longest), now)
                shapes = {each.fingerprint: (each.whole_shape, each.tables) for each in snapshot.query_infos}
                save_shapes(connection, self._name, shapes, now)
            if self._away is not None:
                save_gap(connection, self._name, self._away)
        self._schema = packed or self._schema
        self._tallied, self._longest = snapshot, {}
        self._away = None if snapshot.up else self._away

    def _keep_noted(self, connection: sqlite3.Connection, noted: Noted, now: float) -> None:
        add_changes(connection, self._name, noted.changes)
        add_writes(connection, self._name, merge_writes(noted.writes))
        for kind, names in noted.names.items():
            save_names(connection, self._name, str(kind), names, now)
        save_baselines(connection, self._name, noted.baselines.values(), now)
        if noted.info is not None:
            save_info(connection, self._name, noted.info)
        if noted.variables is not None:
            save_variables(connection, self._name, noted.variables)


def merge_writes(notes: Iterable[WriteNote]) -> list[WriteNote]:
    """One entry for all equal ones: their numbers together, from the first to the last."""
    merged = dict[WriteNote, WriteNote]()
    for note in notes:
        key = replace(note, statements=0.0, first_at=0.0, last_at=0.0)
        before = merged.get(key)
        merged[key] = (
            note
            if before is None
            else replace(
                before,
                statements=before.statements + note.statements,
                first_at=min(before.first_at, note.first_at),
                last_at=max(before.last_at, note.last_at),
            )
        )
    return list(merged.values())


def _find_rows(schema: Schema) -> dict[str, int]:
    """Rows by 'database.table', where they are known."""
    return {
        f"{table.database}.{table.name}": table.rows
        for table in schema.tables.values()
        if table.rows is not None
    }
