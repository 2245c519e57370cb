"""The PromQL of the dashboards, where a server or an integration is chosen by a variable."""

SERVER = 'server=~"$server"'
CHOSEN = f'{SERVER},integration=~"$integration"'
SEEN = f"querywatch_up{{{SERVER}}} == 1"
FINDING_KEY = "server, integration, rule, subject, fingerprint, severity"

_ACKNOWLEDGED = "querywatch_finding_acknowledged_until_timestamp_seconds > time()"
_CAUSE = "server, integration, subject, rule"
_BLIND, _NOT_BLIND = 'rule="coverage.blind"', 'rule!="coverage.blind"'


def render_open_problems(severity: str, chosen: str = CHOSEN) -> str:
    """Problems of one severity with a finding that nobody has acknowledged."""
    problem = f'querywatch_problem{{{chosen},severity="{severity}"}}'
    unacknowledged = f"querywatch_finding unless ({_ACKNOWLEDGED})"
    silenced = f"({_ACKNOWLEDGED}) unless on ({_CAUSE}) ({unacknowledged})"
    return f"{problem} unless on ({_CAUSE}) ({silenced})"


def render_office_light(by: str = "", chosen: str = CHOSEN) -> str:
    """4 critical, 3 warning, 2 out of sight, 1 info, 0 nothing; no series where nothing is watched.

    Blindness, however bad, hurts nobody: it is 2, as a server that is away.
    """
    worst = f"max by ({by}) " if by else "max"
    hurt, blind = f"{chosen},{_NOT_BLIND}", f"{chosen},{_BLIND}"
    return (
        f"4 * {worst}({render_open_problems('critical', hurt)})\n"
        f"or 3 * {worst}({render_open_problems('warning', hurt)})\n"
        f"or 2 * {worst}(querywatch_up{{{SERVER}}} == bool 0 > 0)\n"
        f"or 2 * {worst}({render_open_problems('critical', blind)})\n"
        f"or 2 * {worst}({render_open_problems('warning', blind)})\n"
        f"or {worst}({render_open_problems('info', chosen)})\n"
        f"or 0 * {worst}({SEEN})"
    )


def render_integration_lights() -> str:
    """The worst problem of each integration on the scale of the office's light; none while it is not seen.

    Blindness is about no integration, and has no light here.
    """
    named = f'{CHOSEN},integration!=""'
    return (
        f"4 * max by (integration) ({render_open_problems('critical', named)})\n"
        f"or 3 * max by (integration) ({render_open_problems('warning', named)})\n"
        f"or max by (integration) ({render_open_problems('info', named)})\n"
        f"or 0 * max by (integration) (querywatch_integration_info{{{CHOSEN}}} and on (server) ({SEEN}))"
    )


def render_open_problem_count() -> str:
    """How many problems of warning or worse are open; 0 only while a server is seen."""
    matter = "(" + ") or (".join(render_open_problems(severity) for severity in ("critical", "warning")) + ")"
    return f"count({matter}) or 0 * max({SEEN})"


def render_rate_by_integration(metric: str, *, scale: int = 1) -> str:
    """A counter's rate by integration, a second or, with a scale of 60, a minute."""
    rate = f"sum by (integration) (rate({metric}{{{CHOSEN}}}[$__rate_interval]))"
    return rate if scale == 1 else f"{scale} * {rate}"


def render_third_party_writes(outcome: str, *, by: str) -> str:
    """Writes a minute of one outcome by other people's software, summed by a label."""
    writes = f'querywatch_integration_writes_total{{{CHOSEN},outcome="{outcome}"}}'
    third = f'querywatch_integration_info{{{CHOSEN},kind!~"opendental|native"}}'
    rate = f"rate({writes}[$__rate_interval]) and on (server, integration) {third}"
    return f"60 * sum by ({by}) ({rate})"


def render_graded_findings(key: str, chosen: str = CHOSEN) -> str:
    """The worst open finding of each `key` (labels): 3 critical, 2 warning, 1 info."""
    return " or ".join(
        f'{weight} * max by ({key}) (querywatch_finding{{{chosen},severity="{severity}"}})'
        for weight, severity in ((3, "critical"), (2, "warning"), (1, "info"))
    )


def render_or_said(expression: str, label: str, said: str) -> str:
    """The expression, or, while a server is seen and it has nothing, one 0 with these words in that label.

    A table or a timeline without a series shows no words of its own in Grafana.
    """
    words = f'label_replace(0 * max({SEEN}), "{label}", "{said}", "", "")'
    return f"({expression})\nor {words} unless on () ({expression})"


def render_states(key: tuple[str, ...], chosen: str = CHOSEN) -> str:
    """The worst open finding of each `key` as it was graded, and 0 where there was none.

    By integration alone each has its own 0 while it is seen; blindness, which is nobody's, is querywatch's.
    """
    graded = render_graded_findings(", ".join(key), chosen)
    if key != ("integration",):
        return render_or_said(graded, key[0], "nothing was wrong")
    known = f"querywatch_integration_info{{{chosen}}} and on (server) ({SEEN})"
    named = f'label_replace({graded}, "integration", "querywatch", "integration", "^$")'
    return f"{named}\nor 0 * max by (integration) ({known})"


def render_findings(chosen: str = CHOSEN) -> str:
    """Every open finding: 3 critical, 2 warning, 1 info.

    Its statement's shape comes along where it has one, and its rule a second time as `what`.
    """
    graded = render_graded_findings(FINDING_KEY, chosen)
    shapes = f"max by (server, fingerprint, shape) (querywatch_query_info{{{SERVER}}})"
    shaped = (
        f"({graded}) * on (server, fingerprint) group_left (shape) {shapes}\nor on ({FINDING_KEY}) ({graded})"
    )
    return f'label_replace({shaped}, "what", "$1", "rule", "(.*)")'


def render_finding_value(metric: str, chosen: str = CHOSEN) -> str:
    """A value of every open finding that has it, keyed as `render_findings` keys them."""
    return f"max by ({FINDING_KEY}) ({metric}{{{chosen}}})"


def _render_query_increase(metric: str) -> str:
    return f"sum by (server, integration, fingerprint) (increase({metric}{{{CHOSEN}}}[$__range]))"


def render_expensive_shapes(count: int) -> str:
    """Server time of the shapes that took most of it in the time range, with their text."""
    texts = f"max by (server, fingerprint, shape) (querywatch_query_info{{{SERVER}}})"
    seconds = _render_query_increase("querywatch_query_seconds_total")
    return f"topk({count}, ({seconds} > 0) * on (server, fingerprint) group_left (shape) {texts})"


def render_expensive_runs(count: int) -> str:
    """How often each of those shapes ran in the time range."""
    runs = _render_query_increase("querywatch_query_statements_total")
    return f"{runs} and on (server, integration, fingerprint) ({render_expensive_shapes(count)})"


def render_expensive_rows(count: int) -> str:
    """Rows that one run of each of those shapes made the server examine."""
    rows = _render_query_increase("querywatch_query_rows_examined_total")
    runs = _render_query_increase("querywatch_query_statements_total")
    shapes = render_expensive_shapes(count)
    return f"{rows} / ({runs} > 0) and on (server, integration, fingerprint) ({shapes})"


def render_rate_of_expensive(metric: str, count: int, *, scale: int = 1) -> str:
    """A counter's rate by statement, of those that took most server time in the whole time range."""
    rate = f"sum by (fingerprint) (rate({metric}{{{CHOSEN}}}[$__rate_interval]))"
    seconds = f'querywatch_query_seconds_total{{{CHOSEN},fingerprint!="other"}}[$__range] @ end()'
    most = f"topk({count}, sum by (fingerprint) (increase({seconds})))"
    scaled = rate if scale == 1 else f"{scale} * {rate}"
    return f"{scaled} and on (fingerprint) {most}"
