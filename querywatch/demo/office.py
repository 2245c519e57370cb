"""The office itself: twenty workstations that poll for signals, look patients up and chart."""

from datetime import datetime, timedelta

from querywatch.demo.traffic import Actor, Desk
from querywatch.demo.words import LAST_NAMES, NOTES

ACCOUNT = "opendental"
WORKSTATIONS = 20
_USER = 7  # the userod row that charts


def _poll_signals(desk: Desk) -> None:
    """What every workstation asks again and again: whether another one changed something."""
    since = _now() - timedelta(seconds=10)
    desk.connection.read("SELECT * FROM signalod WHERE SigDateTime > %s ORDER BY SigDateTime", since)


def _work(desk: Desk) -> None:
    """One of the things that people at a workstation do."""
    desk.dice.choice((_open_patient, _open_patient, _search_name, _show_day, _chart))(desk)


def _open_patient(desk: Desk) -> None:
    patient = desk.pick_key("patient")
    desk.connection.read("SELECT * FROM patient WHERE PatNum = %s", patient)
    desk.connection.read("SELECT * FROM procedurelog WHERE PatNum = %s ORDER BY ProcDate", patient)
    desk.connection.read("SELECT * FROM appointment WHERE PatNum = %s", patient)


def _search_name(desk: Desk) -> None:
    beginning = desk.dice.choice(LAST_NAMES)[:5] + "%"
    desk.connection.read(
        "SELECT PatNum, LName, FName, Birthdate FROM patient WHERE LName LIKE %s"
        " ORDER BY LName, FName LIMIT 40",
        beginning,
    )


def _show_day(desk: Desk) -> None:
    day = _now().date() + timedelta(days=desk.dice.randint(-2, 14))
    desk.connection.read(
        "SELECT * FROM appointment WHERE AptDateTime >= %s AND AptDateTime < %s ORDER BY AptDateTime",
        day,
        day + timedelta(days=1),
    )


def _chart(desk: Desk) -> None:
    """A treatment done: charted, noted, logged, and told to the other workstations."""
    now, patient = _now(), desk.pick_key("patient")
    appointment = desk.pick_key("appointment")
    desk.connection.write(
        "INSERT INTO procedurelog (PatNum, AptNum, ProcDate, ProcFee, ProcStatus, CodeNum, SecUserNumEntry)"
        " VALUES (%s, %s, %s, %s, 2, %s, %s)",
        *(
            patient,
            appointment,
            now.date(),
            desk.dice.randint(50, 400),
            desk.pick_key("procedurecode"),
            _USER,
        ),
    )
    desk.connection.write(
        "UPDATE appointment SET Confirmed = %s WHERE AptNum = %s", desk.dice.randint(1, 9), appointment
    )
    desk.connection.write(
        "INSERT INTO commlog (PatNum, CommDateTime, Note, UserNum) VALUES (%s, %s, %s, %s)",
        *(patient, now, desk.dice.choice(NOTES), _USER),
    )
    desk.connection.write(
        "INSERT INTO securitylog (PermType, UserNum, LogDateTime, LogText, PatNum)"
        " VALUES (9, %s, %s, %s, %s)",
        *(_USER, now, "Charted a treatment", patient),
    )
    desk.connection.write(
        "INSERT INTO signalod (SigDateTime, FKey, FKeyType, IType) VALUES (%s, %s, 'Patient', 2)",
        now,
        patient,
    )


def _rest(_: Desk) -> None:
    """A pooled connection that nobody needs at the moment."""


def _now() -> datetime:
    """The office's clock: local, as its server's is."""
    return datetime.now().astimezone().replace(tzinfo=None, microsecond=0)


OFFICE = (
    Actor(name=ACCOUNT, account=ACCOUNT, agents=WORKSTATIONS, interval_seconds=7.0, turn=_poll_signals),
    Actor(name=ACCOUNT, account=ACCOUNT, agents=WORKSTATIONS, interval_seconds=3.0, turn=_work),
    Actor(name=ACCOUNT, account=ACCOUNT, agents=WORKSTATIONS, interval_seconds=3600.0, turn=_rest),
)
