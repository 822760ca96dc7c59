"""Ableton Live sets: a table of the schema of Live 11.0, a writer from it, and a reader of sets of Live 10 to 12.

    Project ──write──> schema ──markup──> XML ──gzip──> NAME Project/NAME.als
    set.als ──unpack──> XML ──read──> LiveSet (tracks, clips, locators, samples) ──> Score

No file of Ableton's was copied: the table in `schema` was typed from what is known of the format (docs/ABLETON.md).
"""
