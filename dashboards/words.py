"""Values in plain words, with the colour that goes with each: never a colour alone."""

from collections.abc import Mapping
from typing import TypeAlias

from grafana_foundation_sdk.models.dashboard import ValueMap, ValueMappingResult

GREEN, BLUE, YELLOW, ORANGE, RED = "green", "blue", "#d4a106", "orange", "red"
PURPLE, GREY = "purple", "#6e7681"

Words: TypeAlias = Mapping[str, tuple[str, str]]  # value -> (word, colour)

OFFICE: Words = {
    "4": ("Yes, badly", RED),
    "3": ("Yes", ORANGE),
    "2": ("Not fully seen", PURPLE),
    "1": ("No, with notes", BLUE),
    "0": ("No", GREEN),
}
FLEET: Words = {
    "4": ("Needs somebody now", RED),
    "3": ("Needs a look", ORANGE),
    "2": ("Not fully seen", PURPLE),
    "1": ("Fine, with notes", BLUE),
    "0": ("Fine", GREEN),
}
INTEGRATION: Words = {
    "4": ("Critical", RED),
    "3": ("Warning", ORANGE),
    "1": ("Note", BLUE),
    "0": ("Fine", GREEN),
}
WRITING: Words = {
    "3": ("Yes", RED),
    "2": ("Tried, and was refused", ORANGE),
    "1": ("None seen; not counted", PURPLE),
    "0": ("No", GREEN),
}
OUTCOME: Words = {"done": ("Carried out", GREY), "refused": ("Refused", GREY)}
SEVERITY: Words = {
    "3": ("Critical", RED),
    "2": ("Warning", ORANGE),
    "1": ("Note", BLUE),
    "0": ("Fine", GREEN),
}
SEVERITY_NAME: Words = {
    "critical": ("Critical", RED),
    "warning": ("Warning", ORANGE),
    "info": ("Note", BLUE),
}
SIGHT: Words = {"1": ("Seen", GREEN), "0": ("Away", RED)}
QUANTITY = {
    "statements": "Statements",
    "seconds": "Time",
    "rows_examined": "Examined",
    "rows_sent": "Sent",
    "writes": "Writes",
}
BUDGET = {
    "statements_per_minute": "statements",
    "busy_ratio": "server time",
    "rows_examined_per_minute": "rows examined",
    "longest_seconds": "longest statement",
}
SEEN_SHARE: Words = {"1": ("All", GREEN), "0": ("None", RED)}
SOURCE: Words = {
    "1": ("Works", GREEN),
    "0": ("Cannot be read", ORANGE),
    "-1": ("Not offered", GREY),
}
TRIAL: Words = {
    "none": ("No trial yet", GREY),
    "waiting": ("Waiting for its turn-off", BLUE),
    "off": ("Turned off now", BLUE),
    "back": ("On again, being compared", BLUE),
    "cause": ("It is the cause", RED),
    "ruled out": ("Ruled out", GREEN),
    "not enough evidence": ("Not enough evidence", GREY),
}
KIND: Words = {
    "opendental": ("Open Dental itself", GREY),
    "native": ("Built into Open Dental", GREY),
    "api": ("By Open Dental's API", GREY),
    "plugin": ("Plug-in of Open Dental", GREY),
    "program-link": ("Only launches a program", GREY),
    "direct-read": ("Reads the database", GREY),
    "dangerous": ("Writes to the database", GREY),
    "unknown": ("Nobody claims it", GREY),
}
EVIDENCE: Words = {
    "counted": ("Counted", GREEN),
    "sampled": ("Sampled", YELLOW),
    "inferred": ("Inferred", GREY),
}
RULE: Words = {
    "index.missing": ("No index serves it", GREY),
    "index.unusable": ("Cannot use the index there is", GREY),
    "join.cartesian": ("Joins without a condition", GREY),
    "size.derived": ("Sums up a whole table", GREY),
    "size.deep-offset": ("Leafs through a whole table", GREY),
    "size.wide": ("Drags long texts along", GREY),
    "index.full-scan": ("Reads a whole table", GREY),
    "size.unbounded": ("Pulls a whole table", GREY),
    "size.examined": ("Reads far more than it needs", GREY),
    "frequency.budget": ("Over its budget", GREY),
    "frequency.poll": ("Asks again and again", GREY),
    "frequency.repeat": ("Single rows, by the thousand", GREY),
    "regression.slower": ("Slower than it used to be", GREY),
    "regression.busier": ("Runs more often than it used to", GREY),
    "running.long": ("Runs for too long", GREY),
    "lock.blocking": ("Keeps others waiting", GREY),
    "connection.leak": ("Connections pile up", GREY),
    "write.forbidden": ("Writes, and may only read", GREY),
    "write.possible": ("Could write, and may only read", GREY),
    "access.unknown": ("Unknown account or host", GREY),
    "access.kind": ("Traffic it should not have", GREY),
    "coverage.blind": ("querywatch cannot see this", GREY),
}


def value_map(words: Words) -> ValueMap:
    """The words as Grafana's value mapping, in their order."""
    return ValueMap(
        options={
            value: ValueMappingResult(text=word, color=colour, index=index)
            for index, (value, (word, colour)) in enumerate(words.items())
        }
    )
