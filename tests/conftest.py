"""The real servers as a fixture, and an honest word about those that a run left out."""

import os
from collections.abc import Iterator

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(_LEFT_OUT, ())
    if left_out:
        terminalreporter.section("servers left out: Docker does not answer")
        terminalreporter.line(", ".join(left_out))
