"""Works out which of the rights to change something are those of an integration that may only read."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from querywatch.analysis.situation import Situation
from querywatch.attribution.match import matches_host, parse_address
from querywatch.model import Integration, Right

_PRIVILEGE_TABLES = "mysql"  # the database: who may write there may give itself any right
_OVER_RIGHTS = frozenset(
    {"ALTER", "CREATE", "CREATE USER", "DELETE", "DROP", "GRANT OPTION", "INSERT", "SUPER", "UPDATE"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """The rights that one account of an integration has and does not need; `sharers` use the account too."""

    integration: Integration
    account: str
    rights: tuple[Right, ...]
    sharers: tuple[str, ...]

    @property
    def reaches_rights(self) -> bool:
        """Whether the account could give itself, or anybody, any right."""
        return any(
            right.database in {"", _PRIVILEGE_TABLES} and not _OVER_RIGHTS.isdisjoint(right.privileges)
            for right in self.rights
        )


def find_excesses(situation: Situation) -> Iterator[Excess]:
    """One for each account that an integration which may only read names, and that could write."""
    by_account = dict[str, list[Right]]()
    for right in situation.rights or ():
        if _matters(right, situation):
            by_account.setdefault(right.account, []).append(right)
    for integration in situation.integrations.values():
        if not integration.kind.is_third_party or integration.writes_allowed:
            continue
        for account in integration.accounts:
            rights = tuple(_find_reached(integration, by_account.get(account, ())))
            if rights:
                sharers = _find_sharers(integration, account, situation.integrations)
                yield Excess(integration=integration, account=account, rights=rights, sharers=sharers)


def _matters(right: Right, situation: Situation) -> bool:
    """Whether it is about the practice's data, or about rights; every database counts while none is known."""
    known = {database for database, _ in situation.schema.tables} if situation.schema else set()
    if not right.database or not known:
        return True
    pattern = _build_pattern(right.database)
    return any(pattern.fullmatch(database) for database in (*known, _PRIVILEGE_TABLES))


def _build_pattern(text: str) -> re.Pattern[str]:
    """The server's own patterns: % is any text, _ any character, a backslash takes their meaning away."""
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    words = (
        {"%": ".*", "_": "."}.get(part, re.escape(part[1:] if len(part) == 2 else part)) for part in parts
    )
    return re.compile("".join(words), re.DOTALL | re.IGNORECASE)


def _find_sharers(
    integration: Integration, account: str, integrations: Mapping[str, Integration]
) -> tuple[str, ...]:
    return tuple(
        name for name, each in integrations.items() if account in each.accounts and name != integration.name
    )


def _find_reached(integration: Integration, rights: Iterable[Right]) -> Iterator[Right]:
    for right in rights:
        if not integration.hosts or any(may_meet(right.host, host) for host in integration.hosts):
            yield right


def may_meet(pattern: str, host: str) -> bool:
    """Whether an account's host pattern and a host of the configuration (CIDR, address, glob) may be one."""
    if pattern in {"", "%"}:
        return True
    network = _parse_network(pattern)
    if network is None and not {"%", "_"} & set(pattern):
        return matches_host(host, pattern)
    address = parse_address(host)
    if network is not None and address is not None:
        return address in network
    if network is not None and "/" in host:
        other = ipaddress.ip_network(host, strict=False)
        return other.version == network.version and other.overlaps(network)
    if address is None and any(sign in host for sign in "/*?["):
        return True  # two patterns: that they never meet is more than can be told
    return bool(_build_pattern(pattern).fullmatch(host))


def _parse_network(pattern: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """'192.168.1.0/255.255.255.0' or '192.168.%' as a network."""
    octets = pattern.removesuffix(".%").split(".")
    if pattern.endswith(".%") and len(octets) < 4 and all(octet.isdecimal() for octet in octets):
        pattern = ".".join(octets + ["0"] * (4 - len(octets))) + f"/{8 * len(octets)}"
    try:
        return ipaddress.ip_network(pattern, strict=False) if "/" in pattern else None
    except ValueError:
        return None
