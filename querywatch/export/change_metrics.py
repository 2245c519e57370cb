"""The metric of what changed on servers."""

from collections.abc import Callable, Iterable

from prometheus_client.core import Metric

from querywatch.analysis.timeline import ChangeKind
from querywatch.snapshot import Snapshot

CHANGE_METRICS = {
    "changes_total": (
        "counter",
        ("server", "kind"),
        "Changes noticed on the server: a restart, another version, a table, an index, a new account.",
    ),
}


def render_changes(snapshots: Iterable[Snapshot], find_family: Callable[[str], Metric]) -> Metric:
    """Every kind of change, 0 from the start; of a server that is away too, or its restart would not be seen."""
    changes = find_family("changes_total")
    for snapshot in snapshots:
        if not snapshot.attempted:
            continue
        for kind in ChangeKind:
            labels = {"server": snapshot.server, "kind": str(kind)}
            changes.add_sample(f"{changes.name}_total", labels, float(snapshot.changes_noticed.get(kind, 0)))
    return changes
