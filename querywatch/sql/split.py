"""Cuts a file of SQL into its statements."""

import re
from collections.abc import Iterator

_PARTS = re.compile(
    r"""(?P<string>'[^'\\]*+(?>(?:(?:\\.|'')[^'\\]*+)*)(?:'|\\?\Z)
                  |"[^"\\]*+(?>(?:(?:\\.|"")[^"\\]*+)*)(?:"|\\?\Z)
                  |`[^`]*+(?:`|\Z))
       |(?P<comment>--(?=[\x00-\x20\x7f]|\Z)[^\n]*+|\#[^\n]*+|/\*(?!M?!).*?(?:\*/|\Z))
       |(?P<semicolon>;)
       |(?P<space>\s++)
       |(?P<text>/\*M?!.*?(?:\*/|\Z)|[^'"`\-\#/;\s]++|.)""",
    re.DOTALL | re.VERBOSE,
)


def split_statements(text: str) -> Iterator[str]:
    """The statements between semicolons that stand outside strings and comments, with the comments before them.

    Strings are read with backslash escapes. DELIMITER is a command of the mysql program, not SQL: not known.
    """
    start, has_text = 0, False
    for match in _PARTS.finditer(text):
        if match.lastgroup == "semicolon":
            if has_text:
                yield text[start : match.start()].strip()
            start, has_text = match.end(), False
        elif match.lastgroup in {"string", "text"}:
            has_text = True
    if has_text:
        yield text[start:].strip()
