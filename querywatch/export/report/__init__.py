"""The dossier on one integration, for the office and its vendor: one JSON document, and what renders it."""

from querywatch.export.report.compare import add_comparison, parse_report
from querywatch.export.report.gather import Document, Scope, load_report, seal
from querywatch.export.report.render import render_html, render_json, render_markdown
from querywatch.export.report.verify import find_checksum

__all__ = [
    "Document",
    "Scope",
    "add_comparison",
    "find_checksum",
    "load_report",
    "parse_report",
    "render_html",
    "render_json",
    "render_markdown",
    "seal",
]
