"""Cuts a file of SQL into its statements."""

import re
from collections.abc import Iterator


def _compile(*, escapes: bool) -> re.Pattern[str]:
    one, two = (
        (
            r"'[^'\\]*+(?>(?:(?:\\.|'')[^'\\]*+)*)(?:'|\\?\Z)",
            r'"[^"\\]*+(?>(?:(?:\\.|"")[^"\\]*+)*)(?:"|\\?\Z)',
        )
        if escapes
        else (r"'[^']*+(?:'|\Z)", r'"[^"]*+(?:"|\Z)')
    )
    return re.compile(
        rf"""(?P<string>{one}|{two}|`[^`]*+(?:`|\Z))
       |(?P<comment>--(?=[\x00-\x20\x7f]|\Z)[^\n]*+|\#[^\n]*+|/\*(?!M?!).*?(?:\*/|\Z))
       |(?P<semicolon>;)
       |(?P<space>\s++)
       |(?P<text>/\*M?!.*?(?:\*/|\Z)|[^'"`\-\#/;\s]++|.)""",
        re.DOTALL | re.VERBOSE,
    )


_PARTS = _compile(escapes=True)
_PLAIN_PARTS = _compile(escapes=False)
_DELIMITER = re.compile(r"delimiter[ \t]+(?P<delimiter>[^\s'\"`]+)[^\n]*", re.IGNORECASE)


def split_statements(text: str, *, no_backslash_escapes: bool | None = None) -> Iterator[str]:
    """The statements between semicolons that stand outside strings and comments, with the comments before them.

    Strings are read with backslash escapes unless they are known to have none. A line of the mysql program,
    DELIMITER //, says what stands for the semicolon from there on.
    """
    start, position, has_text, delimiter = 0, 0, False, ";"
    parts = _PLAIN_PARTS if no_backslash_escapes else _PARTS
    while match := parts.match(text, position):
        position = match.end()
        if match.lastgroup in {"comment", "space"}:
            continue
        if not has_text and (command := _DELIMITER.match(text, match.start())):
            delimiter, start, position = command["delimiter"], command.end(), command.end()
            continue
        end = _find_end(match, delimiter)
        if end is None:
            has_text = True
            continue
        if has_text or end > match.start():
            yield text[start:end].strip()
        start, position, has_text = end + len(delimiter), end + len(delimiter), False
    if has_text:
        yield text[start:].strip()


def _find_end(match: re.Match[str], delimiter: str) -> int | None:
    """Where the delimiter begins within the part; None in strings and executable comments."""
    if match.lastgroup == "string" or match.group().startswith("/*"):
        return None
    end = match.string.find(delimiter, match.start(), match.end() + len(delimiter) - 1)
    return None if end < 0 else end


def find_leading_comments(statement: str) -> tuple[str, ...]:
    """The texts of the comments that stand before the statement, without what marks them as comments."""
    comments, position = [], 0
    while (match := _PARTS.match(statement, position)) and match.lastgroup in {"comment", "space"}:
        position = match.end()
        if match.lastgroup == "comment":
            comments.append(match.group().lstrip("-#/*").removesuffix("*/").strip())
    return tuple(comments)
