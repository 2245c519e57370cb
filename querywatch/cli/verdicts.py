"""What `review` says of a statement: an object for machines, a paragraph for people."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from querywatch.cli.output import SEVERITY_STYLES
from querywatch.model import Finding, Severity
from querywatch.review import OK, Judged
from querywatch.sql.clean import render_outward, shorten
from querywatch.sql.rewrite import parse_words
from querywatch.units import format_count, format_seconds

_INDENT = (0, 0, 0, 9)
_STYLES = {**SEVERITY_STYLES, OK: "green"}


def describe_verdict(index: int, judged: Judged, known: frozenset[str], *, file: str = "") -> dict[str, Any]:
    """One statement as an object; `file` is there where several are read."""
    statement = judged.asked.statement
    return {
        "index": index,
        **({"file": file} if file else {}),
        "fingerprint": statement.fingerprint,
        "shape": render_outward(statement.shape, known),
        "parsed": judged.reading.parsed,
        "kind": str(statement.operation),
        "verdict": judged.verdict,
        "findings": [_describe_finding(finding) for finding in judged.findings],
        "tables": _describe_tables(judged, known),
    }


def _describe_finding(finding: Finding) -> dict[str, Any]:
    described: dict[str, Any] = {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "table": finding.table or None,
        "columns": list(finding.columns),
        "message": finding.message,
        "advice": finding.advice,
        "evidence": str(finding.evidence),
    }
    return described | ({"rewrite": finding.rewrite} if finding.rewrite else {})


def _describe_tables(judged: Judged, known: frozenset[str]) -> list[dict[str, Any]]:
    """Names and aliases as the shape shows them: those that the schema does not have may hold anything."""
    shown = _find_shown(judged.asked.statement.shape, known)
    return [
        {
            "name": access.name if access.name in known else shown.get(access.name),
            "alias": shown.get(access.alias),
            "access": str(access.access),
            "index": access.index,
            "rows": access.rows,
        }
        for access in judged.reading.tables
    ]


def _find_shown(shape: str, known: frozenset[str]) -> dict[str, str]:
    """Each word of the shape, without backticks, as it may be shown."""
    words, shown = parse_words(shape), parse_words(render_outward(shape, known))
    if len(words) != len(shown):
        return {}
    return {word.strip("`"): other for word, other in zip(words, shown, strict=True)}


def render_verdict(index: int, judged: Judged, known: frozenset[str], *, file: str = "") -> RenderableType:
    """The verdict and the shape in a line, then each finding with what to do."""
    statement = judged.asked.statement
    place = f"{file} {index + 1}" if file else str(index + 1)
    line = Text.assemble(
        (f"{judged.verdict:<8}", _STYLES[judged.verdict]),
        f" {place}  {statement.fingerprint}  every {format_seconds(judged.asked.every_seconds)}",
    )
    parts: list[RenderableType] = [
        line,
        Padding(Text(shorten(render_outward(statement.shape, known)), style="dim"), _INDENT),
    ]
    parts += [Padding(_render_tables(judged, known), _INDENT)] if judged.findings else []
    for finding in judged.findings:
        parts += _render_finding(finding)
    return Group(*parts)


def _render_tables(judged: Judged, known: frozenset[str]) -> Text:
    said = []
    for table in _describe_tables(judged, known):
        rows = "" if table["rows"] is None else f", {format_count(table['rows'])} rows"
        index = f" by {table['index']}" if table["index"] else ""
        said.append(
            f"{table['name'] or 'a table that the schema does not have'}: {table['access']}{index}{rows}"
        )
    return Text("; ".join(said))


def _render_finding(finding: Finding) -> list[RenderableType]:
    head = Text.assemble((str(finding.severity), _STYLES[str(finding.severity)]), f" {finding.rule}: ")
    return [
        Padding(head.append(finding.message), _INDENT),
        Padding(Text(f"To do: {finding.advice}"), _INDENT),
    ]


def render_summary(verdicts: Sequence[Judged]) -> Text:
    """How many statements got which verdict."""
    counts = Counter(each.verdict for each in verdicts)
    order = [*(str(severity) for severity in reversed(Severity)), OK]
    said = ", ".join(f"{format_count(counts[verdict])} {verdict}" for verdict in order if counts[verdict])
    return Text(f"{format_count(len(verdicts))} statements: {said or 'none'}")
