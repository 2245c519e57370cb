"""The status page: every server's integrations, findings and running statements, without a script."""

import base64
import hashlib
import time
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from querywatch import __version__
from querywatch.export.api import describe_snapshot
from querywatch.export.sparks import draw_sparks
from querywatch.snapshot import Past, Snapshot
from querywatch.units import format_count, format_ratio, format_seconds

REFRESH_SECONDS = 30
_STYLE = resources.files("querywatch.export").joinpath("templates/page.css").read_text(encoding="utf-8")
# A policy allows an inline sheet by the digest of exactly what stands between its tags.
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
_PAGES = Environment(
    loader=PackageLoader("querywatch.export"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_PAGES.filters.update(count=format_count, duration=format_seconds, ratio=format_ratio)
_PAGE = _PAGES.get_template("page.html.j2")


def render_page(
    snapshots: Sequence[Snapshot],
    now: float,
    *,
    past: Mapping[str, Sequence[Past]] = MappingProxyType({}),
    refreshes: bool = True,
) -> bytes:
    """The whole page as of `now` (seconds since 1970); times are the machine's local ones; `past` is by server."""
    servers = [
        {
            "name": snapshot.server,
            "age_seconds": round(max(0.0, now - snapshot.at)),
            "sparks": draw_sparks(past.get(snapshot.server, ())),
            **describe_snapshot(snapshot),
        }
        for snapshot in snapshots
    ]
    return _PAGE.render(
        version=__version__,
        made_at=time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)),
        refresh_seconds=REFRESH_SECONDS if refreshes else None,
        style=_STYLE,
        servers=servers,
    ).encode()
