"""MEI read as MusicXML: one walk through the document, one reader of what is written for both formats.

text ──verovio──> MEI ──document──> parts and bars ──layers, controls──> to_musicxml ──> io.musicxml_read ──> Score
"""
