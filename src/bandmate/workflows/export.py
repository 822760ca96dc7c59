"""export: a file or a take as a project of a sequencer: Ableton Live, DAWproject, REAPER, or all of it in one zip."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import BriefError, OutputError
from bandmate.io.als.read import read_live_set
from bandmate.io.als.template import write_into_template
from bandmate.io.als.write import als_losses, write_project
from bandmate.io.bundle import write_bundle, write_bundle_folder
from bandmate.io.dawproject import dawproject_losses, write_dawproject_folder, write_dawproject_of
from bandmate.io.project import Project, project_of
from bandmate.io.reaper import reaper_losses, write_reaper_project
from bandmate.score.drums import drum_map, mapped_drums, split_drums
from bandmate.score.model import Score
from bandmate.workflows.export_music import ExportOptions, Music, music_of
from bandmate.workflows.export_stems import StemSound, file_names, rendered, split_stems
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.take import Take

WEIGHTS = {"rendering": 6.0, "files": 1.0}


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of project: its name, where it goes, who writes it, and what it does not hold."""

    title: str
    place: str  # of what is written, `{name}` in it
    write: Callable[[Project, Path, Music], tuple[Path, tuple[str, ...]]]
    losses: Callable[[Project], tuple[str, ...]]
    linked_place: str = ""  # where one file would hold the stems: the folder that has links to them instead

    def where(self, name: str, link: bool) -> str:
        """The place of what is written, by the project's name."""
        return ((link and self.linked_place) or self.place).format(name=name)


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written: one path a target; what a format could not hold, and what to know, in sentences."""

    files: tuple[Path, ...]
    notices: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {"files": [str(path.resolve()) for path in self.files], "notices": list(self.notices)}


def _ableton(project: Project, place: Path, music: Music) -> tuple[Path, tuple[str, ...]]:
    if music.template is not None:
        return write_into_template(project, music.template, place)
    return write_project(project, place, link=music.own), ()


def _dawproject(project: Project, place: Path, music: Music) -> tuple[Path, tuple[str, ...]]:
    return (write_dawproject_folder if music.link else write_dawproject_of)(project, place), ()


def _reaper(project: Project, place: Path, music: Music) -> tuple[Path, tuple[str, ...]]:
    return write_reaper_project(project, place, link=music.own), ()


def _bundle(project: Project, place: Path, music: Music) -> tuple[Path, tuple[str, ...]]:
    return (write_bundle_folder if music.link else write_bundle)(project, place, music.score), ()


def _als_losses(project: Project) -> tuple[str, ...]:
    return als_losses(project.score, envelopes=project.envelopes)


def _nothing_lost(_: Project) -> tuple[str, ...]:
    return ()  # the MIDI file in it holds all


TARGETS: dict[str, Target] = {
    "ableton": Target("Ableton Live", "{name} Project", _ableton, _als_losses),
    "dawproject": Target(
        "DAWproject",
        "{name}.dawproject",
        _dawproject,
        lambda project: dawproject_losses(project.score),
        "{name} DAWproject",
    ),
    "reaper": Target("REAPER", "{name} REAPER", _reaper, lambda project: reaper_losses(project.score)),
    "bundle": Target("the bundle", "{name}.zip", _bundle, _nothing_lost, "{name} Bundle"),
}


def parse_targets(words: Sequence[str]) -> tuple[str, ...]:
    """`["ableton,reaper", "bundle"]` as names of TARGETS, each once.

    Raises:
        BriefError: a name is not known.
    """
    names = [name.strip().lower() for word in words for name in word.split(",") if name.strip()]
    for name in names:
        if name not in TARGETS:
            close = difflib.get_close_matches(name, TARGETS, n=1)
            cure = f"did you mean '{close[0]}'?" if close else f"give {', '.join(TARGETS)}"
            raise BriefError(f"'{name}' is no project that is written here; {cure}")
    return tuple(dict.fromkeys(names))


def export(
    source: str | Path | Score | Take,
    *,
    to: Sequence[str] | str = ("ableton",),
    out: str | Path | None = None,
    listener: Listener | None = None,
    **options: Any,
) -> ExportResult:
    """Write a piece as projects of sequencers.

    Args:
        source: a file of music, a take, its folder or its take.json, or a score.
        to: names of TARGETS: "ableton", "dawproject", "reaper", "bundle".
        out: folder that gets the projects, made if it is not there; None = where the source lies.
        listener: gets progress.
        options: fields of `ExportOptions`, and of `StemSound`.

    Returns:
        The paths, and sentences about what a format cannot hold.

    Raises:
        FileFormatError: the source, a stem, the template or the drum map cannot be read.
        BriefError: a target or a drum map is not known. ScoreError: there are no notes.
        OutputError: a project of that name is there already, or the place cannot be written.
    """
    chosen = _options(parse_targets([to] if isinstance(to, str) else to), options)
    job = Job(listener, WEIGHTS)
    music = music_of(source, chosen)
    place = Path(out).expanduser() if out is not None else _home(source)
    return write_projects(music, place, chosen, job)


def _options(to: tuple[str, ...], given: dict[str, Any]) -> ExportOptions:
    if not to:
        raise BriefError(f"nothing to export to; give --to {' or '.join(TARGETS)}")
    sound = {name: given.pop(name) for name in StemSound.__dataclass_fields__ if name in given}
    unknown = [name for name in given if name not in ExportOptions.__dataclass_fields__]
    if unknown:
        raise BriefError(
            f"'{unknown[0]}' is no option of export; known: {', '.join(ExportOptions.__dataclass_fields__)}"
        )
    options = ExportOptions(to=to, sound=StemSound(**sound), **given)
    check_options(to, options.template, options.drum_map)
    return options


def check_options(to: Sequence[str], template: str | Path | None, layout: str | Path | None) -> None:
    """Find out, before anything is made, whether template and drum map can be used.

    Raises:
        BriefError: a template without an Ableton set, or a drum map that is not known.
        FileFormatError: the template or the drum map cannot be read.
    """
    if template is not None and "ableton" not in to:
        raise BriefError("a template is a Live set, so it needs --to ableton")
    if template is not None:
        read_live_set(Path(template).expanduser())
    if layout is not None:
        drum_map(layout)


def _home(source: Any) -> Path:
    if isinstance(source, Take):
        return source.folder
    if isinstance(source, Score):
        return Path.cwd()
    path = Path(source).expanduser()
    return path if path.is_dir() else path.parent


def write_projects(music: Music, folder: Path, options: ExportOptions, job: Job) -> ExportResult:
    """Write every project that is asked for, after finding out that none of them is there already."""
    places = [folder / TARGETS[name].where(music.name, options.link) for name in options.to]
    for place in places:
        if place.exists() or place.is_symlink():
            raise OutputError(f"{place} is there already and stays as it is; give another folder with --out")
    with _workshop(folder) as workshop:
        project, music, notices = _project(music, options, workshop, job)
        files = []
        for number, (name, place) in enumerate(zip(options.to, places, strict=True), 1):
            path, said = TARGETS[name].write(project, place, music)
            files.append(path)
            notices += [f"{TARGETS[name].title}: {sentence}" for sentence in (*said, *TARGETS[name].losses(project))]
            job.progress("files", number / len(places))
    return ExportResult(tuple(files), tuple(notices))


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A hidden folder for stems that are rendered now, on the disk that gets the projects."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=".stems-", suffix=".part", dir=folder))
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"folder {folder} cannot be written ({reason}); give another with --out") from error
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _project(
    music: Music, options: ExportOptions, workshop: Path, job: Job
) -> tuple[Project, Music, list[str]]:  # fmt: skip
    """Stems, split drums and drum map, in this order: what sounds is General MIDI, what is written is the user's."""
    score, stems, notices = music.score, music.stems, []
    key = music.key.short if music.key is not None else ""
    if not stems and options.stems is None and (music.template is None or set(options.to) != {"ableton"}):
        own = workshop / "stems"
        stems = rendered(
            score, own, file_names(score, key), music.sound, lambda share, _: job.progress("rendering", share)
        )
        music = replace(music, own=True)
    if options.split_drums:
        split, origin = split_drums(score)
        stems = split_stems(score, split, origin, stems, workshop / "drums", music.sound, key)
        score = split
    table: Mapping[int, int] = drum_map(options.drum_map) if options.drum_map is not None else {}
    mapped = mapped_drums(score, table)
    moved = sum(
        int((a.notes["pitch"] != b.notes["pitch"]).sum()) for a, b in zip(score.tracks, mapped.tracks, strict=True)
    )
    if moved:
        notices.append(f"drum map {options.drum_map}: {counted(moved, 'note')} moved to other keys")
    project = project_of(mapped, music.name, sections=music.sections, key=music.key, stems=stems,
                         envelopes=options.envelopes)  # fmt: skip
    return project, replace(music, stems=stems), notices


def write_take(take: Take, options: ExportOptions) -> ExportResult:
    """The projects of a take that was just made, in its own folder."""
    return write_projects(music_of(take, options), take.folder, options, Job())
