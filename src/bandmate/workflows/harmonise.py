"""Harmonise: chords, or a second voice, under a melody; reharmonise: other chords under the same one."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.errors import BriefError, ScoreError
from bandmate.groovebook.backing import BackingAsk, backing, named_apart
from bandmate.groovebook.colours import bound, carries, coloured_all, tensions
from bandmate.groovebook.harmonise import harmonise as chords_for
from bandmate.groovebook.harmonise import melody_key, sung
from bandmate.groovebook.reharmonise import reharmonise as other_chords
from bandmate.groovebook.revoice import Change, revoiced
from bandmate.groovebook.second_voice import second_voice
from bandmate.groovebook.setting import without_gaps
from bandmate.limits import SEED
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.pitch import Chord, Key
from bandmate.score.selection import Selection, find_tracks, select
from bandmate.score.splice import added, splice
from bandmate.workflows.edit_desk import notes_within
from bandmate.workflows.given import MELODIES, genre_named, melody_of, options_from, read_given
from bandmate.workflows.outcome import Outcome, Saved, check_out, save_outcome

ADDABLE = ("chords", "bass", "drums", "pad", "arp", "strings")
_SOFTER = 0.86  # velocity of a second voice against the first


@dataclass(frozen=True, slots=True)
class HarmoniseOptions:
    """What is asked.

    Attributes:
        style: a genre, whose chords and comping are wanted.
        add: parts, of ADDABLE, separated by commas.
        voice: a second voice instead; above: over the melody, not under it.
        key: such as "D minor"; None = the one that is heard.
        tracks: the melody, by name, role or number; None = the one that is heard. bars: `5-8`; None = all.
        seed: of the playing; None = any.
        out: file or folder; None = `NAME-harmonise.mid` beside the file.
        overwrite: whether a file of that name may be replaced.
    """

    style: str = "pop"
    add: str = "chords"
    voice: bool = False
    above: bool = False
    key: str | None = None
    tracks: str | None = None
    bars: str | None = None
    seed: int | None = None
    out: str | Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class ReharmoniseOptions:
    """What is asked.

    Attributes:
        style: a genre, whose taste and spelling is wanted.
        strength: 0 = the same chords in the style's spelling, 1 = change what can be changed.
        melody: the track that stays, by name, role or number; None = the one that is heard.
        tracks: which are rewritten; None = all that are neither drums nor sung. bars: `5-8`; None = all.
        key, seed, out, overwrite: as in `HarmoniseOptions`.
    """

    style: str = "jazz"
    strength: float = 0.7
    melody: str | None = None
    tracks: str | None = None
    bars: str | None = None
    key: str | None = None
    seed: int | None = None
    out: str | Path | None = None
    overwrite: bool = False


def _seed(stated: int | None) -> int:
    return secrets.randbelow(2**31) if stated is None else int(SEED.check(stated))


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
    unknown = [role for role in roles if role not in ADDABLE]
    if unknown or not roles:
        raise BriefError(f"'{text}' cannot be added; give one or more of {', '.join(ADDABLE)}")
    return roles


def _line(chords: Sequence[Chord], key: Key) -> str:
    """Chords two a bar as a musician writes them."""
    spelt = [chord.spell(key.uses_flats) for chord in chords]
    bars = [spelt[i] if spelt[i] == spelt[i + 1] else f"{spelt[i]} {spelt[i + 1]}" for i in range(0, len(spelt), 2)]
    return " | ".join(bars)


def _weights(score: Score, track: int) -> NDArray[np.float64]:
    notes = score.tracks[track].notes
    return sung(notes, half_bar_edges(score_bars(score)), score.ticks_per_quarter).weight


def _borne(chords: Sequence[Chord], weights: NDArray[np.float64]) -> float:
    """Share of the pitch classes held on strong places that are tones or tensions of their chord."""
    held = [(pc in tensions(chord)) for chord, row in zip(chords, weights, strict=True) for pc in bound(row)]
    return round(sum(held) / len(held), 4) if held else 1.0


def harmonise(path: str | Path, options: HarmoniseOptions | None = None, **asked: Any) -> Saved:
    """Put chords, or a second voice, to a melody.

    Args:
        path: the file; it stays as it is.
        options: what is asked, or instead of it
        asked: its fields as keywords.

    Raises:
        FileFormatError: the file cannot be read.
        BriefError: an unknown style, part or key.
        ScoreError: no melody, no such bars, or no MIDI channel left.
        OutputError: the result cannot be written.
    """
    options, source = options_from(HarmoniseOptions, options, asked), Path(path)
    check_out(options.out, (source,), overwrite=options.overwrite)
    style, roles, seed = genre_named(options.style), _roles(options.add), _seed(options.seed)
    score = read_given(source)
    melody = melody_of(score, options.tracks)
    cells = None if options.bars is None else select(score, str(melody + 1), options.bars)
    span = None if cells is None else cells.span(score)
    alone = all(i == melody or t.is_drum or not len(t.notes) for i, t in enumerate(score.tracks))
    key = Key.parse(options.key) if options.key else melody_key(score)
    weights = _weights(score, melody)
    heard = None if alone else _heard_chords(score, melody, key)
    chords = heard or coloured_all(chords_for(score, melody, style, key), key, style, weights)
    if options.voice:
        new: tuple[Track, ...] = (_second_voice(score, melody, chords, key, options.above),)
    else:
        new = backing(score, melody, BackingAsk(style, roles, chords, key, seed))
    new = named_apart([_inside(track, span) for track in new], [t.name for t in score.tracks])
    result, places = added(score, [track for track in new if len(track.notes)])
    names = ", ".join(result.tracks[place].name for place in places)
    shown = chords if cells is None else chords[2 * cells.first_bar : 2 * cells.last_bar + 2]
    whose = "the chords of the other parts" if heard else f"chords found for the melody, {options.style}"
    done = (f"heard {key.name}; added {names}", f"{whose}: {_line(shown, key)}")
    report = {
        "key": key.name, "chords": _line(chords, key), "chords_heard": heard is not None,
        "melody_borne": _borne(chords, weights),
        "added": [result.tracks[place].name for place in places],
    }  # fmt: skip
    recipe = asdict(options) | {"seed": seed}
    return save_outcome(
        Outcome("harmonise", result, done, report, recipe, {"file": source}, chords=chords),
        options.out,
        overwrite=options.overwrite,
    )


def _heard_chords(score: Score, melody: int, key: Key) -> tuple[Chord, ...]:
    """The chords of the other parts."""
    others = tuple(t for i, t in enumerate(score.tracks) if i != melody and not t.is_drum and len(t.notes))
    return without_gaps(estimate_chords(replace(score, tracks=others), score_bars(score)), key)


def _inside(track: Track, span: tuple[int, int] | None) -> Track:
    if span is None:
        return track
    notes = track.notes[(track.notes["onset_ticks"] >= span[0]) & (track.notes["onset_ticks"] < span[1])].copy()
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], span[1] - notes["onset_ticks"])
    return track.with_notes(notes)


def _second_voice(score: Score, melody: int, chords: tuple[Chord, ...], key: Key, above: bool) -> Track:
    track, quarter = score.tracks[melody], score.ticks_per_quarter
    notes = track.notes[np.lexsort((track.notes["pitch"], track.notes["onset_ticks"]))]
    top = np.append(np.diff(notes["onset_ticks"]) > quarter // 24, True)  # of a chord the highest note is sung
    notes = notes[top]
    edges = half_bar_edges(score_bars(score))
    slot = np.clip(np.searchsorted(edges, notes["onset_ticks"] + quarter // 24, side="right") - 1, 0, len(chords) - 1)
    off = (notes["onset_ticks"] - edges[slot] + quarter // 12) % quarter
    strong = (off <= quarter // 6) | (notes["duration_ticks"] >= quarter)
    pitches = second_voice(notes["pitch"].tolist(), strong.tolist(), [chords[i] for i in slot], key, above=above)
    loud = np.clip(np.rint(notes["velocity"] * _SOFTER), 1, 127)
    made = make_notes(notes["onset_ticks"], notes["duration_ticks"], pitches, loud)
    return Track("second voice", track.program, False, made, role="lead")


def reharmonise(path: str | Path, options: ReharmoniseOptions | None = None, **asked: Any) -> Saved:
    """Other chords under the same melody: every part that carries harmony is rewritten to fit them.

    Args:
        path: the file; it stays as it is.
        options: what is asked, or instead of it
        asked: its fields as keywords.

    Raises:
        FileFormatError: the file cannot be read.
        BriefError: an unknown style or key.
        ScoreError: no melody, nothing that carries chords, no such cells, or a strength out of range.
        OutputError: the result cannot be written.
    """
    options, source = options_from(ReharmoniseOptions, options, asked), Path(path)
    check_out(options.out, (source,), overwrite=options.overwrite)
    if not 0 <= options.strength <= 1:
        raise ScoreError(f"strength {options.strength:g} is out of range; give 0 (the same chords) to 1 (all others)")
    style, seed = genre_named(options.style), _seed(options.seed)
    score = read_given(source)
    melody = melody_of(score, options.melody)
    cells = _harmony_cells(score, melody, options)
    bars = score_bars(score)
    key = Key.parse(options.key) if options.key else melody_key(score)
    before = without_gaps(estimate_chords(score, bars), key)
    weights = _weights(score, melody)
    found = other_chords(before, weights, key, style, options.strength, seed)
    after = tuple(
        new if cells.first_bar <= at // 2 <= cells.last_bar else old
        for at, (old, new) in enumerate(zip(before, found.chords, strict=True))
    )
    change = Change(half_bar_edges(bars), before, after, key, score.ticks_per_quarter)
    start, end = cells.span(score)
    notes = {index: notes_within(_moved(score.tracks[index], change), start, end) for index in cells.tracks}
    result = splice(score, cells, notes)
    here = slice(2 * cells.first_bar, 2 * cells.last_bar + 2)
    rules = _rules(before[here], after[here], found.rules[here])
    told = ", ".join(f"{count} x {rule.replace('_', ' ')}" for rule, count in rules.items())
    changed, where = sum(rules.values()), "" if options.bars is None else f", bars {options.bars}"
    done = (
        f"heard {key.name}{where}: {_line(before[here], key)}",
        f"now: {_line(after[here], key)}",
        f"{changed} of {len(after[here])} half bars have other tones" + (f" ({told})" if told else ""),
    )
    report = {
        "key": key.name, "before": _line(before, key), "after": _line(after, key), "rules": rules,
        "half_bars_changed": changed, "melody_borne": _borne(after, weights),
        "melody_borne_before": _borne(before, weights),
        "strong_notes_carried": all(
            carries(new, row) for old, new, row in zip(before, after, weights, strict=True) if new != old
        ),
    }  # fmt: skip
    recipe = asdict(options) | {"seed": seed}
    return save_outcome(
        Outcome("reharmonise", result, done, report, recipe, {"file": source}, chords=after),
        options.out,
        overwrite=options.overwrite,
    )


def _rules(before: Sequence[Chord], after: Sequence[Chord], rules: Sequence[str]) -> dict[str, int]:
    """By which rule each half bar got its other tones, the commonest first; they add up to all that have some."""
    found = Counter(
        rule if rule and new.root != old.root else "colour"
        for old, new, rule in zip(before, after, rules, strict=True)
        if old.pitch_classes != new.pitch_classes
    )
    return dict(found.most_common())


def _harmony_cells(score: Score, melody: int, options: ReharmoniseOptions) -> Selection:
    """The tracks that carry harmony, in the asked bars."""
    if options.tracks is not None:
        words = [word.strip() for word in options.tracks.split(",") if word.strip()]
        chosen = {index for word in words for index in find_tracks(score, word)}
    else:
        chosen = {i for i, t in enumerate(score.tracks) if t.role not in MELODIES[:1]}
    chosen = sorted(
        i for i in chosen if i != melody and len(score.tracks[i].notes) and not score.tracks[i].is_drum
    )  # fmt: skip
    if not chosen:
        raise ScoreError("no part carries chords beside the melody; put some there first with bandmate harmonise")
    whole = select(score, str(chosen[0] + 1), options.bars) if options.bars else None
    last = len(score_bars(score)) - 1
    first_bar, last_bar = (whole.first_bar, whole.last_bar) if whole else (0, last)
    return Selection(tuple(chosen), first_bar, last_bar)


def _moved(track: Track, change: Change) -> NDArray[Any]:
    return revoiced(track.notes, change, bass=track.role == "bass", wholly=track.role not in MELODIES)
