"""How much of its day's allowance an integration has used, and when that will be gone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from querywatch.attribution.amounts import AccountAmount
from querywatch.hours import WeeklyHours
from querywatch.model import Integration
from querywatch.units import format_ratio, format_seconds

_DAY_MINUTES = 24 * 60
_DAY_SECONDS = 86_400.0
_CLOSED_WEIGHT = 0.25  # at night nobody waits for the server, yet it is not free: backups run then
_LEARNING_MINUTES = 10.0  # before, a day's pace is not known

BurnKey = tuple[str, str]  # (integration, budget's setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """How a day's allowance is used. `gone_in_seconds` is None when it lasts for the day, 0 when it is used up."""

    used_ratio: float  # at least: what ran before querywatch was started today is not in it
    gone_in_seconds: float | None

    @property
    def words(self) -> str:
        """'72 % of the day's allowance used, all of it in 40 min'."""
        used = f"{format_ratio(float(f'{self.used_ratio:.2g}'))} of the day's allowance used"
        if not self.gone_in_seconds:
            return used
        return f"{used}, all of it in {format_seconds(max(60.0, self.gone_in_seconds // 60.0 * 60.0))}"


class BurnBook:
    """What each integration used of its configured budgets since midnight, or since the first look of the day."""

    def __init__(self, office_hours: WeeklyHours | None) -> None:
        self._office_hours = office_hours
        self._began_at: float | None = None  # minute of the week
        self._used: dict[BurnKey, float] = {}

    def observe(
        self,
        amounts: Iterable[AccountAmount],
        integrations: Iterable[Integration],
        minute_of_week: float | None,
    ) -> Mapping[BurnKey, Burn]:
        """Takes what ran since the last time; nothing is told while the office's clock is not known."""
        if minute_of_week is None:
            return {}
        if self._began_at is None or minute_of_week // _DAY_MINUTES != self._began_at // _DAY_MINUTES:
            self._began_at, self._used = minute_of_week, {}
        weight = self._weigh(minute_of_week)
        for amount in amounts:
            name = amount.attribution.integration.name
            self._add((name, "statements_per_minute"), weight * sum(amount.best_statements.values()))
            self._add((name, "busy_ratio"), weight * amount.seconds / 60.0)
        return {
            (each.name, budget): self._find_burn((each.name, budget), limit, minute_of_week)
            for each in integrations
            for budget, limit in (
                ("statements_per_minute", each.budgets.statements_per_minute),
                ("busy_ratio", each.budgets.busy_ratio),
            )
            if limit
        }

    def to_rows(self, now: float) -> Iterator[tuple[str, str, tuple[float, ...]]]:
        """(integration, budget, plain numbers) of what was used today: what is to outlive a restart."""
        if self._began_at is not None:
            for (integration, budget), used in self._used.items():
                yield integration, budget, (self._began_at, used, now)

    def load(self, rows: Iterable[tuple[str, str, tuple[float, ...]]], now: float) -> None:
        """Takes up what `to_rows` gave, where it is of the last day. Raises ValueError for anything else."""
        for integration, budget, (began_at, used, at) in rows:
            if 0.0 <= now - at < _DAY_SECONDS:
                self._began_at = began_at
                self._used[integration, budget] = used

    def _add(self, key: BurnKey, amount: float) -> None:
        self._used[key] = self._used.get(key, 0.0) + amount

    def _weigh(self, minute_of_week: float) -> float:
        open_now = self._office_hours is None or self._office_hours.contains(minute_of_week)
        return 1.0 if open_now else _CLOSED_WEIGHT

    def _find_burn(self, key: BurnKey, limit_per_minute: float, minute_of_week: float) -> Burn:
        day = int(minute_of_week // _DAY_MINUTES)
        used_ratio = self._used.get(key, 0.0) / (limit_per_minute * self._find_allowed_minutes(day))
        return Burn(used_ratio=used_ratio, gone_in_seconds=self._find_end(used_ratio, minute_of_week))

    def _find_end(self, used_ratio: float, minute_of_week: float) -> float | None:
        """Seconds until all is used at the day's pace so far."""
        if used_ratio >= 1.0:
            return 0.0
        watched_minutes = minute_of_week - (self._began_at or 0.0)
        if used_ratio <= 0.0 or watched_minutes < _LEARNING_MINUTES:
            return None
        minutes = (1.0 - used_ratio) * watched_minutes / used_ratio
        return minutes * 60.0 if minutes < _DAY_MINUTES - minute_of_week % _DAY_MINUTES else None

    def _find_allowed_minutes(self, day: int) -> float:
        """The minutes of the day that the office is open; the whole day, weighed, where it never is."""
        start, end = day * _DAY_MINUTES, (day + 1) * _DAY_MINUTES
        if self._office_hours is None:
            return float(_DAY_MINUTES)
        spans = self._office_hours.spans
        open_minutes = sum(max(0, min(close, end) - max(opens, start)) for opens, close in spans)
        return open_minutes or _DAY_MINUTES * _CLOSED_WEIGHT
