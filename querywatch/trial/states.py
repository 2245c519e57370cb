"""How far an integration's trial has come, for metrics and pages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """`state` is 'waiting', 'off' or 'back' while it runs, and its verdict after."""

    integration: str
    state: str
    effect_ratio: float | None = None  # times as long as with it off; None: not known
