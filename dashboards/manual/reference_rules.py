"""What each rule finds, why that hurts, and what to do."""

from markdown import render_page

from querywatch.analysis.rules import RULES


def render() -> str:
    """The page."""
    return render_page(
        "Rules",
        "What querywatch finds. An id is permanent: it is the `rule` of metrics, findings and acknowledgements. "
        "`querywatch rules ID` prints the same, and `[rules]` in the [settings](settings.md) has their limits, "
        "and switches them off.",
        *(
            f"## {rule.id}\n\n{_say(rule.says)}\n\n**Why it hurts.** {rule.why}\n\n**What to do.** {rule.advice}"
            for rule in RULES
        ),
    )


def _say(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
