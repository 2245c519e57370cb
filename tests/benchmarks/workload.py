"""The benchmark's workload: an office and six integrations, what each runs, how often and for how long."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from benchmarks.shapes import Gap, Shape, find_by_key, find_read, find_scan

from querywatch.demo.schema import DATABASE
from querywatch.model import Integration, Kind

CACHE_TABLE = "vendor_cache"
SYNC_TABLE = "sync_state"
_CACHE_ROWS = 500
OWN_TABLES = {
    name: f"CREATE TABLE {name} (Num BIGINT NOT NULL PRIMARY KEY, Payload VARCHAR(100) NOT NULL) ENGINE=MyISAM"
    for name in (CACHE_TABLE, SYNC_TABLE)
}
OWN_ROWS = dict.fromkeys(OWN_TABLES, _CACHE_ROWS)
PROGRAM = "ImagingBridge 4.2"
_SCAN_EVERY = 5  # of the short reads one in so many scans a table instead of sleeping


@dataclass(frozen=True, slots=True)
class Task:
    """One shape that a party runs; `seconds` is how long it is made to take, 0 where it takes what it takes."""

    shape: Shape
    per_second: float
    seconds: float = 0.0
    regular: bool = False  # on a fixed period, always as long; else at random moments
    refused: bool = False  # its account lacks the right


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The office or one integration, and how its software connects."""

    integration: Integration
    account: str
    grants: tuple[str, ...] = ()
    sessions: int
    tasks: tuple[Task, ...]
    program: str | None = None
    chooses_database: bool = True
    prepares: bool = False  # binary prepared statements
    lasting: bool = True  # else a connection for each statement

    @property
    def name(self) -> str:
        """Its integration's."""
        return self.integration.name

    @property
    def shares_account(self) -> bool:
        """Whether its account is the office's."""
        return self.account == "root"


Mix = tuple[tuple[int, float, float], ...]  # how many shapes, how often a second each, how many seconds each


class _Numbers:
    """Hands out shapes, none of them twice."""

    def __init__(self) -> None:
        self._reads, self._scans = count(), count()

    def mix(self, mix: Mix, *, qualified: bool = False) -> Iterator[Task]:
        """Reads as a mix orders them; one short one in five is a scan."""
        for shapes, per_second, seconds in mix:
            for number in range(shapes):
                if seconds < 0.01 and number % _SCAN_EVERY == 1:
                    yield Task(find_scan(next(self._scans), qualified=qualified), per_second)
                else:
                    yield Task(find_read(next(self._reads), qualified=qualified), per_second, seconds)


# What more than one runs, word for word: (table, columns), then who, how often a second, for how many seconds.
_SHARED: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, float, float], ...]], ...] = (
    ("patient", ("LName", "FName"), (("phone-popup", 200, 0.001), ("recall-texter", 1, 0.001),
                                     ("opendental", 4, 0.001), ("imaging-bridge", 2, 0.001))),
    ("document", ("FileName", "DocCategory"), (("phone-popup", 0.5, 0.05), ("imaging-bridge", 0.8, 0.05))),
    ("recall", ("DatePrevious",), (("phone-popup", 0.5, 0.08), ("recall-texter", 0.3, 0.08))),
    ("claimproc", ("InsPayAmt", "WriteOff"), (("chart-bi", 0.5, 0.1), ("phone-popup", 0.5, 0.05))),
    ("fee", ("Amount",), (("recall-texter", 0.4, 0.05), ("chart-bi", 0.8, 0.05))),
    ("claim", ("ClaimStatus", "PlanNum"), (("phone-popup", 0.1, 1.5), ("recall-texter", 0.1, 1.5))),
    ("statement", ("DateSent",), (("opendental", 0.4, 0.15), ("imaging-bridge", 0.4, 0.15))),
    ("payment", ("PayAmt", "PayDate"), (("opendental", 0.5, 0.05), ("vendor-cache", 0.5, 0.05))),
    ("insplan", ("GroupName",), (("opendental", 0.5, 0.05), ("phone-popup", 0.5, 0.05))),
    ("sheet", ("Description",), (("imaging-bridge", 0.3, 0.1), ("vendor-cache", 0.3, 0.1))),
    ("schedule", ("SchedDate",), (("opendental", 0.3, 0.1), ("recall-texter", 0.3, 0.1))),
)  # fmt: skip

_OFFICE_MIX: Mix = ((20, 0.5, 0.002), (8, 0.3, 0.03), (5, 0.2, 0.15), (3, 0.1, 2.5), (1, 0.1, 5.0))
_POPUP_MIX: Mix = ((1, 20, 0.001), (12, 1, 0.003), (6, 0.5, 0.03), (3, 0.3, 0.2), (2, 0.1, 1.5))
_RECALL_MIX: Mix = ((10, 0.3, 0.005), (5, 0.3, 0.08), (2, 0.2, 0.4), (1, 0.1, 2.5))
_CHART_MIX: Mix = ((16, 0.5, 0.005), (8, 0.4, 0.06), (4, 0.2, 0.5), (2, 0.1, 2.0))
_SYNC_MIX: Mix = ((14, 0.5, 0.004), (5, 0.3, 0.05), (2, 0.1, 2.0))
_IMAGING_MIX: Mix = ((12, 0.5, 0.004), (4, 0.3, 0.05), (2, 0.3, 0.4), (1, 0.1, 3.0))
_CACHE_MIX: Mix = ((10, 0.5, 0.004), (4, 0.3, 0.05), (2, 0.3, 0.4), (1, 0.1, 3.0))


def _insert(table: str, columns: str, *gaps: Gap) -> Shape:
    return Shape(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(gaps))})", gaps, "patient")


_OFFICE_OWN = (
    Task(Shape("SELECT * FROM signalod WHERE SigDateTime > %s ORDER BY SigDateTime", (Gap.RECENT,), "signalod"),
         20 / 7, regular=True),
    Task(Shape("SELECT * FROM appointment WHERE PatNum = %s", (Gap.KEY,), "patient"), 3),
    Task(Shape("SELECT * FROM procedurelog WHERE PatNum = %s ORDER BY ProcDate", (Gap.KEY,), "patient"), 3),
    Task(Shape("SELECT * FROM commlog WHERE PatNum = %s", (Gap.KEY,), "patient"), 2),
    Task(Shape("SELECT COUNT(*) FROM commlog WHERE CommType <> %s", (Gap.NUMBER,), "commlog"), 0.2),
    Task(_insert("signalod", "SigDateTime, FKey, FKeyType, IType", Gap.RECENT, Gap.KEY, Gap.TEXT, Gap.NUMBER), 0.4),
    Task(_insert("securitylog", "PermType, LogDateTime, LogText, PatNum", Gap.NUMBER, Gap.RECENT, Gap.TEXT, Gap.KEY),
         0.5),
    Task(_insert("commlog", "PatNum, CommDateTime, Note", Gap.KEY, Gap.RECENT, Gap.TEXT), 0.3),
    Task(_insert("procedurelog", "PatNum, ProcDate, ProcFee", Gap.KEY, Gap.RECENT, Gap.NUMBER), 0.3),
    Task(Shape("UPDATE appointment SET Confirmed = Confirmed + %s WHERE AptNum = %s", (Gap.NUMBER, Gap.KEY),
               "appointment"), 0.4),
)  # fmt: skip
_RECALL_WRITES = (
    Task(Shape("UPDATE commlog SET Note = %s WHERE CommlogNum = %s", (Gap.TEXT, Gap.KEY), "commlog"), 0.3),
    Task(Shape("DELETE FROM securitylog WHERE SecurityLogNum = %s", (Gap.KEY,), "securitylog"), 0.2, refused=True),
)  # fmt: skip
_CHART_WRITES = (
    Task(
        Shape("UPDATE appointment SET Note = %s WHERE AptNum = %s", (Gap.TEXT, Gap.KEY), "appointment"), 0.2
    ),
)
_SYNC_OWN = (
    Task(Shape(f"INSERT INTO {DATABASE}.securitylog (LogText, PatNum) VALUES (%s, %s)", (Gap.TEXT, Gap.KEY),
               "patient"), 0.3),
    Task(Shape(f"UPDATE {DATABASE}.appointment SET Note = %s WHERE AptNum = %s", (Gap.TEXT, Gap.KEY),
               "appointment"), 0.3),
    Task(Shape(f"DELETE FROM {DATABASE}.commlog WHERE CommlogNum = %s", (Gap.KEY,), "commlog"), 0.2),
    Task(Shape(f"REPLACE INTO {DATABASE}.{SYNC_TABLE} (Num, Payload) VALUES (%s, %s)", (Gap.KEY, Gap.TEXT),
               SYNC_TABLE), 0.4),
    Task(find_by_key("rxpat", "Drug", prefix=f"{DATABASE}."), 1, 0.3, regular=True),
    Task(find_by_key("labcase", "LabFee", prefix=f"{DATABASE}."), 0.5, 0.3, regular=True),
)  # fmt: skip
_CACHE_OWN = (
    Task(Shape(f"SELECT MAX(Payload), SLEEP(%s) FROM {CACHE_TABLE}", (Gap.SECONDS,), CACHE_TABLE), 0.2, 0.8),
    Task(Shape(f"SELECT Payload FROM {CACHE_TABLE} WHERE Num = %s", (Gap.KEY,), CACHE_TABLE), 1.5),
    Task(Shape(f"REPLACE INTO {CACHE_TABLE} (Num, Payload) VALUES (%s, %s)", (Gap.KEY, Gap.TEXT), CACHE_TABLE), 0.5),
    Task(Shape(f"UPDATE {CACHE_TABLE} SET Payload = %s WHERE Num = %s", (Gap.TEXT, Gap.KEY), CACHE_TABLE), 0.5),
)  # fmt: skip


def _find_shared(name: str) -> Iterator[Task]:
    for table, columns, users in _SHARED:
        for user, per_second, seconds in users:
            if user == name:
                yield Task(find_by_key(table, *columns), per_second, seconds)


def build_parties() -> tuple[Party, ...]:
    """The office first, then the six; the same in every process."""
    numbers = _Numbers()

    def order(name: str, mix: Mix, own: Iterable[Task] = (), *, qualified: bool = False) -> tuple[Task, ...]:
        return (*own, *_find_shared(name), *numbers.mix(mix, qualified=qualified))

    return (
        Party(
            integration=Integration(
                name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True
            ),
            account="root",
            sessions=20,
            tasks=order("opendental", _OFFICE_MIX, _OFFICE_OWN),
        ),
        Party(
            integration=Integration(name="recall-texter", kind=Kind.DIRECT_READ, accounts=("recall_texter",)),
            account="recall_texter",
            grants=(f"SELECT ON {DATABASE}.*", f"UPDATE ON {DATABASE}.commlog"),
            sessions=4,
            lasting=False,
            tasks=order("recall-texter", _RECALL_MIX, _RECALL_WRITES),
        ),
        Party(
            integration=Integration(name="phone-popup", kind=Kind.DIRECT_READ, accounts=("phone_popup",)),
            account="phone_popup",
            grants=(f"SELECT ON {DATABASE}.*",),
            sessions=8,
            tasks=order("phone-popup", _POPUP_MIX),
        ),
        Party(
            integration=Integration(name="chart-bi", kind=Kind.DIRECT_READ, accounts=("chart_bi",)),
            account="chart_bi",
            grants=(f"SELECT, UPDATE ON {DATABASE}.*",),
            sessions=4,
            prepares=True,
            tasks=order("chart-bi", _CHART_MIX, _CHART_WRITES),
        ),
        Party(
            integration=Integration(
                name="claims-sync", kind=Kind.API, accounts=("claims_sync",), writes_allowed=True
            ),
            account="claims_sync",
            grants=(f"ALL ON {DATABASE}.*",),
            sessions=4,
            chooses_database=False,
            tasks=order("claims-sync", _SYNC_MIX, _SYNC_OWN, qualified=True),
        ),
        Party(
            integration=Integration(
                name="imaging-bridge", kind=Kind.DIRECT_READ, accounts=("root",), programs=("ImagingBridge*",)
            ),
            account="root",
            sessions=4,
            program=PROGRAM,
            tasks=order("imaging-bridge", _IMAGING_MIX),
        ),
        Party(
            integration=Integration(
                name="vendor-cache", kind=Kind.DIRECT_READ, accounts=("root",), markers=(f"*{CACHE_TABLE}*",)
            ),
            account="root",
            sessions=5,
            tasks=order("vendor-cache", _CACHE_MIX, _CACHE_OWN),
        ),
    )
