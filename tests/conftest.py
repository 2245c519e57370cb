"""The real servers as a fixture, which tests stay together, and an honest word about what a run left out."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from server.servers import RunningServer, find_choices, start

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

_LEFT_OUT = pytest.StashKey[tuple[str, ...]]()


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """The tests of the next module find a server as its first did."""
    running = getattr(item, "funcargs", {}).get("server")
    yield
    if (
        running is not None
        and nextitem is not None
        and nextitem.path != item.path
        and _is_on(nextitem, running)
    ):
        running.tidy()


def _is_on(item: pytest.Item, running: RunningServer) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and callspec.params.get("server") == running.choice


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Our own groups; the `xdist_group` mark is without effect on pytest 9.2."""
    from scheduling import GroupScheduling  # noqa: PLC0415 - where several workers are asked for

    return GroupScheduling(config, log)


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
