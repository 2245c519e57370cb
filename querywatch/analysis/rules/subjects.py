"""What a regression is about, in words that hold no name that the schema does not know."""

from querywatch.analysis.regression import Subject
from querywatch.analysis.situation import Situation
from querywatch.model import UNKNOWN


def find_known_table(subject: Subject, situation: Situation) -> str:
    """The first of the statement's tables that the schema knows; '' where it knows none."""
    if situation.schema is None:
        return ""
    names = {name for _, name in situation.schema.tables}
    return next((table for table in subject.tables if table in names), "")


def say_statement(subject: Subject, situation: Situation) -> str:
    """'A statement of recall-texter on patient'."""
    table = find_known_table(subject, situation)
    who = (
        "software that no integration claims" if subject.integration == UNKNOWN.name else subject.integration
    )
    return f"A statement of {who} on {table}" if table else f"A statement of {who}"
