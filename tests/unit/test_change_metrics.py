"""Changes noticed on a server become a counter that Prometheus can see rise."""

from querywatch.analysis.timeline import ChangeKind
from querywatch.export.change_metrics import render_changes
from querywatch.export.metrics import family
from querywatch.model import Schema, Table
from querywatch.service.chronicle import Chronicle
from querywatch.snapshot import Snapshot


def make_schema(*names: str) -> Schema:
    def make_table(name: str) -> Table:
        return Table(database="opendental", name=name, engine="MyISAM", rows=9, columns={}, indexes=())

    return Schema(tables={("opendental", name): make_table(name) for name in names})


def render(snapshot: Snapshot) -> dict[str, float]:
    return {sample.labels["kind"]: sample.value for sample in render_changes([snapshot], family).samples}


def test_every_kind_is_there_from_the_start() -> None:
    """At 0, or the first change would be no increase."""
    found = render(Snapshot(server="front", at=0.0, up=True, attempted=True))
    assert found == {str(kind): 0.0 for kind in ChangeKind}


def test_a_server_that_is_away_keeps_its_count() -> None:
    """Its restart is noticed when it is back: only beside the count from before is that an increase."""
    noticed = {ChangeKind.INDEX: 2}
    found = render(Snapshot(server="front", at=0.0, up=False, attempted=True, changes_noticed=noticed))
    assert found["index"] == 2.0
    assert render(Snapshot(server="front", at=0.0, up=False, attempted=False)) == {}


def test_what_is_noticed_is_counted_by_its_kind() -> None:
    """A new table counts once, and what was there when the watch began is no change."""
    chronicle = Chronicle()
    chronicle.note_schema(make_schema("patient"), 100.0)
    assert chronicle.changes_noticed == {}
    chronicle.note_schema(make_schema("patient", "vendor_cache"), 200.0)
    assert chronicle.changes_noticed == {ChangeKind.TABLE: 1}
