"""Every metric with its type, labels and meaning."""

from markdown import render_code, render_page, render_table

from querywatch.export.metrics import METRICS


def render() -> str:
    """The page."""
    rows = [
        (render_code(name), kind.type, ", ".join(render_code(label) for label in kind.labels), kind.help)
        for name, kind in sorted(METRICS.items())
    ]
    return render_page(
        "Metrics",
        "What `/metrics` serves. Counters begin at 0 with the daemon and never fall; a measured zero is 0, and what is "
        "not known is absent. A server that is away has `querywatch_up` 0 and nothing else. `querywatch_server_info` "
        "has the server's own `labels` of the configuration too.",
        render_table(("metric", "type", "labels", "says"), rows),
    )
