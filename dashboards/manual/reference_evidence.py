"""The ladder of evidence, as `check` climbs it."""

from markdown import render_code, render_page, render_table

from querywatch.service.ladder import STEPS


def render() -> str:
    """The page."""
    return render_page(
        "Evidence",
        "What a server can tell, from what every one has to what somebody must switch on. `querywatch check` says "
        "which steps a server offers, and for each that is missing what it costs and the exact statements or lines of "
        "`my.ini`. The step's name is the `source` of metrics and the subject of `coverage.blind`.",
        render_table(
            ("step", "where the server keeps it", "what it brings"),
            [(render_code(step.name), step.of, step.brings) for step in STEPS],
        ),
    )
