"""What every dashboard shares: its head, its variables, its notes on the time axis and the way to the others."""

import panels
import queries
import words
from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
)
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

FULL, HALF, THIRD, QUARTER = 24, 12, 8, 6  # of the grid's 24 columns; a phone stacks them all
TAG = "querywatch"


def start(title: str, uid: str, description: str, *, since: str = "now-3h", notes: bool = True) -> Dashboard:
    """A dashboard without panels, with the data source and the servers to choose from."""
    dashboard = (
        Dashboard(f"querywatch / {title}")
        .uid(uid)
        .description(description)
        .tags([TAG, "open-dental"])
        .editable()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(since, "now")
        .refresh("30s")
        .timezone("browser")
        .link(_others())
        .annotations([])
        .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(any_of("server", "querywatch_up"))
    )
    for name, colour, expression, said in _NOTES if notes else ():
        dashboard = dashboard.annotation(_note(name, colour, expression, said))
    return dashboard


def any_of(name: str, metric: str) -> QueryVariable:
    """A variable of several values of the label `name`, all of them at first."""
    return (
        one_of(name, metric)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(text="All", value="$__all"))
    )


def one_of(name: str, metric: str) -> QueryVariable:
    """A variable of one value of the label `name`."""
    return (
        QueryVariable(name)
        .label(name.capitalize())
        .datasource(panels.DATASOURCE)
        .query({"query": f"label_values({metric}, {name})", "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )


def integrations() -> str:
    """What the variable of the integrations is taken from."""
    return f"querywatch_integration_info{{{queries.SERVER}}}"


def _others() -> DashboardLink:
    return (
        DashboardLink("querywatch")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


_CRITICAL = f'querywatch_problem{{{queries.SERVER},severity="critical"}}'
# Beginnings alone: a mark for as long as it lasts would colour the whole chart. What comes again within five
# minutes is no beginning, nor is what stood open while the daemon restarted.
_NEW_PROBLEM = (
    f"max by (server, integration, rule) ({_CRITICAL}) unless "
    f"max by (server, integration, rule) (max_over_time({_CRITICAL}[5m] offset 1m))"
)
# Each lasts for as long as its query says something: what was so, on every panel's time axis.
_NOTES = (
    (
        "A critical problem begins",
        words.RED,
        _NEW_PROBLEM,
        "{{integration}}: {{rule}} on {{server}}",
    ),
    (
        "Out of sight",
        words.PURPLE,
        f"max by (server) (querywatch_up{{{queries.SERVER}}}) == bool 0",
        "{{server}} is away",
    ),
    (
        "Turned off for a trial",
        words.BLUE,
        f'max by (server, integration) (querywatch_trial_state{{{queries.SERVER},state="off"}})',
        "{{integration}} is off on {{server}}, for a trial",
    ),
    (
        "Changes of the server",
        words.YELLOW,
        f"sum by (server, kind) (increase(querywatch_changes_total{{{queries.SERVER}}}[2m])) > 0",
        "Change on {{server}}: {{kind}}",
    ),
)


class _Note(model.AnnotationQuery):
    """A note that says something in words, which the SDK's own has no field for."""

    said: str = ""

    def to_json(self) -> dict[str, object]:
        """The note as the Prometheus data source reads it."""
        return super().to_json() | {"titleFormat": self.said}


class _NoteBuilder(AnnotationQuery):
    def __init__(self, said: str) -> None:
        self._internal = _Note()
        self._internal.said = said


def _note(name: str, colour: str, expression: str, said: str) -> AnnotationQuery:
    note = _NoteBuilder(said).name(name).datasource(panels.DATASOURCE).enable(True)
    return note.icon_color(colour).expr(expression)
