"""Tells texts apart by all but their plain literals: a known statement with new ones needs no reduction."""

import re

# Without comments, backslashes, double quotes, variables: what is left reads the same on every server, in every
# sql_mode, and the literals below are all that its tokens do not show.
_PLAIN = re.compile(
    r"""(?>(?:[^'`"\\#@$/*-]++|'[^'\\]*+'|`[A-Za-z_][A-Za-z0-9_]*+`|[/*-](?![/*-]))*)\Z""", re.DOTALL
)
_STRING = re.compile(r"'([%_]?)[^']*+'")
_OFFSET = re.compile(r"(?i:\bLIMIT\s+([0-9]+)\s*,|\bOFFSET\s+([0-9]+))")
_END = 48  # characters, in which a statement's OFFSET stands
_SMALL_OFFSET = 4  # digits: no table is called large for as many rows
_NUMBER = re.compile(r"(?<![\w$.'])[0-9]++(?>(?:\.[0-9]++)?)(?![\w$.])")


def find_skeleton(text: str) -> str | None:
    """The text with a quote for each string and 0 for each number; None where it is not that simple.

    Texts of one skeleton have the same tokens, a wildcard in front of the same strings, and a large OFFSET of as
    many digits. It holds names as they were written.
    """
    if _PLAIN.match(text) is None:
        return None
    skeleton = _NUMBER.sub("0", _STRING.sub(r"'\1", text))
    offset = _OFFSET.search(text, max(0, len(text) - _END))
    digits = 0 if offset is None else len(offset[offset.lastindex or 0])
    return f"{skeleton}\0{digits}" if digits > _SMALL_OFFSET else skeleton
