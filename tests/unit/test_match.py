"""Whose a session is, and what is said when that cannot be told."""

import pytest

from querywatch.attribution.match import Matcher, matches_host
from querywatch.model import UNKNOWN, Integration, Kind

OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True)
VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ, accounts=("vendor",))
AGENT = Integration(name="agent", kind=Kind.DIRECT_READ, accounts=("root",), hosts=("10.0.0.5",))
PROGRAM = Integration(name="program", kind=Kind.DIRECT_READ, accounts=("root",), programs=("Recall*",))


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        ("192.168.1.0/24", "192.168.1.77", True),
        ("192.168.1.0/24", "192.168.2.77", False),
        ("192.168.1.0/24", "workstation", False),
        ("fd00::/8", "fd00::1", True),
        ("10.0.0.5", "::ffff:10.0.0.5", True),
        ("localhost", "127.0.0.1", True),
        ("127.0.0.1", "localhost", True),
        ("AGENT-*", "agent-07", True),
        ("agent-*", "other", False),
        ("*", "anything", True),
    ],
)
def test_hosts_match_as_networks_addresses_and_globs(pattern: str, host: str, fits: bool) -> None:
    assert matches_host(pattern, host) is fits


def test_the_reason_is_kept() -> None:
    found = Matcher([AGENT, OFFICE]).match("root", "10.0.0.5", None)
    assert (found.integration.name, found.reason) == ("agent", "account root and host 10.0.0.5")


def test_the_more_specific_integration_wins_whatever_the_order() -> None:
    for order in ([OFFICE, AGENT], [AGENT, OFFICE]):
        matcher = Matcher(order)
        assert matcher.match("root", "10.0.0.5", None).integration is AGENT
        assert matcher.match("root", "10.0.0.6", None).integration is OFFICE


def test_program_names_fold_case() -> None:
    matcher = Matcher([OFFICE, PROGRAM])
    assert matcher.match("root", "h", "recallagent").integration is PROGRAM
    assert matcher.match("root", "h", "OpenDental").integration is OFFICE
    assert matcher.match("root", "h", None).integration is OFFICE


def test_open_dental_without_criteria_has_what_the_others_leave() -> None:
    """Then nothing is unknown."""
    rest = Integration(name="opendental", kind=Kind.OPENDENTAL, writes_allowed=True)
    matcher = Matcher([rest, VENDOR])
    assert matcher.match("vendor", "h", None).integration is VENDOR
    assert matcher.match("root", "h", None).integration is rest
    for host in ("h", None):
        found = matcher.match_account("root", host)
        assert found is not None
        assert found.integration is rest


def test_accounts_are_told_apart_by_case() -> None:
    """The servers' account names are."""
    assert Matcher([VENDOR]).match("Vendor", "h", None).integration is UNKNOWN


def test_without_integrations_everything_is_unknown_and_named() -> None:
    found = Matcher([]).match("vendor", "10.0.0.5", None)
    assert found.integration is UNKNOWN
    assert found.reason == "no integration claims vendor from 10.0.0.5"
    assert "the anonymous account" in Matcher([]).match("", "h", None).reason


def test_an_account_of_one_integration_is_its_whole() -> None:
    found = Matcher([OFFICE, VENDOR]).match_account("vendor", None)
    assert found is not None
    assert found.integration is VENDOR


def test_an_account_that_hosts_divide_is_nobodys_without_the_host() -> None:
    """USER_STATISTICS counts an account over all its hosts: to lay that to either would be a guess."""
    matcher = Matcher([OFFICE, AGENT])
    assert matcher.match_account("root", None) is None
    with_host = matcher.match_account("root", "10.0.0.5")
    assert with_host is not None
    assert with_host.integration is AGENT


def test_an_account_that_programs_divide_is_nobodys() -> None:
    assert Matcher([OFFICE, PROGRAM]).match_account("root", "h") is None


def test_an_unclaimed_account_is_unknown_unless_a_host_alone_might_claim_it() -> None:
    found = Matcher([VENDOR]).match_account("stranger", None)
    assert found is not None
    assert found.integration is UNKNOWN
    by_host = Integration(name="box", kind=Kind.DIRECT_READ, hosts=("10.0.0.9",))
    assert Matcher([by_host]).match_account("stranger", None) is None


def test_an_account_split_by_host_is_open_dentals_where_no_host_is_known() -> None:
    """MariaDB's USER_STATISTICS names no host: what the office does must not be laid to nobody."""
    stations = Integration(
        name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), hosts=("10.0.0.0/24",)
    )
    matcher = Matcher([AGENT, stations])
    assert matcher.match_account("root", None) is None
    assert matcher.match_base("root").integration is stations
    assert matcher.match_base("stranger").integration is UNKNOWN


def test_a_strangers_session_on_somebodys_account_shares_it() -> None:
    """By another host the account is the office's: nobody is to be told to close it."""
    office = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), hosts=("10.0.0.0/24",))
    found = Matcher([office]).match("root", "192.0.2.9", None)
    assert (found.integration, found.shared) == (UNKNOWN, True)
    assert not Matcher([office]).match("guest", "192.0.2.9", None).shared
