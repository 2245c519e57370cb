"""What /metrics says is what prometheus_client would say, word for word but for the order of labels."""

import gc
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from querywatch.export.exposition import render_families

_TEXT = st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from('\\"\n{}=,')))
_VALUES = st.one_of(st.floats(), st.integers(-(10**18), 10**18).map(float))


class Fixed:
    """A collector of these families."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def make_families(text: str, value: float) -> list[Metric]:
    gauge = GaugeMetricFamily("querywatch_up", "Whether it is up.", labels=("b", "a"))
    gauge.add_metric([text, "x"], value)
    counter = CounterMetricFamily("querywatch_query_seconds", "Time,\nof a \\ shape.", labels=("server",))
    counter.add_metric([text], abs(value) if not math.isnan(value) else 0.0)
    return [gauge, counter, GaugeMetricFamily("querywatch_bare", "Nothing named.", value=value)]


@given(_TEXT, _VALUES)
def test_it_says_what_the_library_says(text: str, value: float) -> None:
    """Whatever stands in a label, and whatever a number is."""
    families = make_families(text, value)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Fixed(families))
    ours, theirs = render_families(families).decode(), generate_latest(registry).decode()
    assert ours.count("\n") == theirs.count("\n")
    parsed = [list(text_string_to_metric_families(each)) for each in (ours, theirs)]
    names = [[(family.name, family.type, family.documentation) for family in each] for each in parsed]
    assert names[0] == names[1]
    samples = [
        [(sample.name, sample.labels, repr(sample.value)) for family in each for sample in family.samples]
        for each in parsed
    ]
    assert samples[0] == samples[1]


def test_a_scrape_that_fails_leaves_the_garbage_collected() -> None:
    """Put off while samples are made, and taken up again whatever happens."""

    def break_off() -> Iterator[Metric]:
        assert not gc.isenabled()
        raise RuntimeError("broken off")
        yield

    assert gc.isenabled()
    with pytest.raises(RuntimeError, match="broken off"):
        render_families(break_off())
    assert gc.isenabled()
