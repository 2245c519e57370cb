"""How to turn one integration off and on again, step by step: for people to do, never for querywatch."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from querywatch.attribution.match import Matcher
from querywatch.db import switches
from querywatch.model import Integration, Kind, ServerInfo
from querywatch.snapshot import Connected

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", ""})


class Place(StrEnum):
    """Where a step is done."""

    VENDOR = "at the vendor's software"
    OPEN_DENTAL = "in Open Dental"
    SERVER = "on the database server, as its administrator"
    FIREWALL = "in the database machine's firewall"
    WATCHER = "where querywatch runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do. `commands` are statements or command lines, to be run as they stand."""

    place: Place
    what: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One account that an integration uses: from where, and who else does."""

    account: str
    hosts: tuple[str, ...] = ()  # where its sessions come from now
    shared_with: Mapping[str, str] | None = None  # integration -> how that is known; None: nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """The whole of it: what to know first, off, how to see that it is off, and on again."""

    integration: str
    notes: tuple[str, ...]
    off: tuple[Step, ...]
    verify: tuple[Step, ...]
    on: tuple[Step, ...]


def find_uses(
    integration: Integration, integrations: Sequence[Integration], connected: Sequence[Connected]
) -> tuple[Use, ...]:
    """The accounts that the configuration names for it, and those that its sessions of now have."""
    own = [entry for entry in connected if entry.attribution.integration.name == integration.name]
    names = dict.fromkeys((*integration.accounts, *(entry.account for entry in own)))
    return tuple(
        Use(
            account=name,
            hosts=tuple(sorted({entry.host for entry in own if entry.account == name})),
            shared_with=_find_sharers(name, integration, integrations, connected) or None,
        )
        for name in names
    )


def _find_sharers(
    account: str,
    integration: Integration,
    integrations: Sequence[Integration],
    connected: Sequence[Connected],
) -> dict[str, str]:
    sharers = {
        other.name: "the configuration names the account for it too"
        for other in integrations
        if other.name != integration.name and account in other.accounts
    }
    if (
        not integration.accounts
    ):  # known by host, program or marker alone: the account is whose it would else be
        rest = [other for other in integrations if other.name != integration.name]
        owner = Matcher(rest).match(account, "", None, None).integration
        if owner.kind is not Kind.UNKNOWN:
            sharers.setdefault(owner.name, "without this integration's entry the account would be its own")
    for entry in (entry for entry in connected if entry.account == account):
        found = entry.attribution
        if found.integration.name != integration.name:
            sharers[found.integration.name] = f"it is connected from {entry.host} now ({found.reason})"
        elif found.shared:
            sharers.setdefault("others", found.reason)
    return sharers


def make_switch(
    integration: Integration, uses: Sequence[Use], server: ServerInfo | None, *, port: int = 3306
) -> Switch:
    """The steps for this integration as it really is, in the words of this server's version.

    Without a server, the statements are those of a server that can lock accounts, and a note says so.
    """
    lockable = [] if _belongs_to_open_dental(integration) else [use for use in uses if not use.shared_with]
    shared = [use for use in uses if use not in lockable]
    hosts = sorted({host for use in shared for host in use.hosts} | set(_plain_hosts(integration.hosts)))
    away = (
        [] if _belongs_to_open_dental(integration) else [host for host in hosts if host not in _LOCAL_HOSTS]
    )
    return Switch(
        integration=integration.name,
        notes=tuple(_find_notes(integration, uses, server)),
        off=(
            *_find_own_steps(integration),
            *(step for use in lockable for step in _find_lock_steps(use.account, server)),
            *_find_firewall_steps(integration.name, away if shared or not uses else [], port, block=True),
        ),
        verify=tuple(_find_verify_steps(integration, lockable)),
        on=(
            *(step for use in lockable for step in _find_unlock_steps(use.account, server)),
            *_find_firewall_steps(integration.name, away if shared or not uses else [], port, block=False),
            *_find_way_back(integration),
        ),
    )


def _belongs_to_open_dental(integration: Integration) -> bool:
    """Whether its statements arrive on an account of Open Dental's by their nature."""
    return integration.kind in {Kind.API, Kind.PLUGIN, Kind.NATIVE}


def _plain_hosts(hosts: Iterable[str]) -> Iterator[str]:
    """Of configured hosts those that a firewall understands: addresses and networks, no globs."""
    for host in hosts:
        try:
            yield str(ipaddress.ip_network(host))
        except ValueError:
            continue


def _find_notes(integration: Integration, uses: Sequence[Use], server: ServerInfo | None) -> Iterator[str]:
    for use in uses:
        for name, reason in (use.shared_with or {}).items():
            yield (
                f"The account {use.account or '(anonymous)'} is shared with {name}: {reason}. Do not lock it and do "
                f"not change its password: {name} would stop too."
            )
    if integration.kind is Kind.API:
        yield (
            "Its statements come from Open Dental's own API service, on that service's account: locking that "
            "account would stop every integration that uses the API."
        )
    if not uses and not integration.hosts and not _belongs_to_open_dental(integration):
        yield (
            "Neither the configuration nor its sessions of now say which account it uses: run this again while it "
            "is at work, or name its accounts."
        )
    if server is None:
        yield (
            "The server was not asked which version it is: the statements are those of MariaDB 10.4 and MySQL 5.7 "
            "and later."
        )


_KIND_STEPS: Mapping[Kind, tuple[Place, str, str]] = {
    Kind.API: (
        Place.OPEN_DENTAL,
        "Open the setup of the API (Setup, Advanced Setup, API), note this vendor's API key, and disable it.",
        "In the same place, enable the vendor's API key again.",
    ),
    Kind.PROGRAM_LINK: (
        Place.OPEN_DENTAL,
        "Open Setup, Program Links, choose the program, note its settings, and clear Enabled.",
        "In the same place, set Enabled again.",
    ),
    Kind.PLUGIN: (
        Place.OPEN_DENTAL,
        "Open Setup, Program Links, choose the plugin, clear Enabled, and restart Open Dental on every workstation.",
        "In the same place, set Enabled again, and restart Open Dental on every workstation.",
    ),
    Kind.NATIVE: (
        Place.OPEN_DENTAL,
        "Turn the feature off where Open Dental sets it up; it is built in, and has no account of its own.",
        "Turn the feature on again in the same place.",
    ),
}
_STOP_SERVICE = (
    "Stop the vendor's service or agent, and set it to start by hand only: a reboot must not bring it back."
)
_START_SERVICE = "Start the vendor's service or agent again, and set it to start as before."


def _find_own_steps(integration: Integration) -> Iterator[Step]:
    """The configured steps; without any, what its kind has."""
    if integration.kind in _KIND_STEPS:
        place, off, _ = _KIND_STEPS[integration.kind]
        yield Step(place=place, what=off)
    if integration.off_steps:
        for text in integration.off_steps:
            yield Step(place=Place.VENDOR, what=text)
    elif integration.kind not in _KIND_STEPS:
        yield Step(place=Place.VENDOR, what=_STOP_SERVICE)


def _find_way_back(integration: Integration) -> Iterator[Step]:
    for text in reversed(integration.off_steps):
        yield Step(place=Place.VENDOR, what=f"Undo: {text}")
    if not integration.off_steps and integration.kind not in _KIND_STEPS:
        yield Step(place=Place.VENDOR, what=_START_SERVICE)
    if integration.kind in _KIND_STEPS:
        place, _, on = _KIND_STEPS[integration.kind]
        yield Step(place=place, what=on)


def _find_lock_steps(account: str, server: ServerInfo | None) -> Iterator[Step]:
    yield _ask_server(
        f"Find every host that the account {account} is made for; each is an account of its own.",
        switches.render_find(account, server),
    )
    if switches.can_lock(server):
        yield _ask_server(f"Lock each of them. {_PRINTS}", switches.render_lock(account, server, lock=True))
    else:
        yield _ask_server(
            "This version cannot lock an account. Keep what this prints: it brings the passwords back.",
            switches.render_keep_passwords(account, server),
        )
        yield _ask_server(
            f"Give each of them a password that nobody knows. {_PRINTS}",
            switches.render_scramble(account, server),
        )
    yield _ask_server(
        "End its sessions: a lock keeps new ones out, and lets those that are there go on."
        + (f" {_PRINTS}" if switches.prints_kills(server) else ""),
        switches.render_kill(account, server),
    )


def _find_unlock_steps(account: str, server: ServerInfo | None) -> Iterator[Step]:
    if switches.can_lock(server):
        yield _ask_server(
            f"Unlock each of them. {_PRINTS}", switches.render_lock(account, server, lock=False)
        )
    else:
        yield Step(place=Place.SERVER, what="Run the SET PASSWORD statements that were kept.")


_PRINTS = "This prints the statements; run what it prints."


def _ask_server(what: str, statement: str) -> Step:
    return Step(place=Place.SERVER, what=what, commands=(statement,))


def _find_firewall_steps(name: str, hosts: Sequence[str], port: int, *, block: bool) -> Iterator[Step]:
    if not hosts:
        return
    rule = f'name="querywatch {name} off"'
    if block:
        yield Step(
            place=Place.FIREWALL,
            what="Where its service cannot be stopped: keep its machine out, and no other program of that machine "
            "needs the database. In an administrator's command prompt on Windows:",
            commands=tuple(
                f"netsh advfirewall firewall add rule {rule} dir=in action=block protocol=TCP "
                f"localport={port} remoteip={host}"
                for host in hosts
            ),
        )
    else:
        yield Step(
            place=Place.FIREWALL,
            what="Let its machine in again, where it was kept out:",
            commands=(f"netsh advfirewall firewall delete rule {rule}",),
        )


def _find_verify_steps(integration: Integration, lockable: Sequence[Use]) -> Iterator[Step]:
    for use in lockable:
        yield _ask_server(
            f"See that nobody is connected as {use.account}: this must be 0, and still 0 a few minutes later. "
            "If it is not, an anonymous account may let it in (SELECT Host FROM mysql.user WHERE User = '').",
            switches.render_count(use.account),
        )
    yield Step(
        place=Place.WATCHER,
        what=f"Ask querywatch: {integration.name} must have no session and run nothing.",
        commands=("querywatch once --watch 60",),
    )
