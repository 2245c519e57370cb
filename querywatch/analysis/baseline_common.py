"""By how much everything is slower at the moment: the office's own statements, beside what is usual for each."""

import math
from statistics import median

from querywatch.analysis.baseline import Drift, Level

_RECENT_SECONDS = 120.0
_NIGHT_SECONDS = 600.0  # where too little ran in two minutes
_LEAST_SHAPES = 5  # of the office; of everybody where the office runs too few
_LEAST_ALL = 8
_LEAST_EVIDENCE = 200.0  # so that twenty minutes of half as long again are none
_TRUST = 0.5
_ALLOWANCE = math.log(1.3)
_LEAST_SPREAD = 0.1
_CLIP = 10.0
_BACK_CLIP = 3.0
_BACK_EVIDENCE = 30.0
_CAME_AND_WENT_SECONDS = 3 * 3600.0
_EVERY_SECONDS = 10.0
_MEMORY = 20_000.0
_ACCEPTED_SECONDS = 14 * 86_400.0


class Common:
    """The median of what the shapes that ran lately differ from their usual, and whether it has risen."""

    def __init__(self) -> None:
        self._recent: dict[
            tuple[str, str], tuple[float, float, bool]
        ] = {}  # key -> (at, residual, the office's)
        self._level = Level()
        self._drift = Drift()
        self._back = Drift()
        self._judged_at = 0.0
        self.factor_log = 0.0  # now; 0 where too few shapes ran to say
        self.risen_since: float | None = None
        self.risen_log = 0.0

    def note(self, key: tuple[str, str], residual: float, at: float, *, is_third_party: bool) -> None:
        """One shape's runs took that much longer than usual."""
        self._recent[key] = (at, residual, not is_third_party)

    def judge(self, now: float, slot: int) -> None:
        """Weighs the last two minutes."""
        if now - self._judged_at < _EVERY_SECONDS:
            return
        self._judged_at = now
        self._recent = {key: each for key, each in self._recent.items() if each[0] >= now - _NIGHT_SECONDS}
        found = self._find_factor(now - _RECENT_SECONDS)
        if found is None:
            found = self._find_factor(now - _NIGHT_SECONDS)
        self.factor_log = 0.0 if found is None else found
        if found is not None:
            self._weigh(found, slot, now)

    def _find_factor(self, since: float) -> float | None:
        recent = [each for each in self._recent.values() if each[0] >= since]
        office = [residual for _, residual, is_office in recent if is_office]
        if len(office) >= _LEAST_SHAPES:
            return median(office)
        if len(recent) >= _LEAST_ALL:
            return median(residual for _, residual, _ in recent)
        return None

    def _weigh(self, factor_log: float, slot: int, now: float) -> None:
        residual = factor_log - self._level.find_expected(slot)
        spread = max(self._level.spread, _LEAST_SPREAD)
        if self.risen_since is not None:
            self.risen_log += 0.1 * (residual - self.risen_log)
            self._weigh_return(residual, spread, now)
            return
        self._drift.add(min(max((residual - _ALLOWANCE) / spread, -_CLIP), _CLIP), now)
        share = self._drift.find_share(_LEAST_EVIDENCE, _TRUST)
        if share >= 1.0:
            self.risen_since, self.risen_log = self._drift.started_at, residual
            self._back = Drift()
        elif share < 0.5:
            self._level.learn_spread(residual)
            self._level.learn(factor_log, _MEMORY)

    def _weigh_return(self, residual: float, spread: float, now: float) -> None:
        evidence = (max(self.risen_log, _ALLOWANCE) / 2.0 - residual) / spread
        self._back.add(min(max(evidence, -_BACK_CLIP), _BACK_CLIP), now)
        if self._back.level >= _BACK_EVIDENCE:
            teaches = now - self.risen_since < _CAME_AND_WENT_SECONDS if self.risen_since else False
            self.risen_since = None
            self._drift.clear(teaches=teaches)

    @property
    def has_risen(self) -> bool:
        """Whether everything is slower, so that nothing should be learnt."""
        return self.risen_since is not None

    def accept(self) -> None:
        """The new level is the normal one."""
        if self.risen_since is not None:
            self._level.move(self.risen_log)
            self.risen_since = None
            self._drift.clear()

    def close_hour(self, slot: int, now: float) -> None:
        """An hour of the week is over; what has been so for two weeks is normal."""
        if self.risen_since is not None and now - self.risen_since >= _ACCEPTED_SECONDS:
            self.accept()
        self._level.close_hour(slot)
        self._drift.fade()
