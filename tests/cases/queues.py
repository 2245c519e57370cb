"""Reads who waits for whom, and whose connections pile up, as cases write it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from querywatch.analysis.situation import Block, Crowd, LockKind, RunningSession, Victim
from querywatch.model import Attribution, Evidence, Integration, Kind, Session
from querywatch.sql.reduce import reduce_text

_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True)
_OTHER = Integration(name="other-vendor", kind=Kind.DIRECT_READ, accounts=("other",))
_STATEMENTS = {
    "select": "SELECT LName FROM patient WHERE PatNum=7",
    "update": "UPDATE patient SET LName='x' WHERE PatNum=7",
    "insert": "INSERT INTO patient (LName) VALUES ('x')",
}


def parse_duration(text: str | float) -> float:
    """'30s', '5 min' or '250ms' in seconds; a bare number is seconds already."""
    match = re.fullmatch(r"([\d.]+)\s*([a-z]*)", str(text))
    if match is None:
        raise ValueError(f"not a duration: {text}")
    return float(match[1]) * _UNITS[match[2] or "s"]


def make_blocks(case: Mapping[str, Any], running: Sequence[RunningSession]) -> tuple[Block, ...]:
    """`waiting`: all who wait for the first of the case's sessions, each for as long."""
    if "waiting" not in case:
        return ()
    given = case["waiting"]
    seconds = parse_duration(given["for"])
    waiting = [
        _wait(_OFFICE, kind, seconds) for kind, count in given.get("office", {}).items() for _ in range(count)
    ]
    waiting += [_wait(_OTHER, "select", seconds) for _ in range(given.get("others", 0))]
    return (
        Block(
            blocker=running[0],
            victims=tuple(Victim(entry=entry, seconds=seconds) for entry in waiting),
            kind=LockKind(given.get("kind", "table lock")),
            table=given.get("table", ""),
            evidence=Evidence.SAMPLED if given.get("told") else Evidence.INFERRED,
        ),
    )


def _wait(integration: Integration, kind: str, seconds: float) -> RunningSession:
    session = Session(
        session_id=500,
        account=integration.accounts[0],
        host="10.0.0.20",
        database="opendental",
        command="Query",
        state="Waiting for table level lock",
        seconds=seconds,
        statement=reduce_text(_STATEMENTS[kind]),
    )
    attribution = Attribution(integration=integration, reason=f"account {integration.accounts[0]}")
    return RunningSession(session=session, attribution=attribution, outward_shape="")


def make_crowds(case: Mapping[str, Any], running: Sequence[RunningSession]) -> tuple[Crowd, ...]:
    """The case's sleeping connections, with `usual connections` where they are learnt."""
    asleep = [entry for entry in running if not entry.session.is_active]
    if not asleep:
        return ()
    return (
        Crowd(
            integration=asleep[0].attribution.integration,
            account=asleep[0].session.account,
            sleeping=len(asleep),
            usual=case.get("usual connections"),
        ),
    )
