"""Keeps trials: which integration is off and on when, and what came of it."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from querywatch.errors import StateError

Windows = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One trial as it is kept; `windows` holds numbers alone, by name. `trial_id` is None until it is saved."""

    trial_id: int | None = None
    integration: str
    question: str
    started_at: float
    windows: Windows = field(default_factory=dict)
    state: str
    verdict: str = ""


def save_trial(connection: sqlite3.Connection, server: str, trial: TrialRecord, now: float) -> int:
    """Adds a trial, or writes how far it has come; its id. Raises StateError for windows that hold text."""
    values = (
        *(server, trial.integration, trial.question, trial.started_at),
        *(_render_windows(trial.windows), trial.state, trial.verdict, now),
    )
    row = connection.execute(
        "INSERT INTO trials (id, server, integration, question, started_at, windows, state, verdict, changed_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET windows = excluded.windows, "
        "state = excluded.state, verdict = excluded.verdict, changed_at = excluded.changed_at RETURNING id",
        (trial.trial_id, *values),
    ).fetchone()
    return int(row[0])


def load_trials(connection: sqlite3.Connection, server: str) -> tuple[TrialRecord, ...]:
    """All trials of a server, the first first. Raises StateError."""
    rows = connection.execute(
        "SELECT id, integration, question, started_at, windows, state, verdict FROM trials WHERE server = ? "
        "ORDER BY id",
        (server,),
    )
    return tuple(
        TrialRecord(
            trial_id=trial_id,
            integration=integration,
            question=question,
            started_at=started_at,
            windows=_parse_windows(windows),
            state=state,
            verdict=verdict,
        )
        for trial_id, integration, question, started_at, windows, state, verdict in rows
    )


def _render_windows(windows: Windows) -> str:
    if not all(type(number) in {int, float} for numbers in windows.values() for number in numbers):
        raise StateError("a trial's windows hold numbers alone")
    return json.dumps({name: list(numbers) for name, numbers in windows.items()})


def _parse_windows(text: str) -> Windows:
    try:
        return {str(name): tuple(map(float, numbers)) for name, numbers in json.loads(text).items()}
    except (AttributeError, TypeError, ValueError):
        raise StateError("the state file holds a trial that this querywatch cannot read") from None
