"""What the status page's plots are drawn from: the last hours by the minute, in memory."""

from dataclasses import replace

import pytest
from web.office import make_office, make_past

from querywatch.export.sparks import draw_sparks
from querywatch.service.recent import KEPT_STEPS, STEP_SECONDS, Recent
from querywatch.snapshot import Snapshot

NOW = 1_800_000_000.0


def make_snapshot(at: float, seconds: float, *, up: bool = True) -> Snapshot:
    office = make_office(at)
    texter = replace(office.integrations[0], seconds=seconds)
    return replace(office, at=at, up=up, integrations=(texter,))


def read(recent: Recent) -> list[float | None]:
    (past,) = recent.read()
    assert len(past.seconds) == KEPT_STEPS
    return list(past.seconds)


def test_each_minute_has_what_was_taken_in_it() -> None:
    """However often it was looked at; what it had taken before the first look is nobody's."""
    recent = Recent()
    assert recent.read() == ()
    for second, total in ((0, 500.0), (20, 503.0), (40, 504.0), (60, 506.0)):
        recent.note(make_snapshot(NOW + second, total))
    assert read(recent)[-2:] == [4.0, 2.0]
    assert recent.read()[0].started_at == NOW - (KEPT_STEPS - 2) * STEP_SECONDS


def test_what_nobody_saw_is_a_gap() -> None:
    """Nor is what ran meanwhile laid to the minute in which the server came back."""
    recent = Recent()
    recent.note(make_snapshot(NOW, 10.0))
    recent.note(make_snapshot(NOW + 60, 10.0, up=False))
    recent.note(make_snapshot(NOW + 180, 900.0))
    recent.note(make_snapshot(NOW + 190, 901.0))
    assert read(recent)[-4:] == [0.0, None, None, 1.0]


@pytest.mark.parametrize("jump", [KEPT_STEPS * STEP_SECONDS, -7_200.0])
def test_a_long_sleep_or_a_clock_put_back_begins_anew(jump: float) -> None:
    """Nothing of before is shown at a time to which it does not belong."""
    recent = Recent()
    recent.note(make_snapshot(NOW, 10.0))
    recent.note(make_snapshot(NOW + 30, 15.0))
    recent.note(make_snapshot(NOW + jump, 16.0))
    assert [value for value in read(recent) if value is not None] == [1.0]


def test_a_plot_says_in_words_what_it_shows() -> None:
    """The busiest first; the time before anybody watched is left blank, a gap after it is shaded and told."""
    office, texter = draw_sparks(make_past(NOW))
    assert (office.integration, texter.integration) == ("opendental", "recall-texter")
    assert texter.words.startswith("0 % of one core in the last minutes, at most 13.3 % at ")
    assert texter.words.endswith("; not seen for 20 minutes (shaded)")
    assert texter.words in texter.drawing
    assert texter.drawing.count("<rect") == 72 - 24
    assert texter.drawing.count('class="gap"') == 4
