"""The files of the configuration: one, and the fragments in servers.d beside it, put together."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from querywatch.config.settings import DEFAULT_PATH
from querywatch.errors import ConfigError
from querywatch.outward import render_line

FRAGMENTS = "servers.d"
_SECTIONS = ("servers", "integrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where an entry of a list stands."""

    file: Path
    index: int
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What the files say together, and which of them says what."""

    main: Path
    fragments: tuple[Path, ...] = ()
    content: dict[str, Any] = field(default_factory=dict, repr=False)
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def find_place(self, place: tuple[int | str, ...]) -> tuple[Path, tuple[int | str, ...]]:
        """The file of a setting, and the setting's place in that file."""
        if len(place) < 2 or not isinstance(place[1], int):
            return self.main, place
        entries = self.entries.get(str(place[0]), ())
        if place[1] >= len(entries):
            return self.main, place
        entry = entries[place[1]]
        return entry.file, (place[0], entry.index, *place[2:])


def find_fragments(path: Path | None) -> tuple[Path, ...]:
    """The fragments beside a configuration, by name; raises ConfigError when the directory cannot be read."""
    directory = (path or DEFAULT_PATH).parent / FRAGMENTS
    try:
        files = [file for file in directory.iterdir() if file.suffix == ".toml"]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError(f"{directory}: cannot be read ({os.strerror(error.errno or 0)})") from None
    # What editors and package managers leave behind begins with a dot.
    return tuple(sorted(file for file in files if not file.name.startswith(".")))


def read_files(path: Path | None) -> Files:
    """The configuration's files; without a path, the default one where there is one.

    Raises ConfigError: unreadable file, broken TOML, a fragment with other sections, two entries of one name.
    """
    main = path or DEFAULT_PATH
    content = {} if path is None and not DEFAULT_PATH.exists() else _read_toml(main)
    fragments = find_fragments(path)
    entries = {section: list(_find_entries(main, content, section)) for section in _SECTIONS}
    for file in fragments:
        fragment = _read_toml(file)
        _check_sections(file, fragment)
        for section in _SECTIONS:
            entries[section] += _find_entries(file, fragment, section)
            if section in fragment and isinstance(content.get(section, []), list):
                content[section] = [*content.get(section, []), *fragment[section]]
    for section in _SECTIONS:
        _check_names(section, entries[section])
    return Files(
        main=main,
        fragments=fragments,
        content=content,
        entries={section: tuple(found) for section, found in entries.items()},
    )


def _find_entries(file: Path, content: Mapping[str, Any], section: str) -> Iterator[Entry]:
    found = content.get(section)
    for index, entry in enumerate(found if isinstance(found, list) else ()):
        name = entry.get("name") if isinstance(entry, dict) else None
        yield Entry(file=file, index=index, name=name if isinstance(name, str) else None)


def _check_sections(file: Path, fragment: Mapping[str, Any]) -> None:
    for section, value in fragment.items():
        if section not in _SECTIONS:
            raise ConfigError(
                f"{file}: {render_line(section)}: a file of {FRAGMENTS} holds [[servers]] and [[integrations]] alone; "
                "everything else stands in the configuration itself"
            )
        if not isinstance(value, list):
            raise ConfigError(f"{file}: {section} must be a list: write [[{section}]]")


def _check_names(section: str, entries: list[Entry]) -> None:
    seen = dict[str, Entry]()
    for entry in entries:
        if entry.name is None:
            continue
        first = seen.setdefault(entry.name, entry)
        if first is not entry:
            who = f"{entry.file} has" if first.file == entry.file else f"{first.file} and {entry.file} have"
            raise ConfigError(
                f'{who} two {section} with the name "{render_line(entry.name)}": give each its own'
            )


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: there is no such file; config.example.toml shows what belongs in it"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({os.strerror(error.errno or 0)})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line \d+, column \d+", str(error))
        raise ConfigError(f"{file}: is not valid TOML{f' at {place.group()}' if place else ''}") from None
