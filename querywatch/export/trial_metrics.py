"""The metrics of trials."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import Metric

from querywatch.snapshot import Snapshot

TRIAL_METRICS = {
    "trial_state": (
        "gauge",
        ("server", "integration", "state"),
        "How far the last trial has come: waiting, off, back, or its verdict.",
    ),
    "trial_effect_ratio": (
        "gauge",
        ("server", "integration"),
        "Time of the office's statements with it on over the same with it off, by its last trial.",
    ),
}


def render_trials(snapshots: Iterable[Snapshot], find_family: Callable[[str], Metric]) -> Iterator[Metric]:
    """Each integration's last trial."""
    states, ratios = find_family("trial_state"), find_family("trial_effect_ratio")
    for snapshot in snapshots:
        for trial in snapshot.trials:
            labels = {"server": snapshot.server, "integration": trial.integration}
            states.add_sample(states.name, labels | {"state": trial.state}, 1.0)
            if trial.effect_ratio is not None:
                ratios.add_sample(ratios.name, labels, trial.effect_ratio)
    yield from (states, ratios)
