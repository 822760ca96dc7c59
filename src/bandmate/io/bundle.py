"""Everything of a piece in one zip: MIDI, one MIDI a track, stems, and a project for each sequencer beside them.

The projects share the stems, so that the sound is there once.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bandmate.errors import OutputError
from bandmate.io.als.build import live_set
from bandmate.io.als.clips import Sample
from bandmate.io.als.write import INFO, fresh_project, packed
from bandmate.io.atomic import atomic_write
from bandmate.io.dawproject import add_stored, dawproject_bytes, place_stems, stem_names
from bandmate.io.midi import midi_bytes
from bandmate.io.project import Project
from bandmate.io.reaper import rpp_text
from bandmate.score.model import Score

_README = """{name}, made by Bandmate

{name}.als          Ableton Live 11 or later: unpack the whole folder, then open it
{name}.dawproject   Bitwig Studio, Studio One, Cubase and others
{name}.rpp          REAPER
{name}.mid          all tracks: tempo map, meters, markers, one instrument a track
tracks/             one MIDI file a track, all equally long
stems/              one WAV a track, all from bar one; drag them in with warping off, or take the .als

The stems sound; the tracks of notes beside them are off until you put instruments on them.
"""


def write_bundle(project: Project, path: str | Path, whole: Score) -> Path:
    """Write a zip; a file of that name that is there already is never written over.

    Args:
        project: what its sequencers get.
        path: the zip.
        whole: the music with everything a MIDI file holds.

    Raises:
        OutputError: a file of that name is there, or the place cannot be written. FileFormatError: a stem is missing.
    """
    path = Path(path)
    if path.exists():
        raise OutputError(f"{path} is there already and stays as it is; give another place with --out")
    project.check_stems()
    names = stem_names(project)
    with atomic_write(path) as place, zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, data in _files(project, whole, names, Path()):
            archive.writestr(f"{project.name}/{inside}", data)
        archive.writestr(f"{project.name}/{INFO}/", b"")
        for stem, inside in zip(project.stems, names, strict=True):
            add_stored(archive, stem.path, f"{project.name}/{inside}")
    return path


def write_bundle_folder(project: Project, folder: Path, whole: Score, *, link: bool = True) -> Path:
    """Write what the zip holds as a folder, whose stems then are links and cost no time and no space.

    Raises:
        OutputError: the folder is there already, or cannot be written. FileFormatError: a stem is missing.
    """
    project.check_stems()
    names = stem_names(project)
    with fresh_project(folder) as making:
        (making / "tracks").mkdir()
        (making / INFO).mkdir()
        for inside, data in _files(project, whole, names, folder.absolute()):
            (making / inside).write_bytes(data)
        place_stems(project, names, making, link=link)
    return folder


def _files(project: Project, whole: Score, names: list[str], home: Path) -> Iterator[tuple[str, bytes]]:
    """All but the sound: name and content."""
    name = project.name
    yield "README.txt", _README.format(name=name).encode("utf-8")
    yield f"{name}.mid", midi_bytes(replace(whole, title=name))
    for number, (track, title) in enumerate(zip(project.score.tracks, project.names(), strict=True), 1):
        alone = replace(project.score, tracks=(track,), title=title, end_ticks=project.score.last_ticks)
        yield f"tracks/{number:02d}-{_plain(title)}.mid", midi_bytes(alone)
    yield f"{name}.als", packed(live_set(project, _samples(project, names, home)))
    yield f"{name}.rpp", rpp_text(project, names).encode("utf-8")
    yield f"{name}.dawproject", dawproject_bytes(project, names)


def _samples(project: Project, names: list[str], home: Path) -> dict[int, Sample]:
    """Nobody knows where a zip will be unpacked: its set names its samples by the project alone, `home` is empty."""
    samples = {}
    for place, (stem, inside) in enumerate(zip(project.stems, names, strict=True)):
        found = stem.path.stat()
        samples[place] = Sample(stem, inside, home / inside, found.st_size, int(found.st_mtime))
    return samples


def _plain(title: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_ #+" else "-" for sign in title).strip()[:40] or "track"
