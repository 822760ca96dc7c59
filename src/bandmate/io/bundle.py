"""Everything of a piece in one zip: MIDI, one MIDI a track, stems, and a project for each sequencer beside them.

The projects share the stems, so that the sound is there once.
"""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from bandmate.errors import OutputError
from bandmate.io.als.build import live_set
from bandmate.io.als.clips import Sample
from bandmate.io.als.write import INFO, packed
from bandmate.io.atomic import atomic_write
from bandmate.io.dawproject import add_stored, write_dawproject_of
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
    name = project.name
    names = _names(project)
    whole = replace(whole, title=name)
    with atomic_write(path) as place, zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/README.txt", _README.format(name=name))
        archive.writestr(f"{name}/{name}.mid", midi_bytes(whole))
        for number, (track, title) in enumerate(zip(project.score.tracks, project.names(), strict=True), 1):
            alone = replace(project.score, tracks=(track,), title=title, end_ticks=project.score.last_ticks)
            archive.writestr(f"{name}/tracks/{number:02d}-{_plain(title)}.mid", midi_bytes(alone))
        archive.writestr(f"{name}/{name}.als", packed(live_set(project, _samples(project, names))))
        archive.writestr(f"{name}/{INFO}/", b"")
        archive.writestr(f"{name}/{name}.rpp", rpp_text(project, names))
        with tempfile.TemporaryDirectory() as folder:
            other = write_dawproject_of(project, Path(folder) / "song.dawproject", sounds=names)
            archive.writestr(f"{name}/{name}.dawproject", other.read_bytes())
        for stem, inside in zip(project.stems, names, strict=True):
            add_stored(archive, stem.path, f"{name}/{inside}")
    return path


def _names(project: Project) -> list[str]:
    names: list[str] = []
    for number, stem in enumerate(project.stems, 1):
        inside = f"stems/{stem.path.name}"
        names.append(inside if inside not in names else f"stems/{number:02d}-{stem.path.name}")
    return names


def _samples(project: Project, names: list[str]) -> dict[int, Sample]:
    """Nobody knows where the zip will be unpacked, so the set names its samples by the project alone."""
    samples = {}
    for place, (stem, inside) in enumerate(zip(project.stems, names, strict=True)):
        found = stem.path.stat()
        samples[place] = Sample(stem, inside, Path(inside), found.st_size, int(found.st_mtime))
    return samples


def _plain(title: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_ #+" else "-" for sign in title).strip()[:40] or "track"
