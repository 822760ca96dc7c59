"""REAPER projects (.rpp): plain text with items of notes and of sound, written and read.

Source: the format as REAPER 6 and 7 write it. Colours are stored as Windows does, blue in the highest byte.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import OutputError
from bandmate.io.als.write import fresh_project
from bandmate.io.atomic import write_text_atomic
from bandmate.io.cloning import place_file
from bandmate.io.messages import clips_with_messages, message_rows
from bandmate.io.project import (
    OTHER,
    Look,
    Project,
    Section,
    look_of,
    losses,
    meter_fits,
    meter_steps,
    project_of,
    tempo_steps,
)
from bandmate.io.sounds_named import sound_note
from bandmate.score.cut import split_channels
from bandmate.score.model import OFF_AS_ON, Score

TEMPO = (1.0, 960.0)
NUMERATORS, DENOMINATORS = 255, 64
STEMS = "stems"
_SPACE = uuid.UUID("5a1a6a5e-63f8-4f0e-9a52-0d1f3a3a7c11")  # our own, so that the same project has the same ids
_KINDS = {".wav": "WAVE", ".flac": "FLAC", ".ogg": "VORBIS", ".aif": "WAVE", ".aiff": "WAVE"}


def quoted(text: str) -> str:
    """Text in the kind of quotes that it does not hold itself."""
    text = " ".join(text.split())
    for sign in ('"', "'", "`"):
        if sign not in text:
            return f"{sign}{text}{sign}"
    return "`" + text.replace("`", "'") + "`"


def _float(value: float) -> str:
    return f"{value:.14f}".rstrip("0").rstrip(".") or "0"


def write_reaper_project(project: Project, folder: Path, *, link: bool = False) -> Path:
    """Write a folder with the project and its stems.

    Args:
        project: what is written.
        folder: must not be there.
        link: whether stems may be hard links instead of copies.

    Returns:
        The project's path.

    Raises:
        OutputError: the folder is there already, or cannot be written. FileFormatError: a stem is missing.
    """
    project.check_stems()
    with fresh_project(folder) as making:
        files = []
        for number, stem in enumerate(project.stems, 1):
            (making / STEMS).mkdir(exist_ok=True)
            name = stem.path.name
            if (making / STEMS / name).exists():
                name = f"{number:02d}-{name}"
            place_file(stem.path, making / STEMS / name, link=link)
            files.append(f"{STEMS}/{name}")
        (making / f"{project.name}.rpp").write_text(rpp_text(project, files), encoding="utf-8", newline="\n")
    return folder / f"{project.name}.rpp"


def write_rpp(score: Score, path: str | Path) -> Path:
    """Write a score without sound; a project that is there already is never written over.

    Raises:
        OutputError: a file of that name is there, or the place cannot be written.
    """
    path = Path(path)
    if path.exists():
        raise OutputError(f"{path} is there already and stays as it is; give another name")
    return write_text_atomic(path, rpp_text(project_of(split_channels(score), path.stem), ()))


def reaper_losses(score: Score) -> tuple[str, ...]:
    """What a REAPER project as it is written here does not hold of a score, one sentence each."""
    return losses(score, tempo=TEMPO, numerators=NUMERATORS, denominators=DENOMINATORS)


def rpp_text(project: Project, files: Sequence[str]) -> str:
    """A project as text; `files` are the paths of its stems, relative to it."""
    score = project.score
    bpm, meter = _tempo(tempo_steps(score)[0][1]), _held(meter_steps(score)[0][1])
    lines = ['<REAPER_PROJECT 0.1 "7.0/bandmate" 0', "  RIPPLE 0", "  PLAYRATE 1 0 0.25 4", "  SAMPLERATE 44100 0 0",
             f"  TEMPO {_float(bpm)} {meter[0]} {meter[1]}", *_tempo_map(score), *_markers(project)]  # fmt: skip
    stems = {stem.track: place for place, stem in enumerate(project.stems) if stem.track is not None}
    for index, name in enumerate(project.names()):
        look = look_of(score.tracks[index])
        if index in stems:
            lines += _stem_track(project, stems[index], files, f"{name} (stem)", look)
        lines += _note_track(project, index, name, look, muted=index in stems)
    for place, stem in enumerate(project.stems):
        if stem.track is None:
            lines += _stem_track(project, place, files, stem.name, OTHER)
    return "\n".join([*lines, ">", ""])


def _tempo(bpm: float) -> float:
    return min(max(bpm, TEMPO[0]), TEMPO[1])


def _seconds(score: Score, ticks: Sequence[int]) -> NDArray[np.float64]:
    """Where places stand under the tempo map that is written here, whose tempi are plain numbers within the limits."""
    steps = tempo_steps(score)
    starts = np.array([at for at, _ in steps])
    tick_sec = np.array([60.0 / _tempo(bpm) for _, bpm in steps]) / score.ticks_per_quarter
    elapsed_sec = np.append(0.0, np.cumsum(np.diff(starts) * tick_sec[:-1]))
    rows = np.searchsorted(starts, ticks, side="right") - 1
    return elapsed_sec[rows] + (np.asarray(ticks) - starts[rows]) * tick_sec[rows]


def _held(meter: tuple[int, int]) -> tuple[int, int]:
    return meter if meter_fits(meter, NUMERATORS, DENOMINATORS) else (4, 4)


def _tempo_map(score: Score) -> Iterable[str]:
    """Tempo and meter changes as points of square shape, where there are any."""
    tempos = {ticks: _tempo(bpm) for ticks, bpm in tempo_steps(score)}
    meters = {t: m for t, m in meter_steps(score) if meter_fits(m, NUMERATORS, DENOMINATORS)}
    if len(tempos) < 2 and len(meters) < 2:
        return
    yield "  <TEMPOENVEX"
    yield "    ACT 1 -1"
    yield "    VIS 1 0 1"
    yield "    LANEHEIGHT 0 0"
    yield "    ARM 0"
    yield "    DEFSHAPE 1 -1 -1"
    places = sorted({0, *tempos, *meters})
    bpm = tempos[0]
    for ticks, seconds in zip(places, _seconds(score, places).tolist(), strict=True):
        bpm = tempos.get(ticks, bpm)
        point = f"    PT {_float(seconds)} {_float(bpm)} 1"
        if ticks in meters or ticks == 0:
            above, below = meters.get(ticks, (4, 4))
            point += f" {above + 65536 * below} 0 1"
        yield point
    yield "  >"


def _markers(project: Project) -> Iterable[str]:
    seconds = _seconds(project.score, [section.start_ticks for section in project.sections]).tolist()
    for number, (at, section) in enumerate(zip(seconds, project.sections, strict=True), 1):
        yield f"  MARKER {number} {_float(at)} {quoted(section.name)} 0"


def _track_head(project: Project, place: str, name: str, look: Look, muted: bool, note: str = "") -> list[str]:
    red, green, blue = (int(look.rgb[at : at + 2], 16) for at in (1, 3, 5))
    lines = [
        f"  <TRACK {_identifier(project, place)}", f"    NAME {quoted(name)}",
        f"    PEAKCOL {0x1000000 | blue << 16 | green << 8 | red}", "    VOLPAN 1 0 -1 -1 1",
        f"    MUTESOLO {int(muted)} 0 0",
    ]  # fmt: skip
    return lines if not note else [*lines, "    <EXT", f"      bandmate {quoted(note)}", "    >"]


def _identifier(project: Project, place: str) -> str:
    return "{" + str(uuid.uuid5(_SPACE, f"{project.name}/{place}")).upper() + "}"


def _note_track(project: Project, index: int, name: str, look: Look, muted: bool) -> list[str]:
    score, track = project.score, project.score.tracks[index]
    lines = _track_head(project, f"notes {index}", name, look, muted, sound_note(track, not muted))
    for number, (span, notes, messages) in enumerate(clips_with_messages(track, project.sections)):
        source = _midi_source(notes, messages, span, score.ticks_per_quarter)
        lines += _item(project, f"notes {index} {number}", span, name, source)
    return [*lines, "  >"]


def _stem_track(project: Project, place: int, files: Sequence[str], name: str, look: Look) -> list[str]:
    stem = project.stems[place]
    kind = _KINDS.get(stem.path.suffix.lower(), "WAVE")
    source = [f"      <SOURCE {kind}", f"        FILE {quoted(files[place])}", "      >"]
    lines = _track_head(project, f"stem {place}", name, look, False)
    return [*lines, *_item(project, f"stem {place}", stem.seconds, name, source), "  >"]


def _item(project: Project, place: str, span: Section | float, name: str, source: list[str]) -> list[str]:
    if isinstance(span, Section):
        start, end = _seconds(project.score, [span.start_ticks, span.end_ticks]).tolist()
        name = f"{name} {span.name}"
    else:
        start, end = 0.0, span
    return [
        "    <ITEM", f"      POSITION {_float(start)}", f"      LENGTH {_float(end - start)}", "      LOOP 0",
        f"      IGUID {_identifier(project, f'item {place}')}", f"      NAME {quoted(name)}", *source, "    >",
    ]  # fmt: skip


def _midi_source(notes: NDArray[Any], messages: NDArray[Any], span: Section, grid: int) -> list[str]:
    """Events with waits in ticks; at one tick note ends, controllers, beginnings; all notes off marks the end."""
    count = len(notes)
    start = notes["onset_ticks"] - span.start_ticks
    stop = start + np.maximum(1, notes["duration_ticks"])
    off = np.where(notes["off_velocity"] == OFF_AS_ON, 64, notes["off_velocity"])
    ons = np.stack([start, 0x90 | notes["channel"], notes["pitch"], notes["velocity"]], axis=1)
    offs = np.stack([stop, 0x80 | notes["channel"], notes["pitch"], off], axis=1)
    told = message_rows(messages, span.start_ticks)
    rows = np.concatenate([offs, told, ons]).astype(np.int64)
    kind = np.repeat([0, 1, 2], [count, len(told), count])
    order = np.concatenate([notes["pitch"], np.arange(len(told)), notes["pitch"]])
    rows = rows[np.lexsort((order, kind, rows[:, 0]))]
    waits = np.diff(rows[:, 0], prepend=0)
    lines = ["      <SOURCE MIDI", f"        HASDATA 1 {grid} QN"]
    lines += [
        f"        E {wait} {status:02x} {key:02x} {value:02x}"
        for wait, status, key, value in zip(waits.tolist(), *rows[:, 1:].T.tolist(), strict=True)
    ]
    rest = max(0, span.end_ticks - span.start_ticks - int(rows[-1, 0]))
    return [*lines, f"        E {rest} b0 7b 00", "      >"]
