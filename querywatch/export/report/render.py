"""Renders a sealed report: JSON is the truth, HTML and Markdown show it."""

import json
import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from querywatch.export.report.gather import Document
from querywatch.export.report.plots import render_plot
from querywatch.export.report.sections import tell_writes
from querywatch.export.report.verify import stamp

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")


def render_json(report: Document) -> str:
    """The document for machines and for a later --compare."""
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def render_html(report: Document) -> str:
    """One page that needs nothing beside itself, on a screen and on paper."""
    loader = PackageLoader("querywatch.export.report")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page = pages.get_template("report.html.j2").render(
        report=report, plot=render_plot, days=_find_days(report), told_writes=tell_writes(report)
    )
    return stamp(f"{page}\n")


def render_markdown(report: Document) -> str:
    """The same as text; what others named is escaped."""
    loader = PackageLoader("querywatch.export.report")
    pages = Environment(  # noqa: S701 - Markdown: `finalize` escapes each value
        loader=loader, finalize=_escape, undefined=StrictUndefined, trim_blocks=True
    )
    pages.filters["sum_known"] = _sum_known
    page = pages.get_template("report.md.j2").render(report=report, days=_find_days(report))
    return stamp(f"{page}\n\n")


def _find_days(report: Document) -> dict[str, list[Document]]:
    """The series by the day (UTC) on which each span began."""
    days = dict[str, list[Document]]()
    for each in report["series"]:
        days.setdefault(each["started_at"][:10], []).append(each)
    return days


def _sum_known(spans: list[Document], key: str) -> str:
    """The day's amount; "unknown" where nothing of it was measured."""
    known = [each[key] for each in spans if each[key] is not None]
    return f"{sum(known):,.0f}" if known else "unknown"


def _escape(value: object) -> object:
    if isinstance(value, Markup):
        return value
    return "unknown" if value is None else _SPECIAL.sub(r"\\\1", str(value))
