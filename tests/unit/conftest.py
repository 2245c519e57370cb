"""What every unit test leaves as it found it."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command that a test runs sets how much is logged, for the whole process."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
