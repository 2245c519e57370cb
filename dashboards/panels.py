"""The looks that the dashboards' panels share: one builder a sort of panel."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    TableSortByFieldState,
    VizLegendOptions,
    VizTextDisplayOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from words import GREEN, GREY, Words, value_map

_Legend = TypeVar("_Legend", bargauge.Panel, timeseries.Panel)

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
THE_OFFICE = "opendental"
THE_OFFICE_COLOUR = "#8F9BB3"  # grey: the background that third parties stand out from
RUNBOOK = "https://github.com/querywatch/querywatch/blob/main/dashboards/runbook.md"
_PAGE = "/d/{}?${{datasource:queryparam}}&${{__url_time_range}}"
# Where a click on an integration, a statement or a server leads.
INTEGRATION_PAGE = _PAGE.format("querywatch-integration") + "&${server:queryparam}"
STATEMENT_PAGE = _PAGE.format("querywatch-statement") + "&${server:queryparam}"
OFFICE_PAGE = _PAGE.format("querywatch-office")
WRITES_PAGE = _PAGE.format("querywatch-writes") + "&${server:queryparam}"


def instant(expression: str, *, ref: str = "A", legend: str = "") -> Dataquery:
    """A query for the value of now."""
    return _query(expression, ref=ref).instant().legend_format(legend)


def rows(expression: str, *, ref: str = "A") -> Dataquery:
    """A query for a table: one row a series of now."""
    return _query(expression, ref=ref).instant().format(PromQueryFormat.TABLE)


def history(expression: str, *, legend: str, ref: str = "A") -> Dataquery:
    """A query over the time range."""
    return _query(expression, ref=ref).range().legend_format(legend)


def _query(expression: str, *, ref: str) -> Dataquery:
    return Dataquery().expr(expression).ref_id(ref).datasource(DATASOURCE)


def thresholds(*steps: tuple[float, str], base: str = GREEN) -> ThresholdsConfig:
    """Colours from a value upwards."""
    first = Threshold(value=None, color=base)
    later = [Threshold(value=value, color=colour) for value, colour in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([first, *later])


def integration_link(name: str) -> DashboardLink:
    """Leads to the integration that `name`, a Grafana expression, stands for."""
    return (
        DashboardLink("This integration")
        .type(DashboardLinkType.LINK)
        .url(f"{INTEGRATION_PAGE}&var-integration={name}")
    )


def statement_link(fingerprint: str) -> DashboardLink:
    """Leads to the statement that `fingerprint`, a Grafana expression, stands for."""
    return (
        DashboardLink("This statement")
        .type(DashboardLinkType.LINK)
        .url(f"{STATEMENT_PAGE}&var-fingerprint={fingerprint}")
    )


def writes_link() -> DashboardLink:
    """Leads to everybody's writes."""
    return DashboardLink("Who writes").type(DashboardLinkType.LINK).url(WRITES_PAGE)


def light(title: str, description: str, query: Dataquery, *, words: Words, blind: str) -> stat.Panel:
    """A coloured tile a series that says a word; `blind` where there is no series."""
    return (
        number(title, description, query, unit="none", blind=blind)
        .mappings([value_map(words)])
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .thresholds(thresholds(base=GREY))
        .text(VizTextDisplayOptions().value_size(30).title_size(16))
    )


def number(
    title: str, description: str, query: Dataquery, *, unit: str, blind: str = "Not known"
) -> stat.Panel:
    """A big number of now."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(query)
        .unit(unit)
        .no_value(blind)
        .thresholds(thresholds(base="text"))
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )


def lines(
    title: str, description: str, *queries: Dataquery, unit: str, nothing: str = "Nothing seen"
) -> timeseries.Panel:
    """Lines over time, and a gap wherever nothing was seen."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(list(queries))
        .unit(unit)
        .min(0)
        .no_value(nothing)
        .line_width(2)
        .fill_opacity(8)
        .show_points(common.VisibilityMode.AUTO)
        .span_nulls(False)
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
        .legend(
            VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    )
    return panel.override_by_name(THE_OFFICE, [fixed_colour(THE_OFFICE_COLOUR)])


def stacked(title: str, description: str, query: Dataquery, *, unit: str) -> timeseries.Panel:
    """Areas over time, one upon the other."""
    return (
        lines(title, description, query, unit=unit)
        .stacking(StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
        .fill_opacity(45)
        .line_width(1)
    )


def counts(
    title: str, description: str, *queries: Dataquery, nothing: str = "Nothing seen"
) -> timeseries.Panel:
    """Lines of what is counted whole and is mostly few: connections, sessions."""
    panel = lines(title, description, *queries, unit="short", nothing=nothing)
    return panel.decimals(0).axis_soft_max(5)


def renamed(panel: _Legend, names: Mapping[str, str]) -> _Legend:
    """The same panel with words in its legend for what the metrics call otherwise."""
    for name, word in names.items():
        options = {"regex": f"(.*){name}$", "renamePattern": f"$1{word}"}
        panel = panel.with_transformation(DataTransformerConfig(id_val="renameByRegex", options=options))
    return panel


def limit_lines(panel: timeseries.Panel, *steps: tuple[float, str]) -> timeseries.Panel:
    """The same panel with a dashed line at each limit."""
    style = GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(thresholds(*steps, base="transparent")).thresholds_style(style)


def bars(title: str, description: str, query: Dataquery, *, unit: str, nothing: str) -> bargauge.Panel:
    """One horizontal bar a series of now."""
    return (
        bargauge.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(query)
        .unit(unit)
        .min(0)
        .no_value(nothing)
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .value_mode(common.BarGaugeValueMode.COLOR)
        .name_placement(common.BarGaugeNamePlacement.TOP)  # beside the bars a phone has no room for names
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )


def grid(
    title: str, description: str, *queries: Dataquery, columns: Sequence[tuple[str, str]], nothing: str
) -> table.Panel:
    """A table of now. `columns` are (field, heading) in the order shown; every other field is left out.

    `nothing` is said where there is no row; a cell without a value says so with a dash.
    """
    return (
        _table(title, description, *queries, nothing=nothing)
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_only([field for field, _ in columns]))
        .with_transformation(_arrange(columns))
    )


def matrix(
    title: str,
    description: str,
    query: Dataquery,
    *,
    row: tuple[str, str],
    cells: tuple[str, str],
    headings: Mapping[str, str],
    nothing: str,
) -> table.Panel:
    """A table with a row a value of `row` (field, heading), and `cells` (the columns' field, the field in them).

    `headings` are those of the columns, by their values.
    """
    field, heading = row
    column, value = cells
    group = {"rowField": field, "columnField": column, "valueField": value, "emptyValue": "empty"}
    names = {f"{field}\\{column}": heading, **headings}  # the first is Grafana's own name for that column
    return (
        _table(title, description, query, nothing=nothing)
        .with_transformation(DataTransformerConfig(id_val="groupingToMatrix", options=group))
        .with_transformation(DataTransformerConfig(id_val="organize", options={"renameByName": names}))
    )


def sorted_by(panel: table.Panel, heading: str, *, descending: bool = True) -> table.Panel:
    """The same table with its rows in a column's order."""
    return panel.sort_by([TableSortByFieldState().display_name(heading).desc(descending)])


def timeline(
    title: str, description: str, query: Dataquery, *, words: Words, nothing: str = "Nothing seen"
) -> statetimeline.Panel:
    """Which word held when; nothing where nothing was seen."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(query)
        .mappings([value_map(words)])
        .unit("none")
        .no_value(nothing)
        .merge_values(True)
        .show_value(common.VisibilityMode.AUTO)
        .thresholds(thresholds(base=GREY))
        .legend(VizLegendOptions().show_legend(False).display_mode(common.LegendDisplayMode.LIST))
    )


def column(
    *,
    unit: str = "",
    decimals: int | None = None,
    width: int = 0,
    words: Words | None = None,
    **custom: object,
) -> list[DynamicConfigValue]:
    """How one column of a table looks; `custom` are Grafana's own settings for a cell."""
    looks = [DynamicConfigValue(id_val=f"custom.{name}", value=value) for name, value in custom.items()]
    if unit:
        looks.append(DynamicConfigValue(id_val="unit", value=unit))
    if decimals is not None:
        looks.append(DynamicConfigValue(id_val="decimals", value=decimals))
    if width:
        looks.append(DynamicConfigValue(id_val="custom.width", value=width))
    if words is not None:
        looks.append(DynamicConfigValue(id_val="mappings", value=[value_map(words)]))
    return looks


def to_integration() -> DynamicConfigValue:
    """A column of integrations whose cells lead to each."""
    return linked("This integration", f"{INTEGRATION_PAGE}&var-integration=${{__value.raw}}")


def to_statement() -> DynamicConfigValue:
    """A column of fingerprints whose cells lead to each statement."""
    return linked("This statement", f"{STATEMENT_PAGE}&var-fingerprint=${{__value.raw}}")


def to_server() -> DynamicConfigValue:
    """A column of servers whose cells lead to each office."""
    return linked("This office", f"{OFFICE_PAGE}&var-server=${{__value.raw}}")


def linked(title: str, url: str) -> DynamicConfigValue:
    """A column whose cells lead somewhere."""
    return DynamicConfigValue(id_val="links", value=[{"title": title, "url": url}])


def _table(title: str, description: str, *queries: Dataquery, nothing: str) -> table.Panel:
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets(list(queries))
        .no_value(nothing)
        .cell_height(common.TableCellHeight.SM)
        .show_header(True)
        .override_by_regexp(".*", [DynamicConfigValue(id_val="noValue", value="-")])
    )


def fixed_colour(colour: str) -> DynamicConfigValue:
    """A line or area of one colour, whatever else is drawn."""
    return DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})


def _only(fields: Sequence[str]) -> DataTransformerConfig:
    return DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": list(fields)}})


def _arrange(columns: Sequence[tuple[str, str]]) -> DataTransformerConfig:
    order = {field: index for index, (field, _) in enumerate(columns)}
    return DataTransformerConfig(
        id_val="organize", options={"indexByName": order, "renameByName": dict(columns)}
    )
