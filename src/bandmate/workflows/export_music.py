"""What is exported: a take as it was planned, any other music by its markers or as it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bandmate.errors import ScoreError
from bandmate.io.project import Stem, sound_file
from bandmate.score.cut import split_channels
from bandmate.score.model import Score, Track
from bandmate.score.pitch import Key
from bandmate.workflows.export_stems import StemSound, from_folder
from bandmate.workflows.places import file_stem, safe_name
from bandmate.workflows.take import FILE_NAME, Take, read_take


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How a project is made.

    Attributes:
        to: names of TARGETS.
        stems: None = those of a take, else rendered now; False = none; a folder = those in it.
        template: a Live set of the user's into whose tracks the clips go; only for "ableton".
        split_drums: one track, and one stem, for kick, snare, hats, toms and percussion each.
        link: hard links to stems that are there already instead of copies, in folders where a file would hold them;
            folders of a take's own stems have links anyway.
        drum_map: a name of `score.drums.DRUM_MAPS`, or a file.
        envelopes: pedal, wheels and pressure as envelopes of the clips in a Live set. Live 12 and Live 9 save such
            envelopes in this shape; no set of Live 11 at hand has one, so they are written on request.
        sound: how stems are rendered.
    """

    to: tuple[str, ...] = ("ableton",)
    stems: str | Path | bool | None = None
    template: str | Path | None = None
    split_drums: bool = False
    drum_map: str | Path | None = None
    link: bool = False
    envelopes: bool = False
    sound: StemSound = field(default_factory=StemSound)


@dataclass(frozen=True, slots=True, eq=False)
class Music:
    """What is exported, before it becomes a project.

    Attributes:
        name: of the project; score: one instrument a track, with roles.
        sections: (tick, name); key: of the piece.
        stems: that are there already; own: whether they are ours, so that they may be linked instead of copied.
        link: whether they shall be linked even where one file would hold them.
        sound: how more of them are rendered.
    """

    name: str
    score: Score
    sections: tuple[tuple[int, str], ...]
    key: Key | None
    stems: tuple[Stem, ...] = ()
    own: bool = False
    sound: StemSound = field(default_factory=StemSound)
    template: Path | None = None
    link: bool = False


def music_of(source: str | Path | Score | Take, options: ExportOptions) -> Music:
    """Read what is exported: a take as it was planned; any other music by its markers, or measured."""
    template = None if options.template is None else Path(options.template).expanduser()
    if isinstance(source, Take):
        music = _of_take(source, options)
    elif isinstance(source, Score):
        music = _of_score(source, safe_name(source.title, "song"), options.sound)
    elif Path(source).expanduser().is_dir() or Path(source).name == FILE_NAME:
        music = _of_take(read_take(source), options)
    else:
        from bandmate.io.files import read

        path = Path(source).expanduser()
        music = _of_score(read(path), safe_name(path.stem, "song"), options.sound)
    if options.stems is False:
        music = replace(music, stems=())
    elif isinstance(options.stems, str | Path):
        music = replace(music, stems=from_folder(music.score, options.stems), own=options.link)
    return replace(music, template=template, link=options.link)


def _of_take(take: Take, options: ExportOptions) -> Music:
    plan, score = take.plan, _parts_of(take.score)
    played = [number for number, track in enumerate(_planned(take)) if len(track.notes)]
    names = [file_stem(number, planned, plan.tempo, plan.key) for number, planned in enumerate(plan.tracks, 1)]
    bar = round(score.ticks_per_quarter * 4 * plan.meter[0] / plan.meter[1])
    sections = tuple((section.start_bar * bar, section.label) for section in plan.sections)
    settings = take.recipe.settings
    sound = StemSound(
        soundfont=settings.get("soundfont"), drum_kit=settings.get("drum_kit"), sounds=settings.get("sounds") or {},
        genre=plan.genre, genre_kit=all(track.kit is None for track in take.brief.tracks),
        sample_rate=settings.get("sample_rate") or 44100, loop=plan.loop,
    )  # fmt: skip
    return Music(
        take.name,
        score,
        sections,
        plan.key,
        _take_stems(take, score, [names[number] for number in played]),
        own=True,
        sound=sound,
    )


def _planned(take: Take) -> Sequence[Track]:
    """The tracks of a take that its plan names; a file that was read may begin with one more, which conducts."""
    return take.score.tracks[-len(take.plan.tracks) :]


def _parts_of(score: Score) -> Score:
    """The tracks that sound, one instrument each, as music that was made: a sequencer has its own tempo track."""
    score = split_channels(score)
    return replace(score, tracks=tuple(track for track in score.tracks if len(track.notes)), header=None)


def _take_stems(take: Take, score: Score, names: list[str]) -> tuple[Stem, ...]:
    stems = []
    for path in take.stems:
        if path.is_file():
            track = next((place for place, name in enumerate(names) if path.stem.startswith(name)), None)
            title = "Reverb" if track is None else score.tracks[track].name
            stems.append(Stem(path, title, track, *sound_file(path)))
    return tuple(stems)


def _of_score(score: Score, name: str, sound: StemSound) -> Music:
    from bandmate.analysis.labels import label

    score = _parts_of(score)
    if not score.tracks:
        raise ScoreError(f"{name} has no notes, so there is nothing to export")
    labels = label(score, bar_level=False)
    tracks = [replace(t, role=t.role or guess.role) for t, guess in zip(score.tracks, labels.roles, strict=True)]
    sections = tuple((marker.ticks, marker.text) for marker in score.markers) or tuple(
        (int(labels.bars["start_ticks"][s.start_bar]), s.name or s.label) for s in labels.sections
    )
    return Music(name, replace(score, tracks=tuple(tracks)), sections, labels.key.key, sound=sound)
