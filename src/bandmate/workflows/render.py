"""Render a score: dry stems of equal length, the room's return, and a mix at a stated loudness."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bandmate.audio.signal import Samples
from bandmate.errors import OutputError, ScoreError, UserError
from bandmate.io.sound import is_sound_name, near_sound, no_sound, write_sound
from bandmate.limits import Limit
from bandmate.rendering.balance import genre_mixes
from bandmate.rendering.character import Character, character
from bandmate.rendering.finish import toned
from bandmate.rendering.instrument import DRUM_BANK
from bandmate.rendering.kits import synthesised_kits
from bandmate.rendering.loudness import TARGET_LUFS, master
from bandmate.rendering.mixer import Desk, Length, TrackMix
from bandmate.rendering.oneshots import read_drum_kit, read_pitched
from bandmate.rendering.patches import PatchBook
from bandmate.rendering.performance import Part, perform
from bandmate.rendering.sampler import Player, load_kernel
from bandmate.rendering.soundfont import open_soundfont
from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds
from bandmate.workflows.places import check_free
from bandmate.workflows.render_stems import StemWriter, stem_names, tags_of

SAMPLE_RATES = (44100, 48000, 88200, 96000)
RENDER_SEC = Limit("the length to render", 0.01, 3600, "seconds; cut the score or give an end")
TAIL_SEC = 3.0
LOOP_TAIL_SEC = 8.0  # rendered past a loop's end and folded back

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to render.

    Attributes:
        stems, mix: what to write.
        soundfont: an .sf2 or .sf3 instead of Bandmate's own.
        drum_kit: a folder of one-shots for every drum track.
        sounds: role or track name -> folder of a pitched instrument ("drums" -> folder of one-shots).
        genre: id in the genre table: levels, drum machine, room, echo, side-chain and tone are the genre's; None = all
            plain, levels as the score has them.
        genre_kit: whether programs 24 to 26 take the genre's drum machine; off, they are what their numbers say.
        sample_rate: one of SAMPLE_RATES.
        loop: exactly the bars, tails folded onto the start; else the bars and a tail.
        end_sec: exact length in seconds instead.
        names: file stems without suffix, one for each track of the score.
        tail_sec: what a song keeps after its last bar.
        target_lufs: loudness of the mix.
        mixes: track index -> its place in the mix, before that of the genre.
        stems_folder, mix_name: where in the output folder things go; "" puts stems straight into it.
        suffix: of every file, one of `io.sound.SOUND_FORMATS`.
        kernel: "auto", "numpy" or "numba".
    """

    stems: bool = True
    mix: bool = True
    soundfont: str | Path | None = None
    drum_kit: str | Path | None = None
    sounds: Mapping[str, str | Path] = field(default_factory=dict)
    genre: str | None = None
    genre_kit: bool = True
    sample_rate: int = 44100
    loop: bool = False
    end_sec: float | None = None
    tail_sec: float = TAIL_SEC
    names: Sequence[str] | None = None
    mixes: Mapping[int, TrackMix] = field(default_factory=dict)
    target_lufs: float = TARGET_LUFS
    stems_folder: str = "stems"
    mix_name: str = "mix"
    suffix: str = ".wav"
    kernel: str = "auto"

    def __post_init__(self) -> None:
        if not is_sound_name(f"x{self.suffix}"):
            raise UserError(no_sound(self.suffix))
        if self.sample_rate not in SAMPLE_RATES:
            known = ", ".join(str(rate) for rate in SAMPLE_RATES)
            raise UserError(f"sample rate {self.sample_rate} is not offered; give one of {known}")
        if self.end_sec is not None:
            RENDER_SEC.check(self.end_sec)


@dataclass(frozen=True, slots=True)
class RenderResult:
    """What was written.

    Attributes:
        stems: one file a part in track order, the room's return last; their sum is the mix before its loudness stage.
        mix: the finished mix, None if it was not asked for.
        lufs, true_peak_db: of the mix, measured; NaN without one, -inf for silence.
        seconds: length of every file.
        mix_gain_db: put on the sum before the limiter. stem_gain_db: put on all stems together, 0 unless one would
            have clipped.
    """

    stems: tuple[Path, ...]
    mix: Path | None
    lufs: float
    true_peak_db: float
    seconds: float
    mix_gain_db: float = 0.0
    stem_gain_db: float = 0.0


def render(
    score_or_path: Score | str | Path,
    out: str | Path,
    *,
    stems: bool | None = None,
    mix: bool = True,
    soundfont: str | Path | None = None,
    drum_kit: str | Path | None = None,
    sounds: Mapping[str, str | Path] | None = None,
    genre: str | None = None,
    genre_kit: bool = True,
    sample_rate: int = 44100,
    loop: bool = False,
    end_sec: float | None = None,
    names: Sequence[str] | None = None,
    mixes: Mapping[int, TrackMix] | None = None,
    stems_folder: str = "stems",
    suffix: str = ".wav",
    kernel: str = "auto",
    overwrite: bool = True,
    progress: Progress | None = None,
) -> RenderResult:
    """Render a score, or a file that holds one, into a folder or, as a mix, into one file of sound.

    `out` is a folder, or a name that ends as a format of sound (`io.sound.SOUND_FORMATS`): then only the mix is
    written, to it. Without `stems` said, a folder gets them and one file does not. `overwrite` is whether a mix of that
    name may be replaced. The other arguments are those of RenderOptions and `render_score`.

    Raises:
        UserError, FileFormatError, ScoreError, BriefError, OutputError: see `render_score`.
    """
    if near_sound(Path(out).suffix) and not is_sound_name(out) and not Path(out).is_dir():
        raise OutputError(f"{out}: {no_sound(Path(out).suffix)}")
    one_file = is_sound_name(out) and not Path(out).is_dir()
    if one_file and (stems or not mix):
        raise UserError(f"{out} is one file of sound, a mix; name a folder with --out for stems")
    place = Path(out).parent if one_file else Path(out)
    options = RenderOptions(
        stems=not one_file if stems is None else stems,
        mix=mix,
        soundfont=soundfont,
        drum_kit=drum_kit,
        sounds=sounds or {},
        genre=genre,
        genre_kit=genre_kit,
        sample_rate=sample_rate,
        loop=loop,
        end_sec=end_sec,
        names=names,
        mixes=mixes or {},
        stems_folder=stems_folder,
        mix_name=Path(out).stem if one_file else "mix",
        suffix=Path(out).suffix if one_file else suffix,
        kernel=kernel,
    )
    check_free(place / f"{options.mix_name}{options.suffix}", overwrite=overwrite or not mix)
    score = score_or_path if isinstance(score_or_path, Score) else _score_of(Path(score_or_path))
    return render_score(score, place, options, progress)


def write_rendered(score: Score, path: str | Path) -> Path:
    """Write a score as sound, a mix in the format that the suffix names (see `score.write`).

    Raises:
        ScoreError: no notes. BriefError: too long. OutputError: the place cannot be written.
    """
    render(score, path, stems=False)
    return Path(path)


def _score_of(path: Path) -> Score:
    from bandmate.io.files import read

    return read(path)


def render_score(
    score: Score, out: str | Path, options: RenderOptions | None = None, progress: Progress | None = None
) -> RenderResult:
    """Render a score into a folder.

    Args:
        score: at least one note.
        out: the folder; made if it is not there.
        options: how.
        progress: is called with the share done, 0..1, and what was just finished.

    Raises:
        ScoreError: no notes. BriefError: too long, or no such genre. UserError: SoundFont, folder of sounds or an
        option is wrong. FileFormatError: a sound cannot be read. OutputError: the place cannot be written.
    """
    options = options or RenderOptions()
    parts = perform(score)
    if not parts:
        raise ScoreError("there is nothing to render: the score has no notes")
    length = _length(score, parts, options)
    sound = character(options.genre) if options.genre else Character()
    mixes = {**(genre_mixes(score, options.genre) if options.genre else {}), **options.mixes}
    desk = Desk(length, options.sample_rate, sound.room, sound.echo, 60.0 / score.bpm, sound.ducking)
    player, book = _player(score, options, sound.kit if options.genre_kit else None)
    writer = StemWriter(
        Path(out) / options.stems_folder,
        stem_names(score, parts, options.names) if options.stems else (),
        options.suffix,
        options.sample_rate,
        tags_of(score, length),
    )
    report = progress or (lambda share, what: None)
    steps = len(parts) + 2
    for number, (part, stem) in enumerate(desk.stems(player, parts, mixes)):
        writer.write(number, stem)
        book.tidy()
        report((number + 1) / steps, part.name or f"track {part.track + 1}")
    wet = desk.reverb_return()
    writer.write(len(parts), wet)
    report((steps - 1) / steps, "reverb")
    desk.dry += wet
    del wet
    result = RenderResult(tuple(writer.paths), None, math.nan, math.nan, length.total / options.sample_rate)
    if options.mix:
        path = Path(out) / f"{options.mix_name}{options.suffix}"
        desk.dry = toned(desk.dry, options.sample_rate, sound.tone, around=length.loop)
        result = _write_mix(path, desk.dry, score, options, length, result)
    report(1.0, "mix")
    return replace(result, stem_gain_db=writer.gain_db)


def _write_mix(
    path: Path, dry: Samples, score: Score, options: RenderOptions, length: Length, result: RenderResult
) -> RenderResult:
    finished = master(dry, options.sample_rate, options.target_lufs, around=length.loop)
    write_sound(path, finished.samples, options.sample_rate, tags_of(score, length))
    return replace(
        result, mix=path, lufs=finished.lufs, true_peak_db=finished.true_peak_db, mix_gain_db=finished.gain_db
    )


def _length(score: Score, parts: tuple[Part, ...], options: RenderOptions) -> Length:
    rate = options.sample_rate
    end_sec = float(ticks_to_seconds(score, [max(score.last_ticks, 1)])[0])
    if options.end_sec is not None:
        samples = math.ceil(options.end_sec * rate)
        return Length(samples, samples)
    RENDER_SEC.check(end_sec)
    if options.loop:
        total = max(1, round(end_sec * rate))
        return Length(total, total + round(LOOP_TAIL_SEC * rate), loop=True)
    total = math.ceil((end_sec + options.tail_sec) * rate)
    return Length(total, total)


def _player(score: Score, options: RenderOptions, style: str | None) -> tuple[Player, PatchBook]:
    font = open_soundfont(options.soundfont)
    standard = font.instrument(DRUM_BANK, 0)
    kits = synthesised_kits(standard, style) if options.soundfont is None else {}
    folders = dict(options.sounds)
    own_kit = options.drum_kit or folders.pop("drums", None)
    book = PatchBook(
        font,
        kits,
        read_drum_kit(own_kit, standard) if own_kit is not None else None,
        {index: read_pitched(folder) for name, folder in folders.items() for index in _tracks_called(score, name)},
    )
    return Player(book, options.sample_rate, load_kernel(options.kernel)), book


def _tracks_called(score: Score, name: str) -> list[int]:
    """The tracks that a role or a word of a track's name means."""
    word = name.strip().lower()
    found = [index for index, track in enumerate(score.tracks) if track.role.lower() == word]
    found = found or [index for index, track in enumerate(score.tracks) if word and word in track.name.lower()]
    if not found:
        known = ", ".join(sorted({label for track in score.tracks for label in (track.role, track.name) if label}))
        raise UserError(
            f"no track is called '{name}', so its sounds have no place; the tracks are: {known or 'unnamed'}"
        )
    return found
