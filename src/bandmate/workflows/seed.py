"""Prompts that are files: a MIDI file that opens the piece, and a drum pattern in a text or MIDI file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bandmate.errors import BriefError, FileFormatError, RuleConflict
from bandmate.generation.measures import most_at_once
from bandmate.groovebook.play import channels_of
from bandmate.io.files import read
from bandmate.limits import BARS, TRACKS
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.cut import split_channels
from bandmate.score.gestures import is_played
from bandmate.score.locks import ALL, TrackLock, places_of
from bandmate.score.model import MADE, NO_KEYS, Score, Track, make_meters, make_tempos
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan
from bandmate.score.timeline import bar_grid
from bandmate.workflows.request import Request, given_bars

_TPQ = 480
_LARGEST_PATTERN_BYTES = 2**16
_DIVISIONS = (1, 2, 3, 4, 6, 8, 12, 24)


@dataclass(frozen=True, slots=True, eq=False)
class Seed:
    """Music that opens a piece.

    Attributes:
        score: its tracks that sound, on 480 ticks a quarter; names: of its tracks, each another.
        meter, bars, tempo: of it; roles: one a track; chords: two a bar where they are known, empty for drums alone.
    """

    score: Score
    names: tuple[str, ...]
    meter: tuple[int, int]
    bars: int
    tempo: float
    roles: tuple[str, ...]
    chords: tuple[Chord, ...]


def read_seed(path: str | Path) -> Seed:
    """Read the music that opens a piece.

    Raises:
        FileFormatError: the file is missing, damaged or holds no notes. BriefError: its meter changes.
    """
    from bandmate.analysis.labels import label

    score = read(path)
    if any(len(np.unique(track.notes["channel"])) > 1 for track in score.tracks):
        score = split_channels(score)
    score = _at_480(replace(score, tracks=tuple(track for track in score.tracks if len(track.notes))))
    if not score.tracks:
        raise FileFormatError(f"{path} has no notes, so there is nothing to go on from; give a file that sounds")
    TRACKS.check(len(score.tracks))
    last = max(int(track.notes["onset_ticks"].max()) for track in score.tracks)
    grid = bar_grid(score, last + 1)
    meters = {(int(row["numerator"]), int(row["denominator"])) for row in grid}
    if len(meters) > 1:
        raise BriefError(f"{path} changes its meter; give a part of it in one meter (bandmate edit --trim)")
    meter = meters.pop()
    bars = int(BARS.check(int(np.searchsorted(grid["start_ticks"], last, side="right"))))
    found = label(score, bar_level=False)
    roles = [guess.role or "melody" for guess in found.roles]
    score = replace(score, tempos=make_tempos(score.bpm), meters=make_meters(*meter), keys=NO_KEYS)
    return Seed(score, _names(score, roles), meter, bars, score.bpm, tuple(roles), _filled(found.chords, bars))


def _filled(chords: tuple[Chord | None, ...], bars: int) -> tuple[Chord, ...]:
    known = [chord for chord in chords[: 2 * bars] if chord is not None]
    out, last = [], known[0] if known else None
    for chord in (*chords, *[None] * (2 * bars))[: 2 * bars]:
        last = chord or last
        out.append(last)
    return tuple(chord for chord in out if chord is not None)


def _names(score: Score, roles: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for track, role in zip(score.tracks, roles, strict=True):
        base = " ".join((track.name or role).split())[:40] or role
        name, number = base, 2
        while name in names:
            name, number = f"{base} {number}", number + 1
        names.append(name)
    return tuple(names)


def _at_480(score: Score) -> Score:
    if score.ticks_per_quarter == _TPQ:
        return score

    def moved(rows: np.ndarray, *columns: str) -> np.ndarray:
        rows = rows.copy()
        for name in columns:
            rows[name] = np.rint(rows[name] * (_TPQ / score.ticks_per_quarter))
        return rows

    tracks = tuple(
        replace(track, notes=moved(track.notes, "onset_ticks", "duration_ticks"),
                events=moved(track.events, "ticks"), end_ticks=0)
        for track in score.tracks
    )  # fmt: skip
    maps = {name: moved(getattr(score, name), "ticks") for name in ("tempos", "meters", "keys")}
    return replace(score, tracks=tracks, **maps, ticks_per_quarter=_TPQ, markers=(), end_ticks=0)


def seeded(brief: Brief, seed: Seed) -> Brief:
    """What is asked, with what the opening music says; what was stated wins, where it can.

    Raises:
        BriefError: another meter was stated. RuleConflict: a track of the music shall not sound.
    """
    from bandmate.analysis.harmony import estimate_key

    if brief.meter is not None and brief.meter != seed.meter:
        raise BriefError(
            f"the MIDI file is in {seed.meter[0]}/{seed.meter[1]}, but {brief.meter[0]}/{brief.meter[1]} is asked; "
            "leave the meter out"
        )
    values: dict[str, object] = {"meter": seed.meter, "tracks": _asks(brief, seed)}
    roles = tuple(dict.fromkeys(seed.roles))
    gone = next((role for role in roles if role in brief.excluded), None)
    if gone is not None:
        raise RuleConflict(f"the MIDI file has a track of {gone}, which shall not sound; leave one of the two out")
    if brief.only:
        values["only"] = (*brief.only, *(role for role in roles if role not in brief.only))
    if brief.tempo is None and brief.tempo_factor == 1.0:
        values["tempo"] = min(400.0, max(20.0, round(seed.tempo, 3)))
    if brief.bars is None and brief.seconds is None and not brief.structure:
        values["bars"] = seed.bars
    if brief.key is None and brief.mode is None and not brief.chords and seed.chords:
        key = estimate_key(seed.score).key
        if key is not None:
            values |= {"key": key, "guessed": (*brief.guessed, "key")}
    return replace(brief, **values)


def _asks(brief: Brief, seed: Seed) -> tuple[TrackAsk, ...]:
    """The tracks of the music, played by the instruments that were asked for their roles, and what else is asked."""
    mine, more = [], list(brief.tracks)
    for track, role, name in zip(seed.score.tracks, seed.roles, seed.names, strict=True):
        role = "drums" if track.is_drum else role
        asked = next((ask for ask in more if ask.role == role), None) or TrackAsk(role)
        if asked in more:
            more.remove(asked)
        program = None if track.is_drum else asked.program if asked.program is not None else track.program
        kit = None if not track.is_drum else asked.kit if asked.kit is not None else track.program
        mine.append(replace(asked, program=program, kit=kit, name=name, low=None, high=None, polyphony=None))
    return (*mine, *more)


def with_seed(request: Request, seed: Seed) -> Request:
    """The request with its opening music given: its cells stay, the rest is written round them.

    Raises:
        RuleConflict: the plan has no place for a track of the music.
    """
    drafts = tuple(replace(draft, plan=_seeded_plan(draft.plan, seed)) for draft in request.drafts)
    places = [track.name for track in request.plan.tracks]
    keep = {places.index(name): index for index, name in enumerate(seed.names)}
    end = request.plan.bars * _TPQ * 4 * seed.meter[0] // seed.meter[1]
    channels = channels_of(request.plan)
    tracks = [_cut(track, end) for track in seed.score.tracks]
    for place, index in keep.items():
        tracks[index].notes["channel"] = tracks[index].events["channel"] = channels[place]
    given = replace(seed.score, tracks=tuple(tracks), end_ticks=end)
    kept = {place: index for place, index in keep.items() if len(tracks[index].notes)}
    return replace(request, drafts=drafts, given=given, keep=kept)


def check_locks(request: Request) -> None:
    """Find out whether a lock names a track that is given from beginning to end, on which nothing is written.

    Raises:
        RuleConflict: so it is; names the track.
    """
    if request.given is None or given_bars(request.plan) is not None:
        return
    for lock in request.brief.locks:
        places = places_of(request.plan.tracks, lock)
        if (lock.track.lower() not in ALL or lock.voices) and places and set(places) <= set(request.keep):
            name = request.plan.tracks[places[0]].name
            raise RuleConflict(
                f"{name} is given from beginning to end, so there is nothing that its lock or pattern could bind; "
                "leave one of the two out, or ask for more bars"
            )


def _cut(track: Track, end: int) -> Track:
    notes = track.notes[track.notes["onset_ticks"] < end].copy()
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], end - notes["onset_ticks"])
    notes["on_order"] = notes["off_order"] = MADE
    played = track.events[is_played(track.events) & (track.events["ticks"] < end)].copy()
    return replace(track, notes=notes, events=played, blobs=(), end_ticks=0)


def _seeded_plan(plan: Plan, seed: Seed) -> Plan:
    names = [track.name for track in plan.tracks]
    missing = next((name for name in seed.names if name not in names), None)
    if missing is not None:
        raise RuleConflict(f"there is no place for the track '{missing}' of the MIDI file; ask for fewer tracks")
    tracks, active, bars = list(plan.tracks), plan.active.copy(), min(seed.bars, plan.bars)
    bar_ticks = _TPQ * 4 * plan.meter[0] // plan.meter[1]
    for name, track in zip(seed.names, seed.score.tracks, strict=True):
        place, notes = names.index(name), track.notes
        planned = tracks[place]
        if planned.lock is None and not track.is_drum:
            low, high = int(notes["pitch"].min()), int(notes["pitch"].max())
            planned = replace(planned, low=min(planned.low, low), high=max(planned.high, high),
                              polyphony=max(planned.polyphony, most_at_once(track.notes)))  # fmt: skip
        tracks[place] = planned
        active[place, :bars] = False
        sounding = np.unique((notes["onset_ticks"] + 10) // bar_ticks)
        active[place, sounding[sounding < bars]] = True
        if not active[place].any():
            active[place, bars - 1] = True
    extra = plan.extra | ({"given_bars": bars} if bars < plan.bars else {})
    return replace(plan, tracks=tuple(tracks), active=active, chords=_chords(plan, seed), extra=extra)


def _chords(plan: Plan, seed: Seed) -> tuple[Chord, ...]:
    """The chords of the opening music, round and round; an ending and stated chords stay."""
    if plan.chord_lock or not seed.chords:
        return plan.chords
    from bandmate.groovebook.harmony import into_key

    chords = [seed.chords[half % len(seed.chords)] for half in range(2 * plan.bars)]
    if plan.key_lock:
        chords = [into_key(chord, plan.key) for chord in chords]
    if plan.bars > seed.bars and not plan.loop:
        chords[-2:] = plan.chords[-2:]
    return tuple(chords)


def drum_pattern(pattern: str | Path) -> tuple[str | TrackLock, tuple[int, int] | None]:
    """A drum pattern as it was typed, or out of a text or MIDI file, and the meter of that file if it says one.

    Raises:
        FileFormatError: the file cannot be read or holds no drums. BriefError: its meter changes.
    """
    text = str(pattern)
    path = Path(text).expanduser()
    if len(text) > 500 or "\n" in text or not (path.suffix or isinstance(pattern, Path)) or "x" in path.suffix[1:2]:
        return text, None
    if not path.is_file():
        if isinstance(pattern, Path) or path.suffix.lower() in (".mid", ".midi", ".txt"):
            raise FileFormatError(
                f"{path} is not there; give a drum pattern such as 'x...x...x...x...' or a file of one"
            )
        return text, None
    if path.suffix.lower() in (".mid", ".midi"):
        return _midi_pattern(path)
    if path.stat().st_size > _LARGEST_PATTERN_BYTES:
        raise FileFormatError(f"{path} is too large for a drum pattern; give lines such as 'kick x...x...x...x...'")
    try:
        return path.read_text(encoding="utf-8"), None
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} is no text; give lines such as 'kick x...x...x...x...'") from error


def _midi_pattern(path: Path) -> tuple[TrackLock, tuple[int, int]]:
    from bandmate.generation.words_locks import VOICES

    seed = read_seed(path)
    drums = [track.notes for track in seed.score.tracks if track.is_drum]
    if not drums:
        raise FileFormatError(f"{path} has no drums (MIDI channel 10); give a drum pattern, or the file with --midi")
    notes = np.concatenate(drums)
    bar_ticks = _TPQ * 4 * seed.meter[0] // seed.meter[1]
    quarters = 4 * seed.meter[0] / seed.meter[1]
    division = next(d for d in _DIVISIONS if d == 24 or _fits(notes["onset_ticks"], d, quarters))
    steps = round(division * quarters)
    where = np.rint(notes["onset_ticks"] * steps / bar_ticks).astype(np.int64)
    voice = {key: struck for struck, keys in reversed(list(VOICES.values())) for key in keys} | {46: 46}
    key_of = np.array([voice.get(int(pitch), int(pitch)) for pitch in notes["pitch"]])
    voices = []
    for key in sorted(set(key_of.tolist())):
        struck = set(where[key_of == key].tolist())
        bars = range(0, seed.bars * steps, steps)
        voices.append((key, tuple("".join("x" if bar + at in struck else "." for at in range(steps)) for bar in bars)))
    return TrackLock("drums", voices=tuple(voices)), seed.meter


def _fits(onset: np.ndarray, division: int, quarters: float) -> bool:
    if division * quarters != round(division * quarters):
        return False
    exact = onset * division / _TPQ
    return bool(np.all(np.abs(exact - np.rint(exact)) * (24 / division) < 0.5))
