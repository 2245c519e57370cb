"""What every unit test leaves as it found it, and that none is held to a time."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command that a test runs sets how much is logged, for the whole process."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
