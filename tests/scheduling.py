"""Which tests one worker keeps together when several share the work."""

import re

from server.servers import CHOICES, LOCAL_CHOICES
from xdist.scheduler import LoadScopeScheduling

_NAMES = sorted((choice.name for choice in (*CHOICES, *LOCAL_CHOICES)), key=len, reverse=True)
_SERVER = re.compile(rf"\[({'|'.join(map(re.escape, _NAMES))})[\]-]")
_PARAMETER = re.compile(r"\[[^-\]]+")


def find_group(nodeid: str) -> str:
    """What a test shares with others: a server, or what lasts as long as a module; alone it is its own group.

    A server is started once so, and no test switches what is global on another's.
    """
    server = _SERVER.search(nodeid)
    if server is not None:
        return server[1]
    module, _, _ = nodeid.partition("::")
    if not module.startswith("tests/server/"):
        return nodeid
    parameter = _PARAMETER.search(nodeid)
    return module + (parameter[0] if parameter else "")


class GroupScheduling(LoadScopeScheduling):
    """Hands out groups, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return find_group(nodeid)
