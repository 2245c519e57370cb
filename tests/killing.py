"""Kills a process in the middle of writing state, again and again, and looks at what is left."""

import multiprocessing
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding, Severity
from querywatch.store import Store
from querywatch.store.baselines import BaselineRow, load_baselines, save_baselines
from querywatch.store.findings import load_findings, save_findings
from querywatch.store.trail import load_events, record

_FINDING = OpenFinding(
    finding=Finding(
        rule="index.missing", severity=Severity.CRITICAL, integration="vendor", subject="", message="m", advice="a",
        evidence=Evidence.COUNTED,
    ),
    opened_at=1.0, last_seen_at=1.0, severe_at=1.0,
)  # fmt: skip
_NUMBERS = 400
_FINDINGS = 10

# A child of this server has everything imported: it writes at once.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def write_on(directory: Path, first: int, said: Connection) -> None:
    """Saves ever new numbers, the same in ten findings, a baseline and the trail, and says each that is kept."""
    store = Store.open(directory)
    for number in range(first, 10**9):
        found = [
            replace(
                _FINDING, finding=replace(_FINDING.finding, subject=f"table{each}", measured=float(number))
            )
            for each in range(_FINDINGS)
        ]
        row = BaselineRow(integration="v", fingerprint="f", measure="m", numbers=(float(number),) * _NUMBERS)
        with store.writing() as connection:
            save_findings(connection, "office", found, float(number))
            save_baselines(connection, "office", [row], float(number))
            record(connection, "saved", str(number), float(number))
        said.send(number)


def kill_while_writing(directory: Path, first: int, after_seconds: float) -> int:
    """Starts a writer and kills it (SIGKILL) so long after its first save; the last number that it said was kept."""
    ours, theirs = _processes.Pipe(duplex=False)
    writer = _processes.Process(target=write_on, args=(directory, first, theirs))
    writer.start()
    theirs.close()
    last = int(ours.recv())
    writer.join(after_seconds)
    writer.kill()
    writer.join()
    with ours:
        try:
            while True:
                last = int(ours.recv())
        except EOFError:
            return last


def find_saved(directory: Path) -> int:
    """The number of the last save; asserts that the file is whole, and the number the same in all of it."""
    with closing(Store.open(directory)) as store:
        assert store.warning is None
        with store.reading() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            findings = load_findings(connection, "office")
            (baseline,) = load_baselines(connection, "office")
            saved = int(load_events(connection)[-1].detail)
    assert [each.finding.measured for each in findings] == [saved] * _FINDINGS
    assert list(baseline.numbers) == [saved] * _NUMBERS
    return saved
