"""Says whose a session or an account is, from the configured integrations, with the reason."""

import ipaddress
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from querywatch.model import UNKNOWN, Attribution, Integration, Kind

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Matcher:
    """Matches what a session shows against the integrations.

    An integration that names accounts, hosts and programs must be met in each of them; of several that are
    met, the one that asked for more wins, then the one that stands first in the configuration. Open Dental's
    own entry may name none of them: then it has everything that the others leave.
    """

    def __init__(self, integrations: Sequence[Integration]) -> None:
        self._integrations = tuple(integrations)
        rest = (each for each in integrations if not (each.accounts or each.hosts or each.programs))
        self._rest = next((each for each in rest if each.kind is Kind.OPENDENTAL), UNKNOWN)

    @property
    def integrations(self) -> tuple[Integration, ...]:
        """As configured, without `unknown`."""
        return self._integrations

    def match(self, account: str, host: str, program: str | None) -> Attribution:
        """Whose a session of this account, host and program name is; `unknown` when nobody claims it."""
        best, best_reasons = UNKNOWN, list[str]()
        for integration in self._integrations:
            reasons = _find_reasons(integration, account, host, program)
            if reasons is not None and len(reasons) > len(best_reasons):
                best, best_reasons = integration, reasons
        if best is UNKNOWN:
            reason = f"no integration claims {describe_account(account, host)}"
            return Attribution(integration=self._rest, reason=reason)
        return Attribution(integration=best, reason=" and ".join(best_reasons))

    def match_account(self, account: str, host: str | None) -> Attribution | None:
        """Whose everything is that an account does, from this host or (None) from all of them.

        None when the account's work belongs to more than one, or may: a program name or a host that is not
        known here would decide.
        """
        if host is None and any(_names_account(each, account) and each.hosts for each in self._integrations):
            return None
        if any(_names_account(each, account) and each.programs for each in self._integrations):
            return None
        return self.match(account, host or "", None)


def describe_account(account: str, host: str | None) -> str:
    """An account as people name it: 'root from 10.0.0.5'; the anonymous one by that word."""
    name = account or "the anonymous account"
    return f"{name} from {host}" if host else name


def _names_account(integration: Integration, account: str) -> bool:
    return not integration.accounts or account in integration.accounts


def _find_reasons(integration: Integration, account: str, host: str, program: str | None) -> list[str] | None:
    """Why it is this integration's, a reason for each thing it asks for; None when it is not."""
    reasons = []
    if integration.accounts:
        if account not in integration.accounts:
            return None
        reasons.append(f"account {account or 'anonymous'}")
    if integration.hosts:
        if not any(matches_host(pattern, host) for pattern in integration.hosts):
            return None
        reasons.append(f"host {host}")
    if integration.programs:
        if program is None or not any(
            fnmatchcase(program.casefold(), p.casefold()) for p in integration.programs
        ):
            return None
        reasons.append("program name")
    return reasons or None


@lru_cache(maxsize=4096)
def matches_host(pattern: str, host: str) -> bool:
    """Whether a host as the server names it fits a CIDR network, an address or a glob; names fold case."""
    address = parse_address(host)
    if "/" in pattern:
        return address is not None and address in ipaddress.ip_network(pattern, strict=False)
    if host in LOCAL_HOSTS and pattern.casefold() in LOCAL_HOSTS:
        return True
    wanted = parse_address(pattern)
    if wanted is not None:
        return address == wanted
    return fnmatchcase(host.casefold(), pattern.casefold())


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address, an IPv4 one mapped into IPv6 as IPv4; None for a name."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
