"""The lights at the top: is there a problem, whose, and is anything seen at all."""

import panels
import queries
import words
from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.builders.common import VizTextDisplayOptions
from grafana_foundation_sdk.models.common import BigValueTextMode


def office_light() -> stat.Panel:
    """The worst open problem, in words."""
    return panels.light(
        "Is Open Dental being hurt?",
        "The worst open problem that nobody has acknowledged. 'Not fully seen': no problem is known, but a "
        "server is away or hides what should be seen. 'Not watched': no data at all.",
        panels.instant(queries.render_office_light()),
        words=words.OFFICE,
        blind="Not watched",
    )


def open_problems() -> stat.Panel:
    """How many problems are open."""
    return panels.number(
        "Open problems",
        "Problems of severity warning or critical that nobody has acknowledged; one a cause. Unknown "
        "while no server is seen.",
        panels.instant(queries.render_open_problem_count()),
        unit="short",
    ).thresholds(panels.thresholds((1, words.ORANGE)))


def servers_seen() -> stat.Panel:
    """The share of the servers that is seen."""
    return (
        panels.number(
            "Servers seen",
            "Share of the chosen servers whose last poll succeeded.",
            panels.instant(f"avg(querywatch_up{{{queries.SERVER}}})"),
            unit="percentunit",
            blind="None watched",
        )
        .mappings([words.value_map(words.SEEN_SHARE)])
        .thresholds(panels.thresholds((0, words.ORANGE), (1, words.GREEN), base=words.ORANGE))
    )


def last_poll() -> stat.Panel:
    """How old the news are."""
    age = f"time() - min(max by (server) (querywatch_last_poll_timestamp_seconds{{{queries.SERVER}}}))"
    return panels.number(
        "Age of the last poll",
        "How long ago querywatch last read anything from the server it read longest ago. Yellow from 1 "
        "minute, red from 3: then the numbers here are old.",
        panels.instant(age),
        unit="s",
    ).thresholds(panels.thresholds((60, words.YELLOW), (180, words.RED)))


def integration_lights(title: str = "By whom?") -> stat.Panel:
    """A light an integration."""
    return (
        panels.light(
            title,
            "Each integration and its worst open problem that nobody has acknowledged. Click one for "
            "its own page. An integration on a server that is away has no light.",
            panels.instant(queries.render_integration_lights(), legend="{{integration}}"),
            words=words.INTEGRATION,
            blind="No integration is seen",
        )
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .text(VizTextDisplayOptions().value_size(20).title_size(13))
        .data_links([panels.integration_link("${__field.labels.integration}")])
    )
