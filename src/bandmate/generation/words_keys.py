"""Rules for keys, modes, Camelot codes, chord symbols, numerals and note ranges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from bandmate.analysis.genres import load_table
from bandmate.errors import BriefError
from bandmate.generation.words_numbers import Found, Rule, Tokens, text_at
from bandmate.generation.words_tokens import Token, squeeze
from bandmate.score.pitch import Chord, Key, parse_pitch_class

_TONIC = re.compile(r"([A-Ga-g])(#|b)?")
_ATTACHED = re.compile(r"([A-Ga-g])(#|b)?(m|min|minor|maj|major|M)")
_ACCIDENTALS = {
    "sharp": "#",
    "flat": "b",
    "#": "#",
    "sostenido": "#",
    "diesis": "#",
    "diese": "#",
    "bemol": "b",
    "bemolle": "b",
}
_GERMAN = {"c": 0, "cis": 1, "des": 1, "d": 2, "dis": 3, "es": 3, "e": 4, "f": 5, "fis": 6, "ges": 6, "g": 7, "gis": 8,
           "as": 8, "a": 9, "ais": 10, "b": 10, "h": 11}  # fmt: skip
_LATIN = {"do": 0, "ut": 0, "re": 2, "mi": 4, "fa": 5, "sol": 7, "la": 9, "si": 11}
_GERMAN_MODES = {"dur": "major", "moll": "minor"}
_NUMERAL = re.compile(
    r"[b#]?(?:VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(?:maj7|maj9|m7b5|m7|m9|add9|sus2|sus4|dim7|dim|aug|7|9|6|11|13|m)?"
)
_CHORD = re.compile(r"[A-G][#b]?(?:maj|min|dim|aug|sus|add|m|M|[0-9]|b5|#5|b9|#9)*")
_NOTE = re.compile(r"([A-Ga-g])([#b]?)(-?\d)")
_STAYS = ("vamp", "vamps", "drone", "jam")
_KEY_WORDS = ("in", "key", "tonart", "en", "im")


@cache
def modes() -> dict[str, str]:
    """Mode names and aliases by key without spaces."""
    table = load_table("words")["key"]
    named = {squeeze(m): m for m in table["modes"]}
    for alias in ("mayor", "menor", "minore", "maggiore", "mineur", "majeur", "maior", "natural minor", "pentatonic",
                  "octatonic", "dur", "moll", "freygish", "blues scale", "bluesy"):  # fmt: skip
        named[squeeze(alias)] = table["aliases"].get(alias, alias)
    named.update({"min": "minor", "maj": "major", "spanish": "phrygian_dominant"})
    return named


def mode_at(tokens: Tokens, i: int) -> tuple[int, str] | None:
    """A mode of up to three words: (tokens used, name)."""
    for count in (3, 2, 1):
        if i + count <= len(tokens):
            name = modes().get(squeeze("".join(t.text for t in tokens[i : i + count])))
            if name:
                return count, name
    return None


def key(tokens: Tokens, i: int) -> Found | None:
    """`in D`, `F#m`, `Bb minor`, `key of Eb`, `h-Moll`, `la menor`, `A lydian`; value (tonic, mode).

    The mode is "" where a capital letter stands alone (major, if no mode is said elsewhere) and None for a small letter
    (the mode of the genre).
    """
    j, marked = _skip_key_words(tokens, i)
    if j >= len(tokens):
        return None
    return _camelot(tokens, i, j, marked) or _foreign(tokens, i, j) or _plain(tokens, i, j, marked)


def _skip_key_words(tokens: Tokens, i: int) -> tuple[int, bool]:
    j, marked = i, False
    while text_at(tokens, j) in _KEY_WORDS or (
        marked and text_at(tokens, j) in (":", "=", "of", "the", "is", "de", "to", "signature")
    ):
        j, marked = j + 1, True
    return j, marked


def _camelot(tokens: Tokens, i: int, j: int, marked: bool) -> Found | None:
    if text_at(tokens, j) == "camelot":
        j, marked = j + 1, True
    name = load_table("words")["key"]["camelot"].get(tokens[j].raw.upper()) if j < len(tokens) else None
    if not name or not (marked or tokens[j].raw[-1].isupper()):
        return None
    parsed = Key.parse(name)
    return j + 1 - i, "key", (parsed.tonic, parsed.mode)


def _foreign(tokens: Tokens, i: int, j: int) -> Found | None:
    word, following = text_at(tokens, j), text_at(tokens, j + 1)
    for tonic, mode in _GERMAN_MODES.items():
        if word.endswith(tonic) and word[: -len(tonic)] in _GERMAN:
            return j + 1 - i, "key", (_GERMAN[word[: -len(tonic)]], mode)
    if word in _GERMAN and following in _GERMAN_MODES:
        return j + 2 - i, "key", (_GERMAN[word], _GERMAN_MODES[following])
    if word == "h" and (mode := mode_at(tokens, j + 1)):
        return j + 1 + mode[0] - i, "key", (_GERMAN["h"], mode[1])
    if word not in _LATIN:
        return None
    k, tonic = j + 1, _LATIN[word]
    if text_at(tokens, k) in _ACCIDENTALS:
        tonic += 1 if _ACCIDENTALS[text_at(tokens, k)] == "#" else -1
        k += 1
    mode = mode_at(tokens, k)
    return (k + mode[0] - i, "key", (tonic % 12, mode[1])) if mode else None


def _plain(tokens: Tokens, i: int, j: int, marked: bool) -> Found | None:
    token = tokens[j]
    attached = _ATTACHED.fullmatch(token.raw)
    if attached and (marked or attached[2] or attached[1].isupper()):
        if attached[3] == "M" or (not marked and not attached[2] and token.raw in ("Am",) and _verbal(tokens, j)):
            return None
        tonic = parse_pitch_class(attached[1] + (attached[2] or ""))
        deeper = mode_at(tokens, j + 1)
        mode = "minor" if attached[3] in ("m", "min", "minor") else "major"
        if deeper and deeper[1] in ("minor_pentatonic", "blues"):
            return j + 1 + deeper[0] - i, "key", (tonic, deeper[1])
        return j + 1 - i, "key", (tonic, mode)
    match = _TONIC.fullmatch(token.raw)
    if not match:
        return None
    return _letter(tokens, i, j, marked, match[1], match[2] or "")


def _verbal(tokens: Tokens, j: int) -> bool:
    """`Am I ...` is a question, not a key."""
    return text_at(tokens, j + 1) in ("i", "looking")


def _letter(tokens: Tokens, i: int, j: int, marked: bool, letter: str, accidental: str) -> Found | None:
    k = j + 1
    if not accidental and text_at(tokens, k) in ("sharp", "flat", "#"):
        accidental, k = _ACCIDENTALS[text_at(tokens, k)], k + 1
    tonic = parse_pitch_class(letter + accidental)
    mode = mode_at(tokens, k)
    if mode and not (letter == "a" and not accidental and _is_article(tokens, k + mode[0], marked)):
        return k + mode[0] - i, "key", (tonic, mode[1])
    capital = letter.isupper()
    if mode is None and capital and not marked and k == j + 1 and _stands_alone(tokens, j):
        return k - i, "key", (tonic, "")
    if mode is None and letter.lower() == "a" and not accidental:
        ends = k >= len(tokens) or tokens[k].sign
        said = marked and (ends or (capital and not _noun_follows(tokens, k)))
        return (k - i, "key", (tonic, "" if capital else None)) if said else None
    if mode is None and (marked or (accidental and capital and len(text_at(tokens, j)) == 2) or k > j + 1):
        if marked and not accidental and text_at(tokens, k) in ("section", "part"):
            return None
        return k - i, "key", (tonic, "" if capital else None)
    return None


def _stands_alone(tokens: Tokens, j: int) -> bool:
    """A capital between two commas, `..., G, 96 bpm`; letters in a row are chords or sections."""
    before, after = j - 1, j + 1
    if not (text_at(tokens, before) == "," and text_at(tokens, after) in (",", "")):
        return False
    return not any(0 <= at < len(tokens) and _TONIC.fullmatch(tokens[at].raw) for at in (before - 1, after + 1))


def _noun_follows(tokens: Tokens, k: int) -> bool:
    return (
        k < len(tokens)
        and not tokens[k].sign
        and text_at(tokens, k) not in ("with", "and", "at", "for", "but", "no", "please")
    )


def _is_article(tokens: Tokens, k: int, marked: bool) -> bool:
    """`a minor key`, `a major scale`, `a minor blues`: the letter is an article."""
    following = text_at(tokens, k)
    if following in (
        "key",
        "scale",
        "mode",
        "tonality",
        "feel",
        "mood",
        "tune",
        "song",
        "melody",
        "chord",
        "vibe",
        "ballad",
        "progression",
        "groove",
        "track",
        "beat",
        "piece",
    ):
        return True
    return (
        not marked
        and bool(following)
        and not tokens[k].sign
        and text_at(tokens, k) not in ("at", "with", "and", "no", "for", "please")
    )


def _chord_at(tokens: Tokens, i: int) -> tuple[int, Chord] | None:
    raw = tokens[i].raw
    if not _CHORD.fullmatch(raw):
        return None
    used = 1
    if i + 2 < len(tokens) and tokens[i + 1].text == "/" and re.fullmatch(r"[A-G][#b]?", tokens[i + 2].raw):
        raw, used = f"{raw}/{tokens[i + 2].raw}", 3
    try:
        return used, Chord.parse(raw)
    except BriefError:
        return None


def chords(tokens: Tokens, i: int) -> Found | None:
    """Two chord symbols or more: `Dm7 G7 Cmaj7`, `| Am F | C G |`; value: bars of chords."""
    bars: list[list[Chord]] = [[]]
    j, count, rich, piped, end = i, 0, False, False, i
    while j < len(tokens):
        found = _chord_at(tokens, j)
        if found:
            bars[-1].append(found[1])
            rich |= len(tokens[j].raw) > 1
            j += found[0]
            count, end = count + 1, j
        elif tokens[j].text == "|":
            piped = True
            if bars[-1]:
                bars.append([])
            j += 1
        elif tokens[j].text in ("-", ">", ",", "→", "/") and count and _leads_on(tokens, j):
            j += 1
        else:
            break
    if count < 2 or not (rich or count >= 3) or (count == 2 and not _both_rich(tokens, i)):
        return None
    rows = [bar for bar in bars if bar] if piped else [[chord] for bar in bars for chord in bar]
    return end - i, "chords", tuple(tuple(bar) for bar in rows)


def vamp(tokens: Tokens, i: int) -> Found | None:
    """One chord that stays: `E9 vamp`, `Am7 drone`, `vamp on Dm7`; value: bars of chords."""
    said = text_at(tokens, i) in _STAYS
    j = i + said
    while said and text_at(tokens, j) in ("on", "in", "over", "of", "around"):
        j += 1
    raw = tokens[j].raw if j < len(tokens) else ""
    found = _chord_at([replace(tokens[j], raw=raw[0].upper() + raw[1:])], 0) if len(raw) > 1 else None
    if found is None or not (said or text_at(tokens, j + 1) in _STAYS):
        return None
    return j + 1 + (not said) - i, "chords", ((found[1],),)


def _leads_on(tokens: Tokens, j: int) -> bool:
    while j < len(tokens) and tokens[j].text in ("-", ">", ",", "→", "/"):
        j += 1
    return j < len(tokens) and _chord_at(tokens, j) is not None


def _both_rich(tokens: Tokens, i: int) -> bool:
    """Two bare letters are no progression; `Am F` and `Dm7 G7` are."""
    return len(tokens[i].raw) > 1


def numerals(tokens: Tokens, i: int) -> Found | None:
    """`ii V I`, `I-V-vi-IV`, `IVmaj7 V7 iii7 vi`: three numerals or more, or two joined by a hyphen."""
    names: list[str] = []
    j = i
    while j < len(tokens):
        if _NUMERAL.fullmatch(tokens[j].raw):
            names.append(tokens[j].raw)
        elif not (
            tokens[j].text in ("-", "|", ",", "→", ">")
            and names
            and j + 1 < len(tokens)
            and _NUMERAL.fullmatch(tokens[j + 1].raw)
        ):
            break
        j += 1
    if len(names) < 3 and not (len(names) == 2 and tokens[i + 1].glued):
        return None
    return j - i, "progression", " ".join(names)


def note_range(tokens: Tokens, i: int) -> Found | None:
    """`C3 to C5`, `between E1 and G2`: MIDI pitches, C4 = 60."""
    j = i + (text_at(tokens, i) in ("between", "from", "range"))
    joined = j + 1 < len(tokens) and tokens[j + 1].glued  # "C3-C5"
    low, high = _note(tokens, j), _note(tokens, j + 2 - joined)
    if low is None or high is None or not (joined or text_at(tokens, j + 1) in ("to", "-", "and")):
        return None
    return j + 3 - joined - i, "note_range", (min(low, high), max(low, high))


def _note(tokens: Sequence[Token], i: int) -> int | None:
    match = _NOTE.fullmatch(tokens[i].raw) if i < len(tokens) else None
    if not match:
        return None
    pitch = parse_pitch_class(match[1] + match[2]) + 12 * (int(match[3]) + 1)
    return pitch if 0 <= pitch <= 127 else None


RULES: tuple[Rule, ...] = (chords, vamp, numerals, note_range, key)
