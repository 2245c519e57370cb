"""The real servers as a fixture, which tests stay together, and an honest word about what a run left out."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from server.servers import RunningServer, find_choices, start

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

_LEFT_OUT = pytest.StashKey[tuple[str, ...]]()
_SHARED = ("session", "module")  # scopes of what several tests use one after the other


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" not in metafunc.fixturenames:
        return
    choices, left_out = find_choices()
    if left_out and os.environ.get("TESTS_REQUIRE_DOCKER") == "1":
        raise pytest.UsageError("TESTS_REQUIRE_DOCKER=1, and Docker does not answer")
    metafunc.config.stash[_LEFT_OUT] = left_out
    wanted = metafunc.definition.get_closest_marker("servers")
    if wanted is not None:
        choices = tuple(choice for choice in choices if choice.name in wanted.args)
    metafunc.parametrize("server", choices, ids=[choice.name for choice in choices], indirect=True)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """Each of the servers in turn, or those that `@pytest.mark.servers(...)` names."""
    with start(request.param) as running:
        yield running


@pytest.hookimpl(tryfirst=True)  # before the workers look at the marks
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Tests that share a server stay in one worker: it is started once, and no test switches another's server."""
    for item in items:
        group = _find_group(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


def _find_group(item: pytest.Item) -> str:
    """What a test shares with others, in a word; nothing when any worker may run it."""
    callspec = getattr(item, "callspec", None)
    parameters: dict[str, Any] = {} if callspec is None else dict(callspec.params)
    if "server" in parameters:
        return str(parameters["server"].name)
    shared = [parameters[name] for name in sorted(parameters) if _is_shared(item, name)]
    if not shared and item.get_closest_marker("server") is None:
        return ""
    return "-".join([item.path.stem, *(str(getattr(each, "name", each)) for each in shared)])


def _is_shared(item: pytest.Item, name: str) -> bool:
    """Whether a parameter is one of a fixture that lasts longer than a test."""
    definitions = item.session._fixturemanager.getfixturedefs(name, item) or ()
    return any(each.scope in _SHARED for each in definitions)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker's word about what it left out, for the end of the whole run."""
    left_out = getattr(node, "workeroutput", {}).get("left_out", ())
    node.config.stash[_LEFT_OUT] = tuple(left_out) or node.config.stash.get(_LEFT_OUT, ())


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = list(session.config.stash.get(_LEFT_OUT, ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(_LEFT_OUT, ())
    if left_out:
        terminalreporter.section("servers left out: Docker does not answer")
        terminalreporter.line(", ".join(left_out))
