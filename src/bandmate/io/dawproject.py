"""DAWproject files, which Bitwig Studio, Studio One, Cubase and others open: a zip of XML and sound, written and read.

Source: the schema of github.com/bitwig/dawproject 1.0 (MIT), against which the tests hold what is written.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import bandmate
from bandmate.errors import OutputError
from bandmate.io.als.write import fresh_project
from bandmate.io.atomic import atomic_write
from bandmate.io.cloning import place_file
from bandmate.io.markup import escaped, number
from bandmate.io.messages import CONTROL, KINDS, POLY, channel_messages, value_lanes
from bandmate.io.project import (
    EARLY_QUARTERS,
    OTHER,
    Look,
    Project,
    Stem,
    clip_spans,
    look_of,
    losses,
    meter_fits,
    meter_steps,
    project_of,
    section_notes,
    tempo_steps,
    warp_points,
)
from bandmate.io.sounds_named import sound_note
from bandmate.score.cut import split_channels
from bandmate.score.model import OFF_AS_ON, Score
from bandmate.score.timeline import seconds_to_ticks

TEMPO = (20.0, 666.0)
NUMERATORS, DENOMINATORS = 255, 64
_PIECE_BYTES = 2**20  # one buffer for all, small enough to stay in the cache: three times as fast as new ones
_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'


def element(tag: str, *children: str, **attributes: Any) -> str:
    """One element as text; an attribute that is None is left out."""
    shown = "".join(f' {name}="{_text(value)}"' for name, value in attributes.items() if value is not None)
    return f"<{tag}{shown}>{''.join(children)}</{tag}>\n" if children else f"<{tag}{shown}/>\n"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escaped(value) if isinstance(value, str) else number(float(value))


@dataclass(slots=True)
class _Names:
    """Identifiers, each once; and where sounds lie, in the file or outside."""

    sounds: Sequence[str]
    outside: bool
    count: int = 0
    master: str = "master"

    def new(self) -> str:
        self.count += 1
        return f"id{self.count}"


@dataclass(slots=True)
class _Lane:
    """One track on its way: its element of the structure, its clips, its slots by scene."""

    identifier: str
    structure: str
    clips: str
    slots: dict[int, str] = field(default_factory=dict)


def write_dawproject_of(project: Project, path: str | Path, sounds: Sequence[str] | None = None) -> Path:
    """Write a project with its stems; a file of that name that is there is never written over.

    Args:
        project: what is written.
        path: the file.
        sounds: where the stems lie, relative to the file, so that they stay outside; None = they go into the file.

    Raises:
        OutputError: a file of that name is there, or the place cannot be written.
        FileFormatError: a stem is missing.
    """
    path = Path(path)
    if path.exists():
        raise OutputError(f"{path} is there already and stays as it is; give another place with --out")
    project.check_stems()
    with atomic_write(path) as place:
        _write(project, place, sounds)
    return path


def dawproject_bytes(project: Project, sounds: Sequence[str]) -> bytes:
    """A DAWproject file whose stems lie outside, at `sounds` relative to it."""
    data = io.BytesIO()
    _write(project, data, sounds)
    return data.getvalue()


def write_dawproject_folder(project: Project, folder: Path, *, link: bool = True) -> Path:
    """Write a folder with the file and its stems beside it, which then are links and cost no time and no space.

    Raises:
        OutputError: the folder is there already, or cannot be written. FileFormatError: a stem is missing.
    """
    project.check_stems()
    with fresh_project(folder) as making:
        names = stem_names(project)
        (making / f"{project.name}.dawproject").write_bytes(dawproject_bytes(project, names))
        place_stems(project, names, making, link=link)
    return folder / f"{project.name}.dawproject"


def stem_names(project: Project) -> list[str]:
    """Where the stems of a project lie in its folder, each name once."""
    names: list[str] = []
    for number_, stem in enumerate(project.stems, 1):
        inside = f"stems/{stem.path.name}"
        names.append(inside if inside not in names else f"stems/{number_:02d}-{stem.path.name}")
    return names


def place_stems(project: Project, names: Sequence[str], folder: Path, *, link: bool) -> None:
    """Put the stems of a project at their places in a folder."""
    for stem, name in zip(project.stems, names, strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        place_file(stem.path, folder / name, link=link)


def _write(project: Project, place: Path | io.BytesIO, sounds: Sequence[str] | None) -> None:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "project.xml", project_xml(project, sounds).encode("utf-8"))
        _put(archive, "metadata.xml", _metadata(project).encode("utf-8"))
        for number_, stem in enumerate(project.stems if sounds is None else ()):
            add_stored(archive, stem.path, _sound_name(number_, stem))


def write_dawproject(score: Score, path: str | Path) -> Path:
    """Write a score without sound.

    Raises:
        OutputError: a file of that name is there, or the place cannot be written.
    """
    return write_dawproject_of(project_of(split_channels(score), Path(path).stem), path)


def dawproject_losses(score: Score) -> tuple[str, ...]:
    """What a DAWproject file as it is written here does not hold of a score, one sentence each."""
    return losses(score, tempo=TEMPO, numerators=NUMERATORS, denominators=DENOMINATORS)


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def add_stored(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    """Add a sound file as it is: sound does not get smaller, and so it goes at the speed of the disk."""
    info = zipfile.ZipInfo.from_file(path, name)  # it stands stored, and says how long it is
    piece = memoryview(bytearray(_PIECE_BYTES))
    with path.open("rb", buffering=0) as source, archive.open(info, "w") as target:
        while size := source.readinto(piece):
            target.write(piece[:size])


def _sound_name(place: int, stem: Stem) -> str:
    return f"audio/{place + 1:02d}-{stem.path.name}"


def _metadata(project: Project) -> str:
    return _HEADER + element(
        "MetaData", element("Title", escaped(project.name)), element("Comment", "Made by Bandmate")
    )


def project_xml(project: Project, sounds: Sequence[str] | None = None) -> str:
    """The project.xml of a project; `sounds` as in `write_dawproject_of`."""
    score = project.score
    outside = sounds is not None
    names = _Names([_sound_name(*found) for found in enumerate(project.stems)] if sounds is None else sounds, outside)
    tempo, meter = names.new(), names.new()
    lanes = [*_lanes(project, names)]
    first = _held(meter_steps(score)[0][1])
    return _HEADER + element(
        "Project",
        element("Application", name="Bandmate", version=bandmate.__version__),
        element(
            "Transport",
            element("Tempo", max=TEMPO[1], min=TEMPO[0], unit="bpm", value=_tempo(tempo_steps(score)[0][1]), id=tempo,
                    name="Tempo"),
            element("TimeSignature", denominator=first[1], numerator=first[0], id=meter),
        ),
        element("Structure", *(lane.structure for lane in lanes), _master(names)),
        _arrangement(project, names, lanes, tempo, meter),
        element("Scenes", *_scenes(project, names, lanes)),
        version="1.0",
    )  # fmt: skip


def _tempo(bpm: float) -> float:
    return min(max(bpm, TEMPO[0]), TEMPO[1])


def _held(meter: tuple[int, int]) -> tuple[int, int]:
    return meter if meter_fits(meter, NUMERATORS, DENOMINATORS) else (4, 4)


def _arrangement(project: Project, names: _Names, lanes: list[_Lane], tempo: str, meter: str) -> str:
    score = project.score
    grid = score.ticks_per_quarter
    steps = [(at / grid, _tempo(bpm)) for at, bpm in tempo_steps(score)]
    meters = [(at / grid, m) for at, m in meter_steps(score) if meter_fits(m, NUMERATORS, DENOMINATORS)]
    markers = [element("Marker", time=s.start_ticks / grid, name=s.name) for s in project.sections]
    parts = [
        element("Lanes", *(lane.clips for lane in lanes), timeUnit="beats", id=names.new()),
        element("Markers", *markers, timeUnit="beats", id=names.new()),
    ]
    points = [element("RealPoint", time=at, value=bpm, interpolation="hold") for at, bpm in steps]
    signs = [element("TimeSignaturePoint", time=at, numerator=m[0], denominator=m[1]) for at, m in meters]
    if len(steps) > 1:
        target = element("Target", parameter=tempo)
        parts.append(element("TempoAutomation", target, *points, unit="bpm", timeUnit="beats", id=names.new()))
    if len(meters) > 1:
        target = element("Target", parameter=meter)
        parts.append(element("TimeSignatureAutomation", target, *signs, timeUnit="beats", id=names.new()))
    return element("Arrangement", *parts, id=names.new())


def _lanes(project: Project, names: _Names) -> Iterator[_Lane]:
    """A lane for every stem and every track, a track's stem before it."""
    stems = {stem.track: place for place, stem in enumerate(project.stems) if stem.track is not None}
    for index, name in enumerate(project.names()):
        look = look_of(project.score.tracks[index])
        if index in stems:
            yield _audio_lane(project, names, stems[index], f"{name} (stem)", look, index)
        yield _note_lane(project, names, index, name, look, sounds=index not in stems)
    for place, stem in enumerate(project.stems):
        if stem.track is None:
            yield _audio_lane(project, names, place, stem.name, OTHER, None)


def _track(names: _Names, name: str, look: Look, kind: str, sounds: bool, note: str = "") -> tuple[str, str]:
    identifier = names.new()
    channel = element("Channel", *_strip(names, sounds), audioChannels=2, destination=names.master, role="regular",
                      solo=False, id=names.new())  # fmt: skip
    made = element("Track", channel, contentType=kind, loaded=True, id=identifier, name=name, color=look.rgb,
                   comment=note or None)  # fmt: skip
    return identifier, made


def _strip(names: _Names, sounds: bool) -> Iterable[str]:
    yield element("Mute", value=not sounds, id=names.new(), name="Mute")
    yield element("Pan", max=1.0, min=0.0, unit="normalized", value=0.5, id=names.new(), name="Pan")
    yield element("Volume", max=2.0, min=0.0, unit="linear", value=1.0, id=names.new(), name="Volume")


def _master(names: _Names) -> str:
    channel = element("Channel", *_strip(names, True), audioChannels=2, role="master", solo=False, id=names.master)
    return element("Track", channel, contentType="audio notes", loaded=True, id=names.new(), name="Master")


def _note_lane(project: Project, names: _Names, index: int, name: str, look: Look, sounds: bool) -> _Lane:
    score, track = project.score, project.score.tracks[index]
    grid = score.ticks_per_quarter
    identifier, structure = _track(names, name, look, "notes", sounds, sound_note(track, sounds))
    clips = []
    for span, notes in clip_spans(track, project.sections):
        length = (span.end_ticks - span.start_ticks) / grid
        content = _notes(names, notes, grid, span.start_ticks)
        clips.append(
            element("Clip", content, time=span.start_ticks / grid, duration=length, playStart=0.0, name=span.name)
        )
    slots = {}
    early = round(EARLY_QUARTERS * grid)
    for scene, section in enumerate(project.sections):
        notes = section_notes(track, section, early)
        if len(notes):
            length = (section.end_ticks - section.start_ticks) / grid
            slots[scene] = element("Clip", _notes(names, notes, grid, 0), time=0.0, duration=length, playStart=0.0,
                                   loopStart=0.0, loopEnd=length, name=f"{name} {section.name}")  # fmt: skip
    told = _controllers(names, channel_messages(track), grid)
    lane = element("Lanes", element("Clips", *clips, id=names.new()), *told, track=identifier, id=names.new())
    return _Lane(identifier, structure, lane, slots)


def _notes(names: _Names, notes: NDArray[Any], grid: int, start_ticks: int) -> str:
    off = np.where(notes["off_velocity"] == OFF_AS_ON, 64, notes["off_velocity"]) / 127
    start = (notes["onset_ticks"] - start_ticks) / grid
    length = np.maximum(1, notes["duration_ticks"]) / grid
    columns = (start, length, notes["channel"], notes["pitch"], notes["velocity"] / 127, off)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    text = "".join(
        f'<Note time="{number(time)}" duration="{number(length)}" channel="{channel}" key="{key}" vel="{vel:.6f}" '
        f'rel="{rel:.6f}"/>\n'
        for time, length, channel, key, vel, rel in rows
    )
    return f'<Notes id="{names.new()}">\n{text}</Notes>\n'


def _controllers(names: _Names, messages: NDArray[Any], grid: int) -> Iterator[str]:
    """One lane of points for every controller of a track, beside its clips, so that a clip holds notes alone."""
    for lane, points in value_lanes(messages).items():
        target = element(
            "Target", expression=KINDS[lane.kind], channel=lane.channel,
            key=lane.number if lane.kind == POLY else None, controller=lane.number if lane.kind == CONTROL else None,
        )  # fmt: skip
        rows = (element("RealPoint", time=at / grid, value=value, interpolation="hold") for at, value in points)
        yield element("Points", target, *rows, unit="normalized", id=names.new())


def _audio_lane(project: Project, names: _Names, place: int, name: str, look: Look, index: int | None) -> _Lane:
    score, stem = project.score, project.stems[place]
    grid = score.ticks_per_quarter
    identifier, structure = _track(names, name, look, "audio", True)
    end = max(1, int(seconds_to_ticks(score, [stem.seconds])[0]) - 1)

    def clip(start: int, stop: int, at: float, title: str) -> str:
        return element("Clip", _warped(project, names, place), time=at, duration=(stop - start) / grid,
                       contentTimeUnit="beats", playStart=start / grid, name=title)  # fmt: skip

    slots = {}
    early = round(EARLY_QUARTERS * grid)
    for scene, section in enumerate(project.sections):
        plays = index is None or len(section_notes(score.tracks[index], section, early))
        if plays and section.start_ticks < end:
            slots[scene] = clip(section.start_ticks, min(section.end_ticks, end), 0.0, f"{name} {section.name}")
    whole = element("Clips", clip(0, end, 0.0, name), id=names.new())
    return _Lane(identifier, structure, element("Lanes", whole, track=identifier, id=names.new()), slots)


def _warped(project: Project, names: _Names, place: int) -> str:
    score, stem = project.score, project.stems[place]
    file = element("File", path=names.sounds[place], external=names.outside or None)
    audio = element("Audio", file, algorithm="stretch", channels=stem.channels,
                    duration=stem.seconds, sampleRate=stem.rate, id=names.new())  # fmt: skip
    points = warp_points(score)[:-1]
    bpm = tempo_steps(score)[-1][1]
    last_sec, last_quarters = points[-1]
    if stem.seconds > last_sec:
        points.append((stem.seconds, last_quarters + (stem.seconds - last_sec) * bpm / 60))
    else:
        points.append((last_sec + 1, last_quarters + bpm / 60))
    warps = (element("Warp", time=quarters, contentTime=sec) for sec, quarters in points)
    return element("Warps", audio, *warps, contentTimeUnit="seconds", timeUnit="beats", id=names.new())


def _scenes(project: Project, names: _Names, lanes: list[_Lane]) -> Iterator[str]:
    for scene, section in enumerate(project.sections):
        slots = [
            element("ClipSlot", *([lane.slots[scene]] if scene in lane.slots else []), track=lane.identifier,
                    hasStop=True, id=names.new())
            for lane in lanes
        ]  # fmt: skip
        yield element(
            "Scene", element("Lanes", *slots, timeUnit="beats", id=names.new()), id=names.new(), name=section.name
        )
