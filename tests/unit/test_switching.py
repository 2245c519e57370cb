"""The steps of `off` are safe: what Open Dental uses is never locked, and what cannot be known is said."""

from dataclasses import replace

import pytest

from querywatch.model import UNKNOWN, Attribution, Flavour, Integration, Kind, ServerInfo
from querywatch.snapshot import Connected
from querywatch.switching import Place, Switch, find_uses, make_switch

OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",))
TEXTER = Integration(name="texter", kind=Kind.DIRECT_READ, accounts=("texter",), hosts=("10.0.0.7",))
MARIADB = ServerInfo(name="main", flavour=Flavour.MARIADB, version=(10, 11, 6))
OLD = ServerInfo(name="main", flavour=Flavour.MYSQL, version=(5, 6, 51))


def connect(account: str, owner: Integration, *, host: str = "10.0.0.7", shared: bool = False) -> Connected:
    found = Attribution(integration=owner, reason="it polls as no workstation does", shared=shared)
    return Connected(account=account, host=host, program=None, attribution=found, sessions=1)


def switch(integration: Integration, *connected: Connected, server: ServerInfo | None = MARIADB) -> Switch:
    return make_switch(integration, find_uses(integration, (OFFICE, TEXTER), connected), server)


def find_commands(found: Switch) -> str:
    return "\n".join(command for step in (*found.off, *found.on) for command in step.commands)


def test_a_stranger_on_open_dentals_account_is_no_reason_to_lock_it() -> None:
    """Software on root from the server itself: stop its service; a firewall cannot tell it from the office."""
    found = switch(
        UNKNOWN,
        connect("root", UNKNOWN, host="localhost", shared=True),
        connect("root", OFFICE, host="10.0.0.11"),
    )
    assert any("shared with opendental" in note for note in found.notes)
    assert find_commands(found) == ""
    assert found.off[0].place is Place.VENDOR


def test_an_account_that_is_only_thought_to_be_shared_is_not_locked() -> None:
    """Nobody else is connected now, but the sessions were told apart on a shared account."""
    found = switch(UNKNOWN, connect("root", UNKNOWN, shared=True))
    assert "ACCOUNT LOCK" not in find_commands(found)
    assert "remoteip=10.0.0.7" in find_commands(found)


def test_an_integration_known_by_its_host_alone_shares_what_it_uses() -> None:
    """Its account would be Open Dental's without its entry."""
    agent = Integration(name="agent", kind=Kind.DIRECT_READ, hosts=("10.0.0.9",))
    found = make_switch(
        agent, find_uses(agent, (OFFICE, agent), [connect("root", agent, host="10.0.0.9")]), OLD
    )
    assert any("shared with opendental" in note for note in found.notes)
    assert "SET PASSWORD" not in find_commands(found)
    assert "remoteip=10.0.0.9" in find_commands(found)


@pytest.mark.parametrize("kind", [Kind.API, Kind.PLUGIN, Kind.NATIVE])
def test_what_comes_through_open_dental_is_turned_off_there(kind: Kind) -> None:
    """Its account is a service's of Open Dental, or a workstation's."""
    found = switch(replace(TEXTER, kind=kind))
    assert found.off[0].place is Place.OPEN_DENTAL
    assert find_commands(found) == ""
    if kind is Kind.API:
        assert "API key" in found.off[0].what


def test_a_host_is_never_invented() -> None:
    """Only the administrator can see for which hosts an account is made."""
    for server in (MARIADB, OLD, None):
        found = switch(TEXTER, server=server)
        assert "@'%'" not in find_commands(found)
        assert "SELECT User, Host FROM mysql.user" in find_commands(found)


def test_the_words_are_the_versions() -> None:
    """MySQL 5.6 cannot lock an account; a server that was not asked is taken for a later one, and that is said."""
    assert "ACCOUNT LOCK" in find_commands(switch(TEXTER))
    assert "ACCOUNT LOCK" not in find_commands(switch(TEXTER, server=OLD))
    assert "PASSWORD(" in find_commands(switch(TEXTER, server=OLD))
    assert any("was not asked" in note for note in switch(TEXTER, server=None).notes)


def test_an_integration_that_nothing_is_known_of_says_so() -> None:
    """Neither an account nor a session."""
    assert any("name its accounts" in note for note in switch(UNKNOWN).notes)


def test_the_way_back_undoes_in_reverse() -> None:
    """Last off, first on."""
    steps = ("Stop the service", "Clear the portal's switch")
    found = switch(replace(TEXTER, off_steps=steps))
    assert [step.what for step in found.on[-2:]] == [
        "Undo: Clear the portal's switch",
        "Undo: Stop the service",
    ]
