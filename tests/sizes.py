"""Finds how much everything below an object holds, by the path of attributes that leads there."""

from collections import deque
from collections.abc import Iterator, Mapping, Sized
from typing import Any

_CONTAINERS = (dict, list, tuple, set, frozenset, deque)
_EACH = 50  # entries of a container looked into: they are of one kind


def find_sizes(root: object) -> dict[str, int]:
    """Path -> the number of entries of the containers there; of several at one path the largest."""
    sizes, seen = dict[str, int](), set[int]()
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        path, value = waiting.pop()
        if id(value) in seen or isinstance(value, str | bytes | int | float | type | None):
            continue
        seen.add(id(value))
        if isinstance(value, _CONTAINERS) and isinstance(value, Sized):
            sizes[path] = max(sizes.get(path, 0), len(value))
            entries = list(value.items()) if isinstance(value, Mapping) else list(value)
            waiting += [(f"{path}[]", entry) for entry in entries[:_EACH]]
        elif type(value).__module__.startswith("querywatch"):
            waiting += [(f"{path}.{name}", part) for name, part in _find_parts(value)]
    return sizes


def _find_parts(value: object) -> Iterator[tuple[str, object]]:
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(value, name):
                yield name, getattr(value, name)
