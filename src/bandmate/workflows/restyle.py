"""Restyle: melody and harmony of a song stay; rhythm, instruments and texture are another genre's, or a reference's.

The song becomes a plan with its own key, chords, meter and sections; its melody is given, and everything else is
written anew by the engine that composes, so that the result is a take like any other. A song that changes its meter has
no such plan: it is restyled as an edit of all its bars (`restyle_bars`), stretch by stretch, in its own tempo.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.genres import genre
from bandmate.analysis.meter import score_bars
from bandmate.analysis.sections import find_sections
from bandmate.counts import counted
from bandmate.errors import BriefError
from bandmate.groovebook.backing import mean_tempo, one_meter
from bandmate.groovebook.cells import TPQ
from bandmate.groovebook.harmonise import harmonise, melody_key
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import channels_of
from bandmate.groovebook.setting import without_gaps
from bandmate.io.files import read, write
from bandmate.limits import BARS, TAKES, TEMPO
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.gm import program_range
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan
from bandmate.score.timeline import bar_grid, meter_runs
from bandmate.settings import Settings, load_settings
from bandmate.workflows.compose import ComposeOptions, ComposeResult, make_options, run, tell_heard
from bandmate.workflows.edit_takes import EditResult
from bandmate.workflows.export import TARGETS, parse_targets
from bandmate.workflows.given import melody_of, read_given
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.making import WEIGHTS, check_engine, check_sounds
from bandmate.workflows.places import take_folder
from bandmate.workflows.request import Request, draft_of
from bandmate.workflows.restyle_like import Style, genre_heard, style_named, style_of
from bandmate.workflows.take_files import parents_of

_KNOWN_SECTIONS = ("intro", "verse", "chorus", "bridge", "break", "outro")
_OF_STRETCHES = ("out", "takes", "seed", "engine", "model", "variety", "temperature", "candidates", "no_copy")
_OF_SOUND = ("stems", "key_lock")  # there is no sound, and the key stays


def restyle(
    path: str | Path,
    *,
    to: str | Sequence[str] | None = None,
    like: str | Path | None = None,
    melody: str | None = None,
    tempo: float | None = None,
    listener: Listener | None = None,
    settings: Settings | None = None,
    **options: Any,
) -> ComposeResult | EditResult:
    """Play a song in another style.

    Args:
        path: the song; it stays as it is.
        to: a genre, and projects of sequencers that each take gets, such as `("house", "ableton")`.
        like: instead of a genre, a file whose genre, tempo, swing and instruments are taken.
        melody: the track that stays, by name, role or number; None = the one that is heard.
        tempo: quarter notes a minute; None = the song's, moved into what the genre is played at.
        listener: gets events, as in `compose`.
        settings: defaults; None = those of `bandmate.toml`.
        options: those of `ComposeOptions` that say how: out, takes, seed, engine, model, stems ...

    Returns:
        Takes with their sound; of a song that changes its meter those of an edit, notes alone.

    Raises:
        FileFormatError: a file cannot be read.
        BriefError: neither or both of a genre and `like`, two genres, or an unknown one; of a song that changes its
            meter an option that needs one plan.
        ScoreError: no melody.
        OutputError: the folder cannot be written.
    """
    named, projects = _style_and_projects(to)
    if (named is None) == (like is None):
        raise BriefError("say which style it shall have: give --to GENRE or --like FILE, one of the two")
    chosen = ComposeOptions.of({**options, "to": projects})
    defaults = load_settings() if settings is None else settings
    making = make_options(chosen, defaults)
    check_engine(making)
    check_sounds(making)
    TAKES.check(chosen.takes)
    score = read_given(path)
    if changes := meter_runs(bar_grid(score), score.ticks_per_quarter)[1:]:
        stated = {"tempo": tempo, "to": projects, **options}
        genre_id = named if named is not None else _genre_of(Path(str(like)), listener)
        return _stretch_by_stretch(path, genre_id, melody, changes[0][0], stated, listener, defaults)
    meter = one_meter(score)
    style = style_named(named, meter) if named is not None else style_of(Path(str(like)), meter)
    place = melody_of(score, melody)
    seed = secrets.randbelow(2**31) if chosen.seed is None else chosen.seed
    song = song_of(score, place, style, tempo)
    plans = [song.plan(seed + number, seed) for number in range(chosen.takes)]
    heard = (
        f"{Path(path).name} in {style.genre}: {plans[0].tempo:g} BPM, {song.key.name}, "
        f"{counted(plans[0].bars, 'bar')}; "
        f"melody from {' '.join(score.tracks[place].name.split()) or f'track {place + 1}'}"
    ) + (f"; {style.said}" if style.said else "")
    singer = next(i for i, track in enumerate(plans[0].tracks) if track.role == "melody")
    given, source = song.given(plans[0], singer)
    parents = parents_of(path, *filter(None, [like]))
    request = Request(
        name="take", brief=plans[0].brief, heard=heard, options=making, given=given, keep={singer: source},
        parents=parents, direct=len(parents),
        drafts=tuple(draft_of(plan, plan.seed, making, chosen.takes) for plan in plans),
    )  # fmt: skip
    job = Job(listener, WEIGHTS)
    tell_heard(request, job)
    folder = take_folder(chosen.out, f"{Path(path).stem} {style.genre}", defaults.out)
    takes = run(replace(request, name=folder.name), folder, chosen.out, job)
    return ComposeResult(takes, folder, heard)


def _stretch_by_stretch(
    path: str | Path, genre: str, melody: str | None, change: int, stated: dict[str, Any], listener: Listener | None,
    settings: Settings,
) -> EditResult:  # fmt: skip
    """Restyle all bars of a song that changes its meter with bar `change`, from 0, as an edit."""
    from bandmate.workflows.edits import run_edit

    usual = {item.name: getattr(ComposeOptions(), item.name) for item in fields(ComposeOptions)}
    own = {name: value for name, value in stated.items() if name in _OF_STRETCHES and value is not None}
    for name, value in stated.items():
        if name not in (*_OF_STRETCHES, *_OF_SOUND) and value and value != usual.get(name):
            raise BriefError(
                f"{Path(path).name} changes its meter at bar {change + 1}, so it is restyled stretch by stretch, in "
                f"its own tempo and as notes alone; leave --{name.replace('_', '-')} out"
            )
    bars = f"1-{len(bar_grid(read(path)))}"
    return run_edit("restyle", path, to=genre, melody=melody, bars=bars, listener=listener, settings=settings, **own)


def _genre_of(like: Path, listener: Listener | None) -> str:
    """The genre that a reference sounds like; the rest of it finds no place in a song that changes its meter."""
    name, chance = genre_heard(like)
    Job(listener).tell(
        "notice",
        text=f"the song changes its meter, so of {like.name} the genre alone is taken: {name.replace('_', ' ')} "
        f"({chance:.0%} sure; --to names another)",
    )
    return name


def _style_and_projects(to: str | Sequence[str] | None) -> tuple[str | None, tuple[str, ...]]:
    """What `to` names: one style, and projects of sequencers; no genre is called as they are."""
    words = [to] if isinstance(to, str) else list(to or ())
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    styles = [name for name in names if name.lower() not in TARGETS]
    if len(styles) > 1:
        raise BriefError(
            f"'{styles[0]}' and '{styles[1]}' are two; give one style, and projects of {', '.join(TARGETS)}"
        )
    return (styles[0] if styles else None), parse_targets([name for name in names if name.lower() in TARGETS])


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """What of a song stays: its melody, and chords, key, meter and sections.

    Attributes:
        melody: the track, at 480 ticks a quarter, one note at a time.
        chords: two a bar.
        brief: what is asked of the rest.
    """

    melody: Track
    chords: tuple[Chord, ...]
    key: Key
    bars: int
    brief: Brief

    def plan(self, seed: int, shared: int) -> Plan:
        """A plan for the band, in which the melody sounds where it sounds."""
        plan = make_plan(self.brief, seed, shared=shared)
        singer = next(i for i, track in enumerate(plan.tracks) if track.role == "melody")
        who = plan.tracks[singer]
        pitch = self.melody.notes["pitch"]
        tracks = list(plan.tracks)
        tracks[singer] = replace(
            who, low=min(who.low, int(pitch.min())), high=max(who.high, int(pitch.max())), polyphony=1
        )
        active = plan.active.copy()
        active[singer] = _sounding(self.melody.notes, plan)
        others = [i for i, track in enumerate(tracks) if i != singer]
        if others:
            active[others[0], ~active.any(0)] = True
        # the song's last bar is sung: an ending of the genre's own would cut into it
        extra = plan.extra | {"ending": "ring" if plan.bars >= 4 else "loop"}
        return replace(plan, key=self.key, tracks=tuple(tracks), active=active, extra=extra)

    def given(self, plan: Plan, singer: int) -> tuple[Score, int]:
        """The melody on the plan's bars as a file holds it, and its track there: what `replay` will read."""
        end = plan.bars * TPQ * 4 * plan.meter[0] // plan.meter[1]
        notes = self.melody.notes.copy()
        notes["channel"] = channels_of(plan)[singer]
        alone = replace(self.melody, notes=notes)
        score = Score((alone,), TPQ, make_tempos(plan.tempo), make_meters(*plan.meter), end_ticks=end)
        with TemporaryDirectory() as folder:
            read_back = read(write(score, Path(folder) / "given.mid"))
        return read_back, next(i for i, track in enumerate(read_back.tracks) if len(track.notes))


def _sounding(notes: NDArray[Any], plan: Plan) -> NDArray[np.bool_]:
    bar_ticks = TPQ * 4 * plan.meter[0] // plan.meter[1]
    on = np.zeros(plan.bars, bool)
    first = np.clip(notes["onset_ticks"] // bar_ticks, 0, plan.bars - 1)
    last = np.clip((notes["onset_ticks"] + notes["duration_ticks"] - 1) // bar_ticks, 0, plan.bars - 1)
    for start, stop in zip(first.tolist(), last.tolist(), strict=True):
        on[start : stop + 1] = True
    return on


def song_of(score: Score, place: int, style: Style, tempo: float | None = None) -> Song:
    """Take out of a song what stays.

    Args:
        score: the song, with roles on its tracks; one meter throughout.
        place: the track of its melody.
        style: what it shall become.
        tempo: quarter notes a minute, None = the song's, in the genre's range.
    """
    meter = one_meter(score, "the song")
    grid = score_bars(score)
    BARS.check(len(grid))
    key = melody_key(score)
    others = tuple(t for i, t in enumerate(score.tracks) if i != place and not t.is_drum and len(t.notes))
    heard = without_gaps(estimate_chords(score, grid), key) if others else None
    chords = heard or harmonise(score, place, style.genre, key)
    track = score.tracks[place]
    stated = tuple((chords[2 * bar], chords[2 * bar + 1]) for bar in range(len(grid)))
    brief = Brief(
        text=f"in {style.genre}", genre=style.genre, bars=len(grid), meter=meter, chords=stated, swing=style.swing,
        tempo=TEMPO.check(float(tempo)) if tempo is not None else style.tempo or _tempo(mean_tempo(score), style.genre),
        tracks=(*_melody_ask(track, style), *style.tracks), structure=_structure(score) if len(grid) >= 16 else (),
    )  # fmt: skip
    return Song(_line(track, score.ticks_per_quarter), chords, key, len(grid), brief)


def _melody_ask(track: Track, style: Style) -> tuple[TrackAsk, ...]:
    """The melody on an instrument of the genre; on its own one where the reference or its range say so."""
    pitch = track.notes["pitch"]
    for program in genre(style.genre)["melody"]["programs"]:
        low, high = program_range(program)
        if low <= int(pitch.min()) and int(pitch.max()) <= high:
            return (TrackAsk("melody", program),)
    return (TrackAsk("melody", track.program),)


def _tempo(bpm: float, name: str) -> float:
    """The song's tempo where the genre is played so fast, else the nearest at which it is."""
    facts = genre(name)["tempo"]
    low, high = facts["min"] * 0.92, facts["max"] * 1.08
    return round(bpm, 3) if low <= bpm <= high else float(min(facts["max"], max(facts["min"], round(bpm))))


def _structure(score: Score) -> tuple[tuple[str, int, int, tuple[str, ...]], ...]:
    """The song's own sections, with their energy."""
    return tuple((s.name if s.name in _KNOWN_SECTIONS else "verse", s.bars, s.energy, ()) for s in find_sections(score))


def _line(track: Track, ticks_per_quarter: int) -> Track:
    """The top voice of a track at 480 ticks a quarter."""
    factor = TPQ / ticks_per_quarter
    notes = track.notes[np.lexsort((track.notes["pitch"], track.notes["onset_ticks"]))]
    top = np.append(np.diff(notes["onset_ticks"]) > ticks_per_quarter // 24, True)
    notes = notes[top]
    onset = np.rint(notes["onset_ticks"] * factor).astype(np.int64)
    stop = np.rint((notes["onset_ticks"] + notes["duration_ticks"]) * factor).astype(np.int64)
    stop[:-1] = np.minimum(stop[:-1], onset[1:])
    made = make_notes(onset, np.maximum(1, stop - onset), notes["pitch"], np.maximum(1, notes["velocity"]))
    return Track(track.name, track.program, False, made, role="melody")
