"""Says whose a session or a statement is, from what the configuration names, with the reason."""

import ipaddress
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from querywatch.model import UNKNOWN, Attribution, Integration, Kind, Statement

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_MARKS_REMEMBERED = 20_000


class Matcher:
    """Matches what a session shows against the integrations.

    An integration that names accounts, hosts, programs and markers must be met in each of them; of several that
    are met, the one that asked for more wins, then the one that stands first in the configuration. Open Dental's
    own entry may name none of them: then it has everything that the others leave.
    """

    def __init__(self, integrations: Sequence[Integration]) -> None:
        self._integrations = tuple(integrations)
        rest = (each for each in integrations if not _asks_for_anything(each))
        self._rest = next((each for each in rest if each.kind is Kind.OPENDENTAL), UNKNOWN)
        self._marked: dict[str, frozenset[str]] = {}

    @property
    def integrations(self) -> tuple[Integration, ...]:
        """As configured, without `unknown`."""
        return self._integrations

    @property
    def asks_for_programs(self) -> bool:
        """Whether some integration is known by its program name."""
        return any(each.programs for each in self._integrations)

    def match(
        self, account: str, host: str, program: str | None, statement: Statement | None = None
    ) -> Attribution:
        """Whose a session is, or the statement that it runs; `unknown` when nobody claims it."""
        marked = frozenset[str]() if statement is None else self.find_marked(statement)
        best, best_reasons = UNKNOWN, list[str]()
        for integration in self._integrations:
            reasons = _find_reasons(integration, account, host, program, marked)
            if reasons is not None and len(reasons) > len(best_reasons):
                best, best_reasons = integration, reasons
        shared = self.is_shared(account)
        if best is UNKNOWN:
            reason = f"no integration claims {describe_account(account, host)}"
            # From another host, or as another program, the account is somebody's all the same.
            named = any(account in each.accounts for each in self._integrations)
            return Attribution(integration=self._rest, reason=reason, shared=shared or named)
        return Attribution(integration=best, reason=" and ".join(best_reasons), shared=shared)

    def match_account(self, account: str, host: str | None) -> Attribution | None:
        """Whose everything is that an account does, from this host or (None) from all of them.

        None when the account's work belongs to more than one, or may: a program name, a marker or a host that is
        not known here would decide.
        """
        named = [each for each in self._integrations if _names_account(each, account)]
        if host is None and any(each.hosts for each in named):
            return None
        if any(each.programs or each.markers for each in named if _may_come_from(each, host)):
            return None
        return self.match(account, host or "", None)

    def match_base(self, account: str) -> Attribution:
        """Whose an account is over all its hosts, where several are at work on it: Open Dental's before all others."""
        alone = self.match_account(account, None)
        if alone is not None:
            return alone
        named = [each for each in self._integrations if account in each.accounts]
        offices = [each for each in named if each.kind is Kind.OPENDENTAL]
        if not named:
            return self.match(account, "", None)
        reason = f"account {account or 'anonymous'}"
        return Attribution(integration=(offices or named)[0], reason=reason, shared=self.is_shared(account))

    def find_marked(self, statement: Statement) -> frozenset[str]:
        """The names of the integrations whose markers the statement's shape bears."""
        marked = self._marked.get(statement.fingerprint)
        if marked is None:
            if len(self._marked) >= _MARKS_REMEMBERED:
                self._marked.clear()
            shape = statement.shape.casefold()
            marked = frozenset(
                each.name
                for each in self._integrations
                if any(fnmatchcase(shape, marker.casefold()) for marker in each.markers)
            )
            self._marked[statement.fingerprint] = marked
        return marked

    def is_shared(self, account: str) -> bool:
        """Whether the configuration has more than one integration at work on the account."""
        named = [each for each in self._integrations if account in each.accounts]
        by_other_means = [
            each for each in self._integrations if not each.accounts and _asks_for_anything(each)
        ]
        return len(named) > 1 or bool(named and by_other_means)


def describe_account(account: str, host: str | None) -> str:
    """An account as people name it: 'root from 10.0.0.5'; the anonymous one by that word."""
    name = account or "the anonymous account"
    return f"{name} from {host}" if host else name


def _asks_for_anything(integration: Integration) -> bool:
    return bool(integration.accounts or integration.hosts or integration.programs or integration.markers)


def _names_account(integration: Integration, account: str) -> bool:
    return not integration.accounts or account in integration.accounts


def _may_come_from(integration: Integration, host: str | None) -> bool:
    return host is None or not integration.hosts or _is_from(integration, host)


def _is_from(integration: Integration, host: str) -> bool:
    return any(matches_host(pattern, host) for pattern in integration.hosts)


def _find_reasons(
    integration: Integration, account: str, host: str, program: str | None, marked: frozenset[str]
) -> list[str] | None:
    """Why it is this integration's, a reason for each thing it asks for; None when it is not."""
    asked = (
        (bool(integration.accounts), account in integration.accounts, f"account {account or 'anonymous'}"),
        (bool(integration.hosts), _is_from(integration, host), f"host {host}"),
        (bool(integration.programs), _calls_itself(integration, program), "program name"),
        (bool(integration.markers), integration.name in marked, "a marker in the statement"),
    )
    if not all(met for asks, met, _ in asked if asks):
        return None
    return [reason for asks, _, reason in asked if asks] or None


def _calls_itself(integration: Integration, program: str | None) -> bool:
    return program is not None and any(
        fnmatchcase(program.casefold(), pattern.casefold()) for pattern in integration.programs
    )


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
