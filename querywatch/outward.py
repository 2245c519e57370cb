"""Makes what other people named fit to be shown: on a terminal, in a log line, as a label, in a file.

Account, host, program, table and column names are chosen by others and may hold anything: the escape sequences
of a terminal, the line break that forges a line of the log, a thousand characters.
"""

NAME_CHARACTERS = 255  # a host name's limit; no server has a longer name of anything
_UNSHOWABLE = "\N{REPLACEMENT CHARACTER}"


def parse_name(text: object) -> str:
    """One line of printable characters, at most `NAME_CHARACTERS`; '' for None.

    The one place where names come in: what passed here may go out anywhere. A name that had to be changed
    equals none that a person would write, so it is never taken for a configured one.
    """
    name = "" if text is None else str(text)
    if len(name) > NAME_CHARACTERS:
        name = name[: NAME_CHARACTERS - 1] + "…"
    return name if name.isprintable() else render_line(name)


def render_line(text: str) -> str:
    """The text on one line, without anything that steers a terminal or turns the direction of reading."""
    return "".join(character if character.isprintable() else _UNSHOWABLE for character in text)
