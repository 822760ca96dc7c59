"""MuseScore's words and ours: note values, signs, clefs, jumps, spanners; what is not held, as a report says it."""

from __future__ import annotations

VALUES = {
    "long": -2, "breve": -1, "whole": 0, "half": 1, "quarter": 2, "eighth": 3, "16th": 4, "32nd": 5, "64th": 6,
    "128th": 7, "256th": 8, "512th": 9, "1024th": 10,
}  # fmt: skip

SIGNS: dict[str, tuple[str, ...]] = {
    # since MuseScore 3, by their names in SMuFL, without Above and Below
    "articStaccato": ("staccato",), "articStaccatissimo": ("staccatissimo",),
    "articStaccatissimoWedge": ("staccatissimo",), "articStaccatissimoStroke": ("staccatissimo",),
    "articTenuto": ("tenuto",), "articTenutoStaccato": ("portato",), "articAccent": ("accent",),
    "articMarcato": ("marcato",), "articStress": ("stress",), "articAccentStaccato": ("accent", "staccato"),
    "articMarcatoStaccato": ("marcato", "staccato"), "articMarcatoTenuto": ("marcato", "tenuto"),
    "articTenutoAccent": ("tenuto", "accent"), "ornamentTrill": ("trill",), "ornamentMordent": ("mordent",),
    "ornamentMordentInverted": ("mordent",), "ornamentShortTrill": ("inverted-mordent",), "ornamentTurn": ("turn",),
    "ornamentTurnInverted": ("inverted-turn",), "ornamentTurnSlash": ("inverted-turn",), "stringsUpBow": ("up-bow",),
    "stringsDownBow": ("down-bow",), "stringsHarmonic": ("harmonic",), "brassMuteOpen": ("open-string",),
    "brassMuteClosed": ("stopped",), "pluckedSnapPizzicato": ("snap-pizzicato",), "fermata": ("fermata",),
    "fermataShort": ("fermata",), "fermataLong": ("fermata",), "fermataVeryShort": ("fermata",),
    "fermataVeryLong": ("fermata",), "fermataShortHenze": ("fermata",), "fermataLongHenze": ("fermata",),
    # of MuseScore 2
    "staccato": ("staccato",), "staccatissimo": ("staccatissimo",), "tenuto": ("tenuto",), "portato": ("portato",),
    "sforzato": ("accent",), "marcato": ("marcato",), "shortfermata": ("fermata",), "longfermata": ("fermata",),
    "verylongfermata": ("fermata",), "trill": ("trill",), "mordent": ("mordent",), "prall": ("inverted-mordent",),
    "turn": ("turn",), "reverseturn": ("inverted-turn",), "upbow": ("up-bow",), "downbow": ("down-bow",),
    "ouvert": ("open-string",), "plusstop": ("stopped",), "snappizzicato": ("snap-pizzicato",),
}  # fmt: skip
"""What an articulation or ornament is here (`score.notation.SIGNS`)."""

BEFORE_4_MORDENTS = {"ornamentMordent": ("inverted-mordent",)}
"""Names that meant something else before MuseScore 4."""

HEADS = {"cross": "cross-head", "xcircle": "cross-head", "diamond": "diamond-head", "slash": "slash-head"}

GRACES = {
    "acciaccatura": 2, "appoggiatura": 1, "grace4": 1, "grace8": 1, "grace16": 1, "grace32": 1, "grace8after": 1,
    "grace16after": 1, "grace32after": 1,
}  # fmt: skip
"""Kinds of grace notes: 2 with a slash."""

CLEFS = {
    "G": ("G", 2, 0), "G8va": ("G", 2, 1), "G15ma": ("G", 2, 2), "G8vb": ("G", 2, -1), "G15mb": ("G", 2, -2),
    "G1": ("G", 1, 0), "C1": ("C", 1, 0), "C2": ("C", 2, 0), "C3": ("C", 3, 0), "C4": ("C", 4, 0), "C5": ("C", 5, 0),
    "F": ("F", 4, 0), "F8vb": ("F", 4, -1), "F8va": ("F", 4, 1), "F15mb": ("F", 4, -2), "F15ma": ("F", 4, 2),
    "F3": ("F", 3, 0), "F5": ("F", 5, 0), "PERC": ("percussion", 3, 0), "PERC2": ("percussion", 3, 0),
    "TAB": ("TAB", 5, 0), "TAB2": ("TAB", 5, 0), "TAB4": ("TAB", 5, 0), "G8vbo": ("G", 2, -1), "G8vbp": ("G", 2, -1),
}  # fmt: skip
"""Sign, line and octaves of a clef."""

BAR_STYLES = {
    "double": "light-light", "end": "light-heavy", "final": "light-heavy", "reverse-end": "heavy-light",
    "dashed": "dashed", "broken": "dashed", "dotted": "dotted", "heavy": "heavy", "double-heavy": "heavy-heavy",
    "tick": "tick", "short": "short",
}  # fmt: skip

MARKERS = {
    "segno": "segno", "varsegno": "segno", "codab": "coda", "varcoda": "coda", "codetta": "coda", "fine": "fine",
    "coda": "to-coda", "toCodaSym": "to-coda", "toCoda": "to-coda", "da_coda": "to-coda",
}  # fmt: skip
"""What a marker means, by its label; MuseScore calls the place to jump from "coda" and the coda "codab"."""

HAIRPINS = {"0": "crescendo", "1": "diminuendo", "2": "crescendo", "3": "diminuendo"}
OTTAVAS = ("8va", "8vb", "15ma", "15mb", "22ma", "22mb")
OTTAVA_OCTAVES = {"8va": 1, "8vb": -1, "15ma": 2, "15mb": -2, "22ma": 3, "22mb": -3}

DYNAMIC_LETTERS = {
    "dynamicPiano": "p", "dynamicMezzo": "m", "dynamicForte": "f", "dynamicRinforzando": "r", "dynamicSforzando": "s",
    "dynamicZ": "z", "dynamicNiente": "n",
}  # fmt: skip

BEATS = {
    "Whole": 0, "Half": 1, "Quarter": 2, "8th": 3, "16th": 4, "32nd": 5, "64th": 6, "128th": 7, "DoubleWhole": -1,
}  # fmt: skip
"""Note values of metronome marks: met + Note + this + Up."""

CREDITS = (
    ("composer", "composer"), ("lyricist", "lyricist"), ("poet", "poet"), ("arranger", "arranger"),
    ("translator", "translator"), ("copyright", "rights"), ("source", "source"),
)  # fmt: skip
"""MuseScore's metadata and what a credit is called."""

NOTHING = {
    "eid", "linked", "linkedMain", "linkedTo", "Beam", "BeamMode", "Segment", "LayoutBreak", "stretch", "StemDirection",
    "Stem", "Hook", "Accidental", "NoteDot", "dotPosition", "mirror", "track", "visible", "color", "offset", "pos",
    "autoplace", "minDistance", "placement", "z", "small", "noStem", "vspacerUp", "vspacerDown", "vspacerFixed",
    "measureNumberMode", "breakMultiMeasureRest", "Number", "crossMeasure", "StaffTypeChange", "SystemDivider", "tag",
    "startRepeat", "endRepeat", "irregular", "noOffset", "direction", "headGroup", "style", "slashStyle", "dots",
    "durationType", "duration", "staffMove", "move", "Tuplet", "endSpanner", "size", "stemDirection", "StemSlash",
    "pitch", "tpc", "tpc2", "fixed", "fixedLine", "velocity", "veloType", "head", "line", "string", "fret", "headType",
    "layer", "noBeam", "showStemSlash", "combineVoice", "tick", "Events", "userLen1", "multiMeasureRest", "numberMode",
    "voice", "LedgerLine", "l1", "l2", "ghost", "dead", "subtype", "ticks", "gap", "Page",
    "isHarmonic", "sub-staff", "color2", "MeasureNumber", "deadNote", "hasParentheses", "slurDirection",
    *GRACES,
}  # fmt: skip
"""Elements that are looks, or are told by what is held already."""

NAMED = {
    "Fingering": "fingerings", "Symbol": "symbols", "Image": "pictures", "FiguredBass": "figured bass",
    "FretDiagram": "chord diagrams", "Ambitus": "ambitus", "Bend": "bends", "GuitarBend": "bends", "ChordLine": "falls",
    "TextLine": "lines with words", "NoteLine": "lines with words", "Glissando": "glissandi", "LetRing": "let ring",
    "PalmMute": "palm mutes", "Vibrato": "vibrato", "Whammy": "bends", "Rasgueado": "hints for players",
    "HarmonicMark": "hints for players", "PickScrape": "hints for players", "Sticking": "stickings",
    "RepeatMeasure": "bar signs (multiple rests, slashes, bar repeats)", "Text": "texts",
    "MeasureRepeat": "bar signs (multiple rests, slashes, bar repeats)", "GradualTempoChange": "gradual tempo changes",
    "tuning": "quarter tones", "play": "notes that are told to be silent", "Parenthesis": "parentheses",
    "parentheses": "parentheses", "PartialLyricsLine": "lines with words",
    "StringTunings": "lines and tunings of staves",
    "HarpPedalDiagram": "harp pedals", "Capo": "capos", "Lyrics": "words under rests", "Arpeggio": "arpeggios",
    "PartialTie": "ties from or to nowhere", "LaissezVib": "ties from or to nowhere", "Slur": "slurs",
}  # fmt: skip
"""Elements that a Score does not hold, as a report says it."""
