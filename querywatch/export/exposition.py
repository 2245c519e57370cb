"""Renders metric families in Prometheus' text format, version 0.0.4.

prometheus_client's own renderer checks every label's name of every sample anew: of a fleet's scrape that is most
of the time. https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Metric
from prometheus_client.utils import floatToGoString

_format_value: Callable[[float], str] = floatToGoString  # the library has no types for it
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render_families(families: Iterable[Metric]) -> bytes:
    """The families, each with what it says and its type; their names and labels are taken for valid."""
    with _collecting_later():
        return "".join(line for family in families for line in _render_family(family)).encode()


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Puts off the search for cyclic garbage: so many samples at once set it off again and again, and hold none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _render_family(family: Metric) -> Iterator[str]:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    said = family.documentation.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {name} {said}\n# TYPE {name} {family.type}\n"
    for sample in family.samples:
        labels = ",".join(f'{label}="{_escape(value)}"' for label, value in sample.labels.items())
        value = _format_value(sample.value)
        yield f"{sample.name}{{{labels}}} {value}\n" if labels else f"{sample.name} {value}\n"


def _escape(value: str) -> str:
    if "\\" in value or '"' in value or "\n" in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value
