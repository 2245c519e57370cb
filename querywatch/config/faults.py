"""What is wrong with a configuration, in our own words: pydantic's quote the values they complain of."""

import difflib
from typing import Any

from pydantic_core import ErrorDetails, PydanticCustomError


def make_fault(sentence: str) -> PydanticCustomError:
    """A fault in our own words; the setting's name is put before it."""
    # Braces would be taken for places to fill in.
    return PydanticCustomError("querywatch", "{sentence}", {"sentence": sentence})


def find_nearest(given: str, known: list[str]) -> str:
    """': did you mean …?' with the nearest known name; '' when none is near."""
    found = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    return f": did you mean {found[0]}?" if found else ""


def describe_fault(fault: ErrorDetails, model: Any) -> str:
    """One fault as 'setting sentence', without the value; `model` knows the settings there are."""
    place = fault["loc"]
    setting = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    if fault["type"] == "extra_forbidden":
        nearest = find_nearest(str(place[-1]), _find_known_settings(model, place[:-1]))
        return f"{setting}: there is no such setting{nearest}"
    context = fault.get("ctx", {})
    if fault["type"] == "querywatch":
        return f"{setting or 'the configuration'} {context['sentence']}"
    sentence = _SENTENCES.get(fault["type"])
    if sentence is None:
        wanted = _EXPECTED.get(fault["type"].partition("_")[0], "a value of another type")
        return f"{setting} must be {wanted}"
    # What pydantic puts into a context is its model's own: bounds and choices, never the value.
    return f"{setting} {sentence.format(**context)}"


# By pydantic's type of fault: https://docs.pydantic.dev/latest/errors/validation_errors/
_SENTENCES = {
    "missing": "is missing",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "string_pattern_mismatch": "must begin with a letter or digit and hold only letters, digits, space and . _ -",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}
_EXPECTED = {
    "string": 'text in quotes, like "this"',
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": 'a list, like ["this", "that"]',
    "frozen": 'a list, like ["this", "that"]',
    "dict": "a table of name = value",
    "model": "a table of settings",
    "path": "a path in quotes",
}


def _find_known_settings(model: Any, place: tuple[int | str, ...]) -> list[str]:
    for part in place:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            model = next(iter(getattr(annotation, "__args__", ())), annotation)
    return list(getattr(model, "model_fields", {}))
