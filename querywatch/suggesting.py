"""Drafts [[integrations]] from what was seen of accounts that nothing claims, for a person to name."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from querywatch.model import UNKNOWN, Integration, Kind
from querywatch.opendental import HEARTBEAT_TABLE
from querywatch.snapshot import IntegrationState, Snapshot
from querywatch.units import format_count

_SHOWN = 6  # hosts, programs and tables in a comment


@dataclass(slots=True)
class _Seen:
    hosts: set[str] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)
    most_sessions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One account that no integration claims, drafted as one. `statements` is None where nothing was counted."""

    integration: Integration
    hosts: tuple[str, ...]
    programs: tuple[str, ...]
    most_sessions: int
    statements: float | None
    writes: float
    tables: tuple[str, ...]


class Draft:
    """What was seen so far of one server; each newly seen account becomes an integration of its own."""

    def __init__(self, configured: Sequence[Integration]) -> None:
        self._configured = tuple(configured)
        self._seen = dict[str, _Seen]()

    @property
    def integrations(self) -> tuple[Integration, ...]:
        """The configured ones, then the drafted."""
        return (*self._configured, *(draft for _, draft in self._find_drafts()))

    def note(self, snapshot: Snapshot) -> bool:
        """Takes one look; whether an account was seen for the first time."""
        before = len(self._seen)
        drafted = {draft.name: account for account, draft in self._find_drafts()}
        sessions = dict[str, int]()
        for entry in snapshot.connected:
            name = entry.attribution.integration.name
            if name != UNKNOWN.name and name not in drafted:
                continue
            seen = self._seen.setdefault(entry.account, _Seen())
            seen.hosts.add(entry.host)
            seen.programs.update(filter(None, [entry.program]))
            sessions[entry.account] = sessions.get(entry.account, 0) + entry.sessions
        for account, count in sessions.items():
            self._seen[account].most_sessions = max(self._seen[account].most_sessions, count)
        return len(self._seen) > before

    def find_suggestions(self, snapshot: Snapshot) -> tuple[Suggestion, ...]:
        """What the last snapshot, taken with the draft as its configuration, says of each; the office's first."""
        states = {state.integration.name: state for state in snapshot.integrations}
        tables, office = _find_tables(snapshot), _find_office(snapshot)
        found = [
            _suggest(
                draft,
                self._seen[account],
                states.get(draft.name),
                tables.get(draft.name, ()),
                is_office=draft.name == office,
            )
            for account, draft in self._find_drafts()
        ]
        return tuple(sorted(found, key=lambda each: each.integration.kind is not Kind.OPENDENTAL))

    def _find_drafts(self) -> Iterator[tuple[str, Integration]]:
        """(account, its draft), each with a name of its own."""
        taken = {each.name for each in self._configured} | {UNKNOWN.name}
        for account in self._seen:
            name = make_name(account, taken)
            taken.add(name)
            yield account, Integration(name=name, kind=Kind.DIRECT_READ, accounts=(account,))


def make_name(account: str, taken: Iterable[str]) -> str:
    """A name for the integration of an account, as the configuration takes it, and not yet taken."""
    plain = re.sub(r"[^a-z0-9.-]+", "-", account.casefold()).strip("-.")[:50] or "anonymous"
    names = (plain, *(f"{plain}-{number}" for number in range(2, 10_000)))
    used = set(taken)
    return next(name for name in names if name not in used)


def _find_tables(snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """Integration -> the tables that its shapes name, the costliest shape's first."""
    tables_of = {info.fingerprint: info.tables.split(", ") for info in snapshot.query_infos}
    found = dict[str, dict[str, None]]()
    for query in sorted(snapshot.queries, key=lambda query: -query.seconds):
        names = filter(None, tables_of.get(query.fingerprint, ()))
        found.setdefault(query.integration, {}).update(dict.fromkeys(names))
    return {integration: tuple(names) for integration, names in found.items()}


def _find_office(snapshot: Snapshot) -> str:
    """The integration that asks Open Dental's table of signals most often; '' when none does.

    Where nobody was seen running a shape, all who may have get a share of it: the largest is the office's.
    """
    beats = {info.fingerprint for info in snapshot.query_infos if HEARTBEAT_TABLE in info.tables.split(", ")}
    asked = dict[str, float]()
    for query in snapshot.queries:
        if query.fingerprint in beats:
            asked[query.integration] = asked.get(query.integration, 0.0) + query.executions
    return max(asked, key=lambda name: asked[name], default="")


def _suggest(
    draft: Integration,
    seen: _Seen,
    state: IntegrationState | None,
    tables: tuple[str, ...],
    *,
    is_office: bool,
) -> Suggestion:
    return Suggestion(
        integration=Integration(
            name=Kind.OPENDENTAL.value if is_office else draft.name,
            kind=Kind.OPENDENTAL if is_office else draft.kind,
            accounts=draft.accounts,
        ),
        hosts=tuple(sorted(seen.hosts)),
        programs=tuple(sorted(seen.programs)),
        most_sessions=seen.most_sessions,
        statements=state.statements_total if state is not None and "statements" in state.evidence else None,
        writes=0.0 if state is None else state.writes_done,
        tables=tables,
    )


def render_toml(suggestions: Sequence[Suggestion]) -> str:
    """The draft, with what was seen as comments. Several accounts of the office's become one entry."""
    office = [each for each in suggestions if each.integration.kind is Kind.OPENDENTAL]
    others = [each for each in suggestions if each.integration.kind is not Kind.OPENDENTAL]
    groups = ([office] if office else []) + [[each] for each in others]
    return "\n".join(line for group in groups for line in _render_entry(group))


def _render_entry(group: Sequence[Suggestion]) -> Iterator[str]:
    for each in group:
        yield f"# {_describe(each)}"
    first = group[0].integration
    accounts = [account for each in group for account in each.integration.accounts]
    yield "[[integrations]]"
    if first.kind is Kind.OPENDENTAL:
        yield f"name = {json.dumps(first.name)}"
    else:
        yield f"name = {json.dumps(first.name)}  # whose software is it?"
    yield f'kind = "{first.kind}"'
    yield f"accounts = {json.dumps(accounts, ensure_ascii=False)}"
    if first.kind is not Kind.OPENDENTAL:
        yield 'contact = ""'
    yield ""


def _describe(each: Suggestion) -> str:
    account = each.integration.accounts[0] or "(anonymous)"
    parts = [f"{_say_list(each.hosts)}, up to {format_count(each.most_sessions)} sessions"]
    if each.programs:
        parts.append(f"programs: {_say_list(each.programs)}")
    if each.statements is not None:
        parts.append(
            f"{format_count(each.statements)} statements, {format_count(each.writes)} of them writes"
        )
    if each.tables:
        parts.append(f"tables: {_say_list(each.tables)}")
    # A line break in somebody's program name must not end the comment.
    return re.sub(r"[^\x20-\x7e]+", "?", f"{account} from {'; '.join(parts)}")


def _say_list(words: Sequence[str]) -> str:
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
