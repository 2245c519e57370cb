"""How far an integration's trial has come, for metrics and pages."""

from dataclasses import dataclass

_WORDS = {
    "waiting": "waiting for it to be turned off",
    "off": "turned off now",
    "back": "on again, being compared",
    "cause": "it is the cause",
}


def find_words(state: str) -> str:
    """A state in words; the other verdicts are words already."""
    return _WORDS.get(state, state)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """`state` is 'waiting', 'off' or 'back' while it runs, and its verdict after."""

    integration: str
    state: str
    effect_ratio: float | None = None  # times as long as with it off; None: not known

    @property
    def words(self) -> str:
        """The state in words."""
        return find_words(self.state)
