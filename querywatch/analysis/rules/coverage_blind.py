"""coverage.blind: querywatch cannot see something that its other rules need."""

from collections.abc import Iterator

from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.situation import Situation
from querywatch.model import Evidence, Finding


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each thing that cannot be seen; it concerns no integration."""
    for blindness in situation.blindness:
        yield Finding(
            rule=RULE.id,
            severity=blindness.severity,
            integration="",
            subject=blindness.subject,
            message=blindness.message,
            advice=blindness.advice,
            evidence=Evidence.COUNTED,
        )


RULE = Rule(
    id="coverage.blind",
    says="querywatch cannot see: the server is away, a source is lost, a table of counters is full, or "
    "sampling is too thin",
    why="Where nothing can be seen, silence means nothing: an integration may do harm without any finding.",
    advice="Follow the finding's own advice: it names what is missing and what brings it back.",
    category=Category.BLIND,
    find=find,
)
