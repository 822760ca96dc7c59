"""ABC notation, standard 2.1, by a reader and a writer of our own.

text ──book──> tunes ──tune, music──> voices of sounds ──to_score──> Score ──write──> text
fields, signs: what single words of it mean
"""
