"""Tells texts apart by all but their plain literals: a known statement with new ones needs no reduction."""

import re

# Without comments, backslashes, double quotes, variables: what is left reads the same on every server, in every
# sql_mode, and the literals below are all that its tokens do not show.
_PLAIN = re.compile(
    r"""(?>(?:[^'`"\\#@$/*-]++|'[^'\\]*+'|`[A-Za-z_][A-Za-z0-9_]*+`|[/*-](?![/*-]))*)\Z""", re.DOTALL
)
_STRING = re.compile(r"'([%_]?)[^']*+'")
_NUMBER = re.compile(r"(?<![\w$.'])[0-9]++(?>(?:\.[0-9]++)?)(?![\w$.])")


def find_skeleton(text: str) -> str | None:
    """The text with a quote for each string and 0 for each number; None where it is not that simple.

    Texts of one skeleton have the same tokens, and a wildcard in front of the same strings. It holds names as they
    were written.
    """
    if _PLAIN.match(text) is None:
        return None
    return _NUMBER.sub("0", _STRING.sub(r"'\1", text))
