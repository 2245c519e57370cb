"""What the synthetic practice's columns hold: an SQL expression of the row's number for each.

All is made up: names combined from short lists, telephone numbers of the exchange kept for fiction,
addresses at example.com. A column that no expression names keeps its default, as most do in an office.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import gcd
from zlib import crc32

from querywatch.demo.schema import ColumnFact, TableFact
from querywatch.demo.words import CITIES, FIRST_NAMES, LAST_NAMES, NOTES, STREETS

# A prime below 2**32: a row's number times a 31-bit factor, reduced by it, looks random and never overflows.
_PRIME = 4_294_967_291
_HISTORY_DAYS = 3_650
_USERS = 30

Make = Callable[["Mixer"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all columns' values depend on; `now` is the server's own clock as text."""

    seed: int
    now: str
    rows: Mapping[str, int]  # table -> rows
    owners: Mapping[str, str]  # primary key's column -> its table


class Mixer:
    """Renders expressions for one column, each a fixed function of `n`, the row's number from 1."""

    def __init__(self, table: TableFact, column: ColumnFact, setting: Setting) -> None:
        self.setting = setting
        self.rows = setting.rows[table.name]
        self._salts = (crc32(f"{setting.seed}.{table.name}.{column.name}.{i}".encode()) for i in count())

    def below(self, limit: int) -> str:
        """A number from 0 to `limit` - 1."""
        salt = next(self._salts)
        factor = salt // 2 | 1
        while gcd(factor, _PRIME) != 1:
            factor += 2
        return f"((n * {factor} + {salt}) % {_PRIME} % {limit})"

    def key_of(self, table: str) -> str:
        """The primary key of some row of that table."""
        return f"1 + {self.below(self.setting.rows[table])}"

    def pick(self, words: Sequence[str]) -> str:
        """One of the words."""
        quoted = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
        return f"ELT(1 + {self.below(len(words))}, {quoted})"

    def sometimes(self, per_hundred: int, expression: str) -> str:
        """The expression in that many rows of a hundred, else ''."""
        return f"IF({self.below(100)} < {per_hundred}, {expression}, '')"

    def past(self, days_ahead: int = 0) -> str:
        """A moment that grows with the row's number, from years ago until now (or so many days ahead)."""
        seconds = (_HISTORY_DAYS + days_ahead) * 86_400
        return f"{self._first()} + INTERVAL n * {seconds} DIV {self.rows} SECOND"

    def appointment(self) -> str:
        """A quarter of an hour in opening hours, growing with the row's number until eight weeks from now."""
        days = f"n * {_HISTORY_DAYS + 56} DIV {self.rows}"
        day = f"CAST(CAST({self._first()} AS DATE) AS DATETIME)"
        return f"{day} + INTERVAL ({days}) * 86400 + 28800 + {self.below(36)} * 900 SECOND"

    def recently(self, days: int) -> str:
        """A moment in the last days, in no order."""
        return f"TIMESTAMP'{self.setting.now}' - INTERVAL {self.below(days * 86_400)} SECOND"

    def _first(self) -> str:
        return f"TIMESTAMP'{self.setting.now}' - INTERVAL {_HISTORY_DAYS} DAY"


def find_values(table: TableFact, setting: Setting) -> dict[str, str]:
    """Column -> expression, for each column that holds more than its default."""
    return {
        column.name: make(Mixer(table, column, setting))
        for column in table.columns
        if (make := _find_make(table, column, setting)) is not None
    }


def _find_make(table: TableFact, column: ColumnFact, setting: Setting) -> Make | None:
    if column.is_primary and column.base_type == "bigint":
        return lambda _: "n"
    for name in (f"{table.name}.{column.name}", column.name):
        if name in _NAMED:
            return _NAMED[name]
    if column.is_indexed and (owner := setting.owners.get(column.name)) is not None:
        return lambda mixer: mixer.key_of(owner)
    return _find_make_by_type(column)


def _find_make_by_type(column: ColumnFact) -> Make | None:
    if column.base_type == "timestamp" or (column.is_indexed and column.base_type in {"date", "datetime"}):
        return Mixer.past
    if column.base_type == "double" and _MONEY.search(column.name):
        return _make_money
    if column.is_indexed and column.base_type in {"tinyint", "smallint", "int"}:
        return lambda mixer: mixer.below(8)
    return None


def _make_money(mixer: Mixer) -> str:
    return f"{mixer.below(40_000)} / 100"


def _make_note(mixer: Mixer) -> str:
    return mixer.pick(NOTES)


def _make_rare_note(mixer: Mixer) -> str:
    return mixer.sometimes(15, mixer.pick(NOTES))


def _make_phone(mixer: Mixer) -> str:
    return f"CONCAT('(555)555-', LPAD({mixer.below(10_000)}, 4, '0'))"


def _make_user(mixer: Mixer) -> str:
    return f"1 + {mixer.below(_USERS)}"


def _make_status(mixer: Mixer) -> str:
    """Most are of the common kind 2, some 1, a few 6."""
    roll = mixer.below(10)
    return f"IF({roll} < 7, 2, IF({roll} < 9, 1, 6))"


def _make_picture(mixer: Mixer) -> str:
    """A few thousand characters in some rows: a thumbnail, a signature."""
    return mixer.sometimes(4, f"REPEAT('iVBORw0KGgo', 100 + {mixer.below(200)})")


_MONEY = re.compile(r"(Amt|Amount|Fee|Est|WriteOff|FeeBilled|DedApplied|Total|Balance|^Bal_?\w+)$")

_NAMED: dict[str, Make] = {
    "LName": lambda mixer: mixer.pick(LAST_NAMES),
    "FName": lambda mixer: mixer.pick(FIRST_NAMES),
    "MiddleI": lambda mixer: f"CHAR(65 + {mixer.below(26)})",
    "Address": lambda mixer: f"CONCAT({mixer.key_of('patient')}, ' ', {mixer.pick(STREETS)})",
    "City": lambda mixer: mixer.pick(CITIES),
    "State": lambda mixer: mixer.pick(("XA", "XB", "XC")),
    "Zip": lambda mixer: f"LPAD({mixer.below(300)}, 5, '0')",
    "HmPhone": _make_phone,
    "WkPhone": _make_phone,
    "WirelessPhone": _make_phone,
    "patient.Email": lambda _: "CONCAT('patient', n, '@example.com')",
    "patient.ChartNumber": lambda _: "CONCAT('', n)",
    "patient.ImageFolder": lambda mixer: f"CONCAT({mixer.pick(LAST_NAMES)}, n)",
    "patient.PatStatus": lambda mixer: f"IF({mixer.below(10)} < 8, 0, {mixer.below(5)})",
    "patient.Birthdate": lambda mixer: f"DATE'1940-01-01' + INTERVAL {mixer.below(29_000)} DAY",
    "patient.Guarantor": lambda _: "GREATEST(1, n - n % 3)",
    "patient.DateTStamp": lambda mixer: mixer.recently(1_100),
    "patient.DateFirstVisit": Mixer.past,
    "patient.PriProv": lambda mixer: mixer.key_of("provider"),
    "patient.SecProv": lambda mixer: mixer.key_of("provider"),
    "AddrNote": _make_rare_note,
    "FamFinUrgNote": _make_rare_note,
    "MedUrgNote": _make_rare_note,
    "ApptModNote": _make_rare_note,
    "SecUserNumEntry": _make_user,
    "UserNum": _make_user,
    "HistUserNum": _make_user,
    "appointment.AptDateTime": Mixer.appointment,
    "appointment.AptStatus": lambda mixer: (
        f"IF(n * {_HISTORY_DAYS + 56} DIV {mixer.rows} > {_HISTORY_DAYS}, 1, 2)"
    ),
    "histappointment.AptDateTime": Mixer.appointment,
    "Pattern": lambda mixer: mixer.pick(("//XXXX//", "/XX/", "//XXXXXXXX//")),
    "ProcDescript": lambda mixer: mixer.pick(("PerEx, Pro", "Ex, 4BW, Pro", "Crn-14", "Comp-3-MO", "RCT-19")),
    "ProvHyg": lambda mixer: mixer.key_of("provider"),
    "Op": lambda mixer: f"1 + {mixer.below(12)}",
    "procedurelog.ProcStatus": _make_status,
    "procedurelog.ToothNum": lambda mixer: f"1 + {mixer.below(32)}",
    "procedurelog.Surf": lambda mixer: mixer.pick(("", "MO", "DO", "MOD", "B")),
    "procedurelog.DateEntryC": Mixer.past,
    "procedurelog.ProcNumLab": lambda _: "0",
    "procedurelog.SecDateEntry": Mixer.past,
    "ProcDate": Mixer.past,
    "DatePay": Mixer.past,
    "PayDate": Mixer.past,
    "DateEntry": Mixer.past,
    "claimproc.Status": lambda mixer: mixer.pick(("0", "1", "1", "4", "6")),
    "commlog.DateTEntry": Mixer.past,
    "document.DateCreated": Mixer.past,
    "document.DocCategory": lambda mixer: mixer.key_of("definition"),
    "document.Description": lambda mixer: mixer.pick(
        ("Bitewings", "Consent form", "Insurance card", "Referral")
    ),
    "document.FileName": lambda mixer: f"CONCAT({mixer.pick(LAST_NAMES)}, n, '.jpg')",
    "document.Thumbnail": _make_picture,
    "document.ExternalGUID": lambda mixer: f"HEX({mixer.below(_PRIME)})",
    "procedurecode.ProcCode": lambda _: "CONCAT('D', LPAD(n, 4, '0'))",
    "procedurecode.Descript": lambda mixer: mixer.pick(
        ("exam", "prophylaxis", "composite", "crown", "sealant")
    ),
    "preference.PrefName": lambda _: "CONCAT('Preference', n)",
    "preference.PrefNum": lambda _: "n",
    "securitylog.LogText": lambda mixer: (
        f"CONCAT({mixer.pick(('Viewed', 'Edited', 'Printed', 'Moved'))}, ' item ', {mixer.key_of('patient')})"
    ),
    "securitylog.CompName": lambda mixer: f"CONCAT('WORKSTATION', 1 + {mixer.below(20)})",
    "sheetfield.FieldName": lambda mixer: mixer.pick(
        ("misc", "patient.nameFL", "dateTime.Today", "clinic.phone")
    ),
    "sheetfield.FieldValue": lambda mixer: mixer.sometimes(40, mixer.pick(NOTES)),
    "sheetfield.XPos": lambda mixer: mixer.below(800),
    "sheetfield.YPos": lambda mixer: mixer.below(1_000),
    "signalod.FKeyType": lambda mixer: mixer.pick(("Undefined", "Patient", "Operatory")),
    "signalod.SigDateTime": lambda mixer: mixer.recently(2),
    "Note": _make_note,
    "PayNote": _make_rare_note,
    "AdjNote": _make_rare_note,
}
