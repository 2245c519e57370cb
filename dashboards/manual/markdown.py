"""The little Markdown that the reference pages are made of."""

from collections.abc import Iterable, Sequence


def render_page(title: str, lead: str, *sections: str) -> str:
    """A page with its title, what it is, and its sections."""
    return "\n\n".join((f"# {title}", lead, *sections)) + "\n"


def render_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell's own bars are kept from ending it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines)


def render_code(text: str) -> str:
    """Words of a program, in place; an empty one is nothing."""
    return f"`{text}`" if text else ""


def _escape(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")
