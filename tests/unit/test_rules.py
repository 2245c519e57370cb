"""Rules weigh several sessions, accounts and hosts together, where one case of YAML holds only one."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from querywatch.analysis.rules import RULES, Rule, find_all
from querywatch.analysis.situation import AccountLoad, Limits, RunningSession, Situation, WriteSeen
from querywatch.model import (
    UNKNOWN,
    Attribution,
    Evidence,
    Finding,
    Integration,
    Kind,
    Operation,
    Session,
    Severity,
)

READER = Integration(name="recall-texter", kind=Kind.DIRECT_READ)
EMPTY = Situation(
    now=1_795_363_200.0,
    server=None,
    schema=None,
    limits=Limits(),
    integrations={READER.name: READER},
    window_seconds=60.0,
)
LOAD = AccountLoad(
    integration=READER,
    account="recall",
    host="10.0.0.5",
    reason="account recall",
    statements={Operation.SELECT: 400.0},
    seconds=1.0,
    rows_examined=400.0,
    rows_sent=400.0,
    evidence=Evidence.COUNTED,
)
WRITE = WriteSeen(
    integration=READER,
    account="recall",
    host="10.0.0.5",
    operation=Operation.UPDATE,
    done=1.0,
    refused=0.0,
    evidence=Evidence.COUNTED,
)
SESSION = Session(
    session_id=7,
    account="recall",
    host="10.0.0.5",
    database="opendental",
    command="Query",
    state="Sending data",
    seconds=20.0,
    statement=None,
)


def find(rule: str, situation: Situation) -> Sequence[Finding]:
    return [finding for finding in find_all(situation) if finding.rule == rule]


def run(session: Session, integration: Integration = READER) -> RunningSession:
    attribution = Attribution(integration=integration, reason="account recall")
    return RunningSession(session=session, attribution=attribution, outward_shape="")


def test_nothing_is_found_in_nothing() -> None:
    """A first cycle, with no server, schema, window or sessions, finds nothing and fails nowhere."""
    assert find_all(replace(EMPTY, window_seconds=0.0)) == ()


def test_a_budget_holds_for_all_accounts_and_hosts_together() -> None:
    """Two hosts under the limit are over it together, with the weaker of their evidence."""
    other = replace(LOAD, host="10.0.0.6", evidence=Evidence.INFERRED)
    assert find("frequency.budget", replace(EMPTY, accounts=(LOAD,))) == []
    (finding,) = find("frequency.budget", replace(EMPTY, accounts=(LOAD, other)))
    assert "800 statements a minute" in finding.message
    assert finding.evidence is Evidence.INFERRED


def test_what_nobody_claims_is_judged_by_account() -> None:
    """Two strangers are not one: each has the budget for itself."""
    strangers = tuple(replace(LOAD, integration=UNKNOWN, account=account) for account in ("root", "guest"))
    assert find("frequency.budget", replace(EMPTY, accounts=strangers)) == []
    busy = tuple(replace(load, statements={Operation.SELECT: 900.0}) for load in strangers)
    found = find("frequency.budget", replace(EMPTY, accounts=busy))
    assert {finding.subject for finding in found} == {"root", "guest"}


def test_look_ups_of_one_account_add_up_over_its_hosts() -> None:
    """The same account from two machines is one program that repeats itself."""
    other = replace(LOAD, host="10.0.0.6", evidence=Evidence.SAMPLED)
    (finding,) = find("frequency.repeat", replace(EMPTY, accounts=(LOAD, other)))
    assert (finding.measured, finding.evidence) == (800.0, Evidence.SAMPLED)


def test_writes_of_one_kind_add_up_over_hosts() -> None:
    """One finding names both hosts and counts all; a refused write beside a done one is critical still."""
    other = replace(WRITE, host="10.0.0.6", done=2.0, refused=3.0)
    (finding,) = find("write.forbidden", replace(EMPTY, writes=(WRITE, other)))
    assert "10.0.0.5, 10.0.0.6" in finding.message
    assert "ran 3 UPDATE statements: the server refused 3 more" in finding.message
    assert finding.severity is Severity.CRITICAL


def test_the_longest_of_an_account_is_told_once() -> None:
    """Three long statements of one account are one finding, with the longest's time."""
    sessions = tuple(run(replace(SESSION, session_id=each, seconds=20.0 * each)) for each in (2, 4, 3))
    (finding,) = find("running.long", replace(EMPTY, running=sessions))
    assert (finding.measured, finding.severity) == (80.0, Severity.CRITICAL)


def test_each_host_of_a_stranger_is_told() -> None:
    """An account from two machines is two places to look at."""
    sessions = tuple(run(replace(SESSION, host=host), UNKNOWN) for host in ("10.0.0.8", "10.0.0.9"))
    found = find("access.unknown", replace(EMPTY, running=sessions))
    assert {finding.subject for finding in found} == {"recall@10.0.0.8", "recall@10.0.0.9"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_explains_itself(rule: Rule) -> None:
    """An id of the agreed form, and three texts that are there for people."""
    assert re.fullmatch(r"[a-z]+\.[a-z]+(-[a-z]+)?", rule.id)
    assert not rule.says.endswith(".")
    assert rule.why.endswith(".")
    assert rule.advice.endswith(".")


def test_ids_are_unique() -> None:
    """An id is a metric's label and a file's name."""
    assert len({rule.id for rule in RULES}) == len(RULES)
