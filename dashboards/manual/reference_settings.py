"""Every setting with its type, its default, its environment variable, and what the example says of it."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from markdown import render_code, render_page, render_table
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from querywatch.config.settings import ENVIRONMENT_PREFIX, Settings

_EXAMPLE = Path(__file__).resolve().parents[2] / "config.example.toml"
_SECTION = re.compile(r"^\[+([a-z_.]+)\]+$")
_SETTING = re.compile(r"^(?:# )?([a-z_]+) = ")
_LISTS: dict[Any, str] = {tuple: "list", frozenset: "list", dict: "table"}
_ALTERNATIVES = re.compile(r"^[a-z-]+( \| [a-z-]+)+(\. |$)")  # the type says them already
_TYPES = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    SecretStr: "text",
}


def render() -> str:
    """The page."""
    explained = find_explanations(_EXAMPLE.read_text())
    sections = [
        _render_section(name, model, explained, repeated=repeated)
        for name, model, repeated in find_sections(Settings)
    ]
    return render_page(
        "Settings",
        "Every setting of `config.toml`. `config.example.toml` has them all with their defaults. Unknown ones are "
        "refused, with the nearest known name; `querywatch check` says what is wrong, and a reload that does not "
        "validate leaves the old configuration running. A single setting of a section that is not a list can come "
        "from the environment instead.",
        *sections,
    )


def find_sections(
    model: type[BaseModel], path: str = "", *, repeated: bool = False
) -> Iterator[tuple[str, type[BaseModel], bool]]:
    """(name, model, whether it is, or is in, a list) of every section that has settings."""
    for name, field in model.model_fields.items():
        inner = find_model(field.annotation)
        if inner is None:
            continue
        full = f"{path}.{name}".lstrip(".")
        in_list = repeated or get_origin(field.annotation) is tuple
        yield full, inner, in_list
        yield from find_sections(inner, full, repeated=in_list)


def find_explanations(example: str) -> dict[tuple[str, str], str]:
    """What stands above each setting of the example, by section and setting; settings in a row share it."""
    found: dict[tuple[str, str], str] = {}
    section, words, was_comment = "", list[str](), False
    for line in example.splitlines():
        if header := _SECTION.match(line):
            section, words, was_comment = header[1], [], False
        elif setting := _SETTING.match(line):
            found.setdefault((section, setting[1]), " ".join(words))
            was_comment = False
        elif line.startswith("# "):
            words = [*words, line[2:]] if was_comment else [line[2:]]
            was_comment = True
        elif not line:
            words, was_comment = [], False
    return found


def _render_section(
    name: str, model: type[BaseModel], explained: dict[tuple[str, str], str], *, repeated: bool
) -> str:
    rows = []
    for setting, field in model.model_fields.items():
        if find_model(field.annotation) is not None:
            continue
        variable = "" if repeated else f"{ENVIRONMENT_PREFIX}{name}__{setting}".upper()
        cells = (setting, _describe_type(field.annotation), _describe_default(field))
        rows.append(
            [
                render_code(cells[0]),
                cells[1],
                render_code(cells[2]),
                _ALTERNATIVES.sub("", explained.get((name, setting), "")),
                *([] if repeated else [render_code(variable)]),
            ]
        )
    head = ["setting", "type", "default", "what it is", *([] if repeated else ["in the environment"])]
    title = f"[[{name}]]" if name in {"servers", "integrations"} else f"[{name}]"
    return f"## {title}\n\n{render_table(head, rows)}"


def find_model(annotation: Any) -> type[BaseModel] | None:
    """The section that a setting is, or that it is a list of; None for a plain one."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _describe_type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(render_code(each) for each in inner)
    if origin in _LISTS:
        return _LISTS[origin]
    kinds = [each for each in inner if each is not type(None)]
    if kinds:  # of Annotated, or of what may be left out
        return _describe_type(kinds[0])
    if issubclass(annotation, StrEnum):
        return ", ".join(render_code(each.value) for each in annotation)
    return _TYPES[annotation]


def _describe_default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return ""
    if default is None or default in ((), frozenset(), {}, ""):
        return ""
    if isinstance(default, tuple):
        return f"[{', '.join(map(_render_value, default))}]"
    return _render_value(default)


def _render_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
