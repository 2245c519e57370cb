"""What `querywatch check` says of one thing it looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing looked at. `state` is 'ok', 'could be better', 'wrong' or 'not on this version'.

    Of evidence that could be had: what it brings and costs, the statements for an administrator, and the lines
    under [mysqld] that make it last.
    """

    server: str
    what: str
    state: str
    says: str
    fix: str = ""
    brings: str = ""
    cost: str = ""
    statements: tuple[str, ...] = ()
    my_ini: tuple[str, ...] = ()
