"""The words that the synthetic practice's people, places and notes are made of; all invented."""

_FIRST_NAMES = """
Ada Alba Bela Bruno Cara Cleo Dara Egon Elio Enid Fay Gus Hedy Ines Ivo Jory Kai Lio Mabel Nils Odin Opal
Petra Quin Remy Rhea Suki Tam Una Veda Wim Xena Yara Zeno
"""
_LAST_NAMES = """
Abbotsley Birchfield Cobblewood Dunmere Eastlake Fernhollow Greyholt Hazelbrook Ivyridge Juniperson Kestrelby
Larkmoor Mapleton Northwick Oakenshaw Pinecrest Quillfeather Rowanby Stonemill Thistledown Umberleigh Vinehill
Willowmere Yewdale
"""
_NOTES = """
Left message with reminder for the next cleaning visit.
Prefers mornings. Confirmed by text.
Reviewed medical history, no changes reported. Discussed home care, gave floss and a soft brush.
Asked for an estimate before the crown; sent by mail together with the terms of the payment plan.
Insurance verified for this year; deductible met, remaining benefits written on the note of the plan.
Tolerated the procedure well. Two carpules of anesthetic, no complications. Gave written instructions.
Rescheduled.
"""

FIRST_NAMES = tuple(_FIRST_NAMES.split())
LAST_NAMES = tuple(_LAST_NAMES.split())
NOTES = tuple(_NOTES.strip().splitlines())
STREETS = ("Example St", "Sample Ave", "Fiction Rd", "Placeholder Ln", "Invented Blvd")
CITIES = ("Samplefield", "Exampleton", "Fictionburg", "Port Placeholder")
