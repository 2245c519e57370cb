"""The rules, in the order in which they lead a problem when several of its findings are equally bad."""

from dataclasses import replace

from querywatch.analysis.cost import cap_severity
from querywatch.analysis.harm import find_harms, weigh
from querywatch.analysis.rules import (
    access_kind,
    access_unknown,
    connection_leak,
    coverage_blind,
    frequency_budget,
    frequency_poll,
    frequency_repeat,
    index_full_scan,
    index_missing,
    index_unusable,
    join_cartesian,
    lock_blocking,
    regression_busier,
    regression_slower,
    running_long,
    size_deep_offset,
    size_derived,
    size_examined,
    size_unbounded,
    size_wide,
    write_forbidden,
    write_possible,
)
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.sharing import say_shared
from querywatch.analysis.situation import Limits, Situation
from querywatch.model import Finding

RULES: tuple[Rule, ...] = (
    write_forbidden.RULE,
    access_kind.RULE,
    access_unknown.RULE,
    lock_blocking.RULE,
    index_missing.RULE,
    index_unusable.RULE,
    join_cartesian.RULE,
    size_unbounded.RULE,
    size_derived.RULE,
    size_deep_offset.RULE,
    size_wide.RULE,
    index_full_scan.RULE,
    size_examined.RULE,
    frequency_poll.RULE,
    frequency_repeat.RULE,
    frequency_budget.RULE,
    regression_slower.RULE,
    regression_busier.RULE,
    running_long.RULE,
    connection_leak.RULE,
    write_possible.RULE,
    coverage_blind.RULE,
)


def find_all(situation: Situation) -> tuple[Finding, ...]:
    """What every rule finds, less those switched off and, during maintenance, those of load.

    No severity is above its configured cap.
    """
    limits, harms = situation.limits, find_harms(situation)
    return tuple(
        say_shared(_apply_cap(weigh(finding, harms), limits), situation)
        for rule in RULES
        if rule.id not in limits.switched_off
        and not (situation.in_maintenance and rule.category is Category.LOAD)
        for finding in rule.find(situation)
    )


def _apply_cap(finding: Finding, limits: Limits) -> Finding:
    most = limits.severities.get(finding.rule)
    return finding if most is None else replace(finding, severity=cap_severity(finding.severity, most))


__all__ = ["RULES", "Category", "Rule", "find_all"]
