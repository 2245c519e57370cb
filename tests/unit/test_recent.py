"""What the status page's plots are drawn from: the last hours by the minute, in memory."""

import re
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


def test_the_most_that_one_look_saw_running_is_kept_of_each_minute() -> None:
    """Where a look saw no sessions nothing is known, and where nothing measures time that alone is not."""
    recent = Recent()
    for second, active in ((0, 1), (20, 3), (40, 2), (60, 0)):
        snapshot = make_snapshot(NOW + second, 500.0)
        state = replace(snapshot.integrations[0], active=active, seconds=None)
        recent.note(replace(snapshot, integrations=(state,)))
    recent.note(replace(make_snapshot(NOW + 120, 500.0), sources=()))
    (past,) = recent.read()
    assert past.running[-3:] == (3.0, 0.0, None)
    assert past.seconds[-3:] == (None, None, 0.0)


def test_a_plot_says_in_words_what_it_shows() -> None:
    """The busiest first; the time before anybody watched is left blank, a gap after it is shaded and told."""
    sparks = draw_sparks(make_past(NOW))
    assert sparks is not None
    office, texter = sparks.each
    assert re.fullmatch("The last hours, from [0-2][0-9]:[0-5][0-9]", sparks.span)
    assert (office.integration, texter.integration) == ("opendental", "recall-texter")
    busy, running, gap = texter.words.split("; ")
    assert busy.startswith("0 % of one core in the last minutes, at most 16.7 % at ")
    assert running.startswith("at most 2 of its statements at once, at ")
    assert gap == "not seen for 20 min"
    drawing, below = texter.drawings
    assert f'aria-label="recall-texter: {busy}"' in drawing
    assert f'aria-label="recall-texter: {running}"' in below
    assert drawing.count("gap") in {3, 4}
    assert 46 <= drawing.count("<rect") <= 48


def test_the_first_hour_is_shown_by_the_minute_and_the_minute_that_runs_not_yet() -> None:
    """A minute of which half is over would look like a quiet one."""
    recent = Recent()
    for second in range(0, 200, 10):
        recent.note(make_snapshot(NOW + second, 500.0 + second / 2))
    sparks = draw_sparks(recent.read())
    assert sparks is not None
    (texter,) = sparks.each
    assert sparks.span == "The last hour"
    assert texter.drawings[0].count("<rect") == 3
    assert texter.words.startswith("50 % of one core in the last minute, at most 50 % at ")


def test_before_the_first_minute_is_over_nothing_is_drawn() -> None:
    recent = Recent()
    recent.note(make_snapshot(NOW, 500.0))
    assert draw_sparks(recent.read()) is None
    assert draw_sparks(()) is None
