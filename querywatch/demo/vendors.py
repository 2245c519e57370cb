"""Five vendors' software at work on the practice's database, each on an account of its own."""

from dataclasses import replace
from datetime import datetime, timedelta

from querywatch.demo.traffic import Actor, Desk

_SYNC_SECONDS = 5
_LOCATIONS = 5


def _poll_changed_patients(desk: Desk) -> None:
    """Whom to text: asks for the patients changed of late, once for each of the locations it knows.

    No index leads with patient.DateTStamp.
    """
    for location in range(_LOCATIONS):
        since = _now() - timedelta(minutes=15 + location)
        desk.connection.read(
            "SELECT PatNum,LName,FName,WirelessPhone,Email FROM patient WHERE DateTStamp > %s", since
        )


def _pull_everything(desk: Desk) -> None:
    """A dashboard's nightly export, run all day: two whole tables and a whole table's sums."""
    desk.connection.stream("SELECT * FROM document")
    desk.connection.stream("SELECT ProcNum FROM procedurelog")
    desk.connection.stream(
        "SELECT a.AptNum,IFNULL(x.f,0) FROM appointment a LEFT JOIN"
        " (SELECT AptNum,SUM(ProcFee) f FROM procedurelog GROUP BY AptNum) x ON x.AptNum=a.AptNum"
    )


def _sum_everything(desk: Desk) -> None:
    """A dashboard left open: one whole table's sums again and again, and whoever writes waits for each."""
    desk.connection.read(
        "SELECT COUNT(*) FROM appointment a LEFT JOIN"
        " (SELECT AptNum,SUM(ProcFee) f FROM procedurelog GROUP BY AptNum) x ON x.AptNum=a.AptNum"
        " WHERE IFNULL(x.f,0) > 500"
    )


def _look_one_up(desk: Desk) -> None:
    """Who might be calling: one patient at a time, around the clock."""
    desk.connection.read("SELECT LName,FName FROM patient WHERE PatNum=%s", desk.pick_key("patient"))


def _sync_carefully(desk: Desk) -> None:
    """What changed since the last look, the day's appointments, last month's claims: each by an index."""
    now = _now()
    day = now.date()
    desk.connection.read(
        "SELECT ProcNum,PatNum,ProcStatus,ProcFee FROM procedurelog"
        " WHERE DateTStamp >= %s AND DateTStamp < %s",
        now - timedelta(seconds=_SYNC_SECONDS),
        now,
    )
    desk.connection.read(
        "SELECT a.AptNum,a.AptDateTime,p.FName FROM appointment a JOIN patient p ON p.PatNum=a.PatNum"
        " WHERE a.AptDateTime >= %s AND a.AptDateTime < %s AND a.AptStatus=1",
        day,
        day + timedelta(days=1),
    )
    desk.connection.read(
        "SELECT SUM(InsPayAmt),SUM(WriteOff) FROM claimproc"
        " WHERE DateCP BETWEEN %s AND %s AND Status IN (1,4)",
        day - timedelta(days=30),
        day,
    )


def _correct_balances(desk: Desk) -> None:
    """What no reader may do: two rows changed by primary key, in milliseconds, past every trace."""
    amount = desk.dice.randint(1, 10**9) / 100
    desk.connection.write("UPDATE patient SET BalTotal=%s WHERE PatNum=%s", amount, desk.pick_key("patient"))
    desk.connection.write(
        "UPDATE paysplit SET SplitAmt=%s WHERE SplitNum=%s", amount, desk.pick_key("paysplit")
    )


def _now() -> datetime:
    """The office's clock: local, as its server's is."""
    return datetime.now().astimezone().replace(tzinfo=None, microsecond=0)


RECALL_TEXTER = Actor(
    name="recall-texter", account="recall_texter", agents=1, interval_seconds=1.0, turn=_poll_changed_patients
)
CHART_BI = Actor(name="chart-bi", account="chart_bi", agents=1, interval_seconds=6.0, turn=_pull_everything)
PHONE_POPUP = Actor(
    name="phone-popup", account="phone_popup", agents=1, interval_seconds=60 / 4_000, turn=_look_one_up
)
CAREFUL_SYNC = Actor(
    name="careful-sync",
    account="careful_sync",
    agents=1,
    interval_seconds=_SYNC_SECONDS,
    turn=_sync_carefully,
)
LEDGER_WRITER = Actor(
    name="ledger-writer", account="ledger_writer", agents=1, interval_seconds=2.0, turn=_correct_balances
)
VENDORS = (RECALL_TEXTER, CHART_BI, PHONE_POPUP, CAREFUL_SYNC, LEDGER_WRITER)
TRIAL_VENDORS = tuple(
    replace(vendor, interval_seconds=0.1, turn=_sum_everything) if vendor is CHART_BI else vendor
    for vendor in VENDORS
)
