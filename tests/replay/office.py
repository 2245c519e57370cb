"""A dental office as the counters see it: eight integrations, hundreds of shapes, a week's rhythm, seeded."""

import heapq
import math
from dataclasses import dataclass, field
from random import Random

from querywatch.analysis.regression import Runs, Subject

DAY = 86_400.0
HOUR = 3_600.0
START = 1_787_529_600.0  # a Monday, 00:00
VENDORS = (
    "recall-texter",
    "chart-bi",
    "phone-popup",
    "careful-sync",
    "imaging-bridge",
    "claims-hub",
    "reviews",
)
INTEGRATIONS = ("opendental", *VENDORS)
_OPEN_WEIGHTS = {
    7: 0.5,
    8: 0.9,
    9: 1.0,
    10: 1.0,
    11: 0.9,
    12: 0.35,
    13: 0.8,
    14: 1.0,
    15: 1.0,
    16: 0.8,
    17: 0.4,
}


@dataclass(slots=True, kw_only=True)
class Shape:
    """One shape's nature: how often it runs and when, what a run takes and reads."""

    subject: Subject
    pattern: str  # 'often' | 'people' | 'poll' | 'day poll' | 'batch' | 'month end'
    seconds: float  # a run, in the median
    sigma: float
    rows: float
    reads_whole: bool  # rows and time follow the table
    per_hour: float = 0.0  # at the busiest
    period: float = 0.0
    by_utc: bool = False
    hour: float = 0.0
    batch_runs: int = 0
    weekday: int | None = None  # None: every day
    # What is wrong with it, from a moment on.
    time_ratio: float = 1.0
    rows_ratio: float = 1.0
    rate_ratio: float = 1.0
    lock_ratio: float = 0.0
    affected: int = 0


@dataclass(slots=True)
class Office:
    """Time goes on with `step`; everything follows from the seed."""

    seed: int = 1
    shapes_wanted: int = 300
    random: Random = field(init=False)
    shapes: list[Shape] = field(init=False)
    tables: dict[str, float] = field(init=False)
    growth: dict[str, float] = field(init=False)
    load_ratio: float = 1.0  # what is wrong with the whole server
    dst_at: float = math.inf  # from then on the office's clock is an hour back
    cold_until: float = 0.0
    wander: float = 0.0
    episode: tuple[float, float] = (0.0, 1.0)  # until when, by how much
    quiet: set[tuple[str, int]] = field(default_factory=set)  # (vendor, day)
    events: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draws the office."""
        self.random = Random(self.seed)
        names = [f"table{number}" for number in range(40)]
        self.tables = {name: math.exp(self.random.uniform(6, 14)) for name in names}
        self.growth = {name: self.random.uniform(0.0, 0.003) for name in names}
        self.shapes = [self._draw_shape(number) for number in range(self.shapes_wanted)]
        self.quiet = {(vendor, self.random.randrange(90)) for vendor in VENDORS for _ in range(3)}
        for number, shape in enumerate(self.shapes):
            first = self._find_first(shape)
            if first is not None:
                heapq.heappush(self.events, (first, number))

    @property
    def often(self) -> int:
        """The first so many shapes hold the workstations' constant questions."""
        return self.shapes_wanted * 24 // 300

    def _draw_shape(self, number: int) -> Shape:
        draw = self.random
        integration = "opendental" if number % 2 else VENDORS[draw.randrange(len(VENDORS))]
        is_office = integration == "opendental"
        if is_office:
            pattern = (
                "often"
                if number < self.often
                else draw.choices(["people", "batch", "month end"], [90, 4, 6])[0]
            )
        else:
            kinds = ["people", "poll", "day poll", "batch", "month end"]
            pattern = draw.choices(kinds, [25, 35, 20, 16, 4])[0]
        table = draw.choice(list(self.tables))
        whole = draw.random() < 0.4
        seconds = math.exp(draw.uniform(math.log(0.0008), math.log(1.5)))
        return Shape(
            subject=Subject(integration, f"{number:016x}", (table,), not is_office),
            pattern=pattern,
            seconds=seconds,
            sigma=draw.uniform(0.12, 0.6),
            rows=self.tables[table] if whole else math.exp(draw.uniform(0, 8)),
            reads_whole=whole,
            per_hour=draw.uniform(300, 3000) if pattern == "often" else math.exp(draw.uniform(0, 4)),
            period=draw.choice([20.0, 30.0, 60.0, 60.0, 120.0, 300.0, 300.0, 600.0, 900.0, 3600.0]),
            by_utc=draw.random() < 0.3,
            hour=draw.uniform(0, 24) if draw.random() < 0.3 else draw.uniform(0, 6),
            batch_runs=draw.choice([1, 1, 3, 20, 200]),
            weekday=draw.choice([None, None, None, 5]),
        )

    def find_minute_of_week(self, now: float, *, by_utc: bool = False) -> float:
        """Since Monday 00:00 by the office's clock; the epoch's first Monday was its fifth day."""
        local = now - (HOUR if now >= self.dst_at and not by_utc else 0.0)
        return (local - START) % (7 * DAY) / 60.0

    def find_rhythm(self, minute: float) -> float:
        """How busy people are, from 0 to 1."""
        day, hour = divmod(int(minute // 60), 24)
        if day < 5:
            return _OPEN_WEIGHTS.get(hour, 0.01) * (1.15 if day == 0 else 1.0)
        return 0.35 if day == 5 and 8 <= hour < 12 else 0.005

    def is_month_end(self, now: float) -> bool:
        """The last two working days of a month of thirty days, and the first of the next."""
        return int((now - START) // DAY) % 30 in {28, 29, 0} and now > START + DAY

    def _find_first(self, shape: Shape) -> float | None:
        if shape.pattern == "often":
            return None
        if shape.pattern == "batch":
            return START + shape.hour * HOUR
        return START + self.random.uniform(0.0, shape.period or HOUR)

    def _find_next(self, shape: Shape, now: float) -> float:
        """When its next run, or its next try, is due."""
        draw = self.random
        if shape.pattern in {"poll", "day poll"}:
            return now + max(1.0, shape.period / shape.rate_ratio * draw.gauss(1.0, 0.03))
        if shape.pattern == "batch":
            return now
        return now + draw.expovariate(shape.per_hour * shape.rate_ratio * 1.15 / HOUR)

    def _is_on(self, shape: Shape, now: float) -> bool:
        """Whether a try becomes a run: thinned by the rhythm."""
        if (shape.subject.integration, int((now - START) // DAY)) in self.quiet:
            return False
        if shape.pattern == "poll":
            return True
        rhythm = self.find_rhythm(self.find_minute_of_week(now, by_utc=shape.by_utc))
        if shape.pattern == "day poll":
            return rhythm > 0.1
        if shape.pattern == "month end" and not self.is_month_end(now):
            return False
        return self.random.random() * 1.15 < rhythm

    def step(self, now: float, seconds: float) -> list[Runs]:
        """What ran in the seconds up to now."""
        self._wander(now, seconds)
        load = self.find_load(now)
        counts: dict[int, int] = {}
        events = self.events
        while events and events[0][0] <= now:
            at, number = heapq.heappop(events)
            shape = self.shapes[number]
            if shape.pattern == "batch":
                self._run_batch(number, shape, at, counts)
                continue
            if self._is_on(shape, at):
                counts[number] = counts.get(number, 0) + 1
            heapq.heappush(events, (self._find_next(shape, at), number))
        rhythm = self.find_rhythm(self.find_minute_of_week(now))
        for number, shape in enumerate(self.shapes[: self.often]):
            if shape.pattern == "often":
                mean = shape.per_hour * shape.rate_ratio * max(rhythm, 0.05) * seconds / HOUR
                if count := draw_poisson(self.random, mean):
                    counts[number] = count
        return [self._run(self.shapes[number], count, load, now) for number, count in counts.items()]

    def _run_batch(self, number: int, shape: Shape, at: float, counts: dict[int, int]) -> None:
        """A batch runs a few at a time; `weekday` None is every day."""
        day = (at - START) // DAY
        left = int(shape.batch_runs * shape.rate_ratio)
        if shape.weekday in {None, int(day % 7)} and (shape.subject.integration, int(day)) not in self.quiet:
            counts[number] = counts.get(number, 0) + max(1, left)
        shift = self.random.gauss(0.0, 300.0)
        heapq.heappush(self.events, (START + (day + 1) * DAY + max(0.0, shape.hour * HOUR + shift), number))

    def _wander(self, now: float, seconds: float) -> None:
        """The server's load goes up and down by itself, now and then for minutes."""
        fading = math.exp(-seconds / 600.0)
        self.wander = fading * self.wander + 0.07 * math.sqrt(1 - fading * fading) * self.random.gauss(0, 1)
        if self.random.random() < seconds / (1.5 * DAY):
            self.episode = (now + self.random.uniform(120, 1200), self.random.uniform(1.15, 1.5))

    def find_load(self, now: float) -> float:
        """How many times as long everything takes."""
        load = 1.0 + 0.15 * self.find_rhythm(self.find_minute_of_week(now))
        load *= 1.12 if self.is_month_end(now) else 1.0
        load *= math.exp(self.wander)
        load *= self.episode[1] if now < self.episode[0] else 1.0
        load *= 1.0 + 2.0 * max(0.0, (self.cold_until - now) / 600.0)
        return load * self.load_ratio

    def _run(self, shape: Shape, count: int, load: float, now: float) -> Runs:
        draw = self.random
        rows = shape.rows
        median = shape.seconds
        if shape.reads_whole:
            grown = (1.0 + self.growth[shape.subject.tables[0]]) ** ((now - START) / DAY)
            table = self.tables[shape.subject.tables[0]] * grown
            median *= table / shape.rows
            rows = table
        rows *= shape.rows_ratio
        median *= load * shape.time_ratio
        if count <= 4:
            seconds = sum(median * self._draw_noise(shape.sigma) for _ in range(count))
        else:
            mean = median * math.exp(shape.sigma**2 / 2) * 1.05
            seconds = count * mean * math.exp(draw.gauss(0.0, (shape.sigma + 0.3) / math.sqrt(count)))
        locked = 0.000005 * count
        if draw.random() < 0.003:
            locked += draw.expovariate(10.0)
        if shape.lock_ratio:
            locked += count * shape.seconds * shape.lock_ratio * math.exp(draw.gauss(0.0, 0.4))
        shape.affected += count
        read = rows * count * (1.0 if shape.reads_whole else math.exp(draw.gauss(0, 0.4 / math.sqrt(count))))
        return Runs(shape.subject, float(count), seconds + locked, read, locked)

    def _draw_noise(self, sigma: float) -> float:
        noise = math.exp(self.random.gauss(0.0, sigma))
        return noise * self.random.uniform(3.0, 15.0) if self.random.random() < 0.01 else noise

    def find_table_rows(self, now: float) -> dict[str, int]:
        """The tables' sizes, of which half are estimates."""
        days = (now - START) / DAY
        return {
            name: int(
                rows
                * (1.0 + self.growth[name]) ** days
                * (self.random.uniform(0.9, 1.1) if number % 2 else 1.0)
            )
            for number, (name, rows) in enumerate(self.tables.items())
        }


def draw_poisson(draw: Random, mean: float) -> int:
    """A count of chance events."""
    if mean > 20.0:
        return max(0, round(draw.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, draw.random()
    while product > limit:
        count += 1
        product *= draw.random()
    return count
