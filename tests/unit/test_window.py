"""What the window keeps is bounded, whatever number of shapes comes by."""

from querywatch.analysis.window import Window


def test_start_times_are_kept_of_the_shapes_seen_last() -> None:
    """However many shapes there are within the hour; those seen again stay."""
    window = Window()
    for number in range(20_000):
        window.note_start("vendor", f"{number}", float(number))
        window.note_start("vendor", "often", float(number))
    assert len(window._starts) <= 5_000
    assert ("vendor", "often") in window._starts
    assert ("vendor", "19999") in window._starts
    assert ("vendor", "0") not in window._starts
