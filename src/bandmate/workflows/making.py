"""Making: from a plan to finished takes on disk; what compose, again and replay have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.errors import BriefError, MissingExtra, UserError
from bandmate.io.files import write
from bandmate.score.model import Score, Track
from bandmate.workflows.blend import check_blend
from bandmate.workflows.candidates import Written, ranked, write_down
from bandmate.workflows.jobs import Job
from bandmate.workflows.places import file_stem, safe_name
from bandmate.workflows.request import ENGINES, SAMPLE_RATES, MakeOptions, Request
from bandmate.workflows.take import Recipe, Take, sha256_of, versions
from bandmate.workflows.taste import taste_told, taste_words

if TYPE_CHECKING:
    from bandmate.workflows.render import RenderResult

GIVEN_FILE = "given.mid"
WEIGHTS = {"writing": 1.0, "files": 0.5, "rendering": 6.0}


def make(request: Request, folder: Path, job: Job) -> tuple[Take, ...]:
    """Write, rank and render takes; best first.

    Every MIDI file is there before the first sound is rendered, and every take has a `take.json` from then on, so an
    interruption keeps what is finished.

    Args:
        request: what shall be made.
        folder: exists; one take lies in it, several in `take-1` .. `take-n`.
        job: gets progress, `first_note` and `take` events.
    """
    takes = make_music(request, folder, job)
    return tuple(_render(take, request.options, job, place, len(takes)) for place, take in enumerate(takes))


def make_music(request: Request, folder: Path, job: Job) -> list[Take]:
    """The takes of `make` with their MIDI files and pictures, before there is any sound."""
    engine = choose_engine(request.options)
    written = ranked(write_down(request, engine, job))
    if len(written) > 1 and "taste" not in request.options.without and (words := taste_words()):
        job.tell("notice", text=words)
    takes = []
    for place, result in enumerate(written, 1):
        where = folder if len(written) == 1 else folder / f"take-{place}"
        takes.append(_save_score(request, engine, result, where))
        job.progress("files", place / len(written))
    return takes


def choose_engine(options: MakeOptions) -> str:
    """The engine that "default" stands for, or the one that was asked for.

    Raises:
        BriefError: no such engine.
    """
    if options.engine not in ENGINES:
        raise BriefError(f"engine '{options.engine}' is not known; choose one of {', '.join(ENGINES)}")
    if options.engine != "default":
        return options.engine
    from bandmate.workflows.models import default_engine

    return default_engine(options.model)


def check_engine(options: MakeOptions) -> None:
    """Find out, before anything is made, whether the engine and its model are there.

    Raises:
        BriefError: no such engine, a blend that cannot be, or copies are banned for the rules engine, which knows none.
        ModelError: its model is missing or damaged, or what it learned from is not known and copies are banned.
        MissingExtra: torch is not installed.
    """
    engine = choose_engine(options)
    if engine == "torch" and find_spec("torch") is None:
        raise MissingExtra("learn", "the torch engine")
    if engine != "rules":
        from bandmate.workflows.models import model_identity

        model_identity(options.model)
    if options.blend is not None:
        check_blend(options.blend, options.model, engine)
    if options.no_copy is not None:
        from bandmate.workflows.catalogs import catalogs_of

        if engine == "rules":
            raise BriefError("no-copy needs a model that samples, and the rules engine plays patterns of its own; "
                             "leave it out, or choose another --engine")  # fmt: skip
        catalogs_of(options.model)


def check_sounds(options: MakeOptions) -> None:
    """Find out, before anything is made, whether the places of sounds, and what projects need, are there.

    Raises:
        UserError: a file or folder is missing, or the sample rate is not offered; the message names it.
    """
    if options.sample_rate not in SAMPLE_RATES:
        raise UserError(f"sample rate {options.sample_rate} is not offered; give {' or '.join(map(str, SAMPLE_RATES))}")
    if options.to or options.template or options.drum_map:
        from bandmate.workflows.export import check_options

        check_options(options.to, options.template, options.drum_map)
    if options.soundfont is not None and not Path(options.soundfont).is_file():
        raise UserError(f"the SoundFont {options.soundfont} is not there; give an .sf2 or .sf3 file")
    for place in filter(None, (options.drum_kit, *options.sounds.values())):
        if not Path(place).exists():
            raise UserError(f"the sounds {place} are not there; give a folder of WAV, FLAC or Ogg files")


def _save_score(request: Request, engine: str, result: Written, folder: Path) -> Take:
    from bandmate.pictures.roll import draw_roll
    from bandmate.workflows.catalogs import catalog_identity, licences_of
    from bandmate.workflows.models import model_identity, style_identity

    plan, name = result.draft.plan, safe_name(request.name)
    folder.mkdir(parents=True, exist_ok=True)
    model = (style_identity if engine == "rules" else model_identity)(request.options.model)
    catalog = catalog_identity(model["name"]) if model else {}
    recipe = Recipe(
        engine, plan.seed, result.draft.seeds, result.index, model=model, catalog=catalog,
        licences=licences_of(model["name"]) if catalog else [], settings=request.options.to_json(),
        versions=versions(request.options.soundfont), threads=request.threads,
    )  # fmt: skip
    score = replace(result.score, title=name)
    report = {**result.report.to_json(), "card": result.card, "repaired": result.repaired}
    if "taste" not in request.options.without and (told := taste_told(result.card["places"])):
        report["taste"] = told
    if request.audio:
        report["audio"] = dict(request.audio)
    take = Take(name, folder, score, request.brief, plan, request.heard, report, recipe,
                parents=request.parents, direct=request.direct, log_likelihood=result.log_likelihood,
                given={str(place): str(source) for place, source in request.keep.items()})  # fmt: skip
    paths = [write(score, take.midi)]
    if request.given is not None:
        paths.append(write(request.given, folder / GIVEN_FILE))
    for number, (planned, track) in enumerate(zip(plan.tracks, score.tracks, strict=True), 1):
        stem = file_stem(number, planned, plan.tempo, plan.key)
        paths.append(write(_solo(score, track), folder / "tracks" / f"{stem}.mid"))
    title = request.brief.text.strip() or name
    paths.append(draw_roll(score, folder / "roll.png", sections=plan.sections, chords=plan.chords, title=title))
    return take.with_files(paths).save()


def _solo(score: Score, track: Track) -> Score:
    return replace(score, tracks=(track,), title=track.name)


def _render(take: Take, options: MakeOptions, job: Job, place: int, count: int) -> Take:
    def progress(share: float, _what: str) -> None:
        job.progress("rendering", (place + share) / count)

    result = render_take(take, options, job, progress)
    if result is None:
        add_projects(take, options, job)
        return take
    sounds = [*result.stems, *([result.mix] if result.mix else [])]
    take = take.with_files([Path(path) for path in sounds]).save()
    add_projects(take, options, job)
    job.progress("rendering", (place + 1) / count)
    job.tell("take", number=place + 1, of=count, folder=str(take.folder), share=take.report["share"],
             lufs=result.lufs, true_peak_db=result.true_peak_db)  # fmt: skip
    return take


def render_take(
    take: Take, options: MakeOptions, job: Job, progress: Callable[[float, str], None] | None = None
) -> RenderResult | None:
    """The mix of a take, and its stems if they are wanted, into its folder; None if it is too long for sound."""
    from bandmate.workflows.render import RENDER_SEC, TAIL_SEC, render

    length_sec = take.score.last_ticks / take.score.ticks_per_quarter * 60 / take.plan.tempo
    if length_sec + TAIL_SEC > RENDER_SEC.high:
        job.tell("notice", text=f"{length_sec / 60:.0f} minutes are too long for sound, so there is MIDI alone")
        return None
    names = [file_stem(n, planned, take.plan.tempo, take.plan.key) for n, planned in enumerate(take.plan.tracks, 1)]
    score = take.score
    if len(score.tracks) != len(names):  # a conductor track has no notes, and no stem
        score = replace(score, tracks=tuple(track for track in score.tracks if len(track.notes)))
    return render(
        score, take.folder, stems=options.stems, mix=True, soundfont=options.soundfont, drum_kit=options.drum_kit,
        sounds=dict(options.sounds) or None, sample_rate=options.sample_rate, loop=take.plan.loop, names=names,
        genre=take.plan.genre, genre_kit=all(track.kit is None for track in take.brief.tracks), progress=progress,
    )  # fmt: skip


def add_projects(take: Take, options: MakeOptions, job: Job) -> None:
    """The projects of sequencers that were asked for, from the take's own stems."""
    if options.to:
        from bandmate.workflows.export import ExportOptions, write_take

        stems = None if take.stems else False
        chosen = ExportOptions(options.to, stems, options.template, options.split_drums, options.drum_map)
        for sentence in write_take(take, chosen).notices:
            job.tell("notice", text=sentence)


def targets_of(to: Sequence[str] | str) -> tuple[str, ...]:
    """Names of projects, checked; most takes get none, and then nothing is loaded.

    Raises:
        BriefError: a name is not known.
    """
    if not to:
        return ()
    from bandmate.workflows.export import parse_targets

    return parse_targets([to] if isinstance(to, str) else to)


def parent_hash(take: Take) -> str:
    """What a child notes of its parent."""
    return sha256_of(take.json_path)


def sounds_of(pairs: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """`["bass=DIR", ...]` as a table.

    Raises:
        BriefError: a pair has no sign of equality.
    """
    if isinstance(pairs, Mapping):
        return dict(pairs)
    found = {}
    for pair in pairs:
        role, sign, place = pair.partition("=")
        if not sign or not role or not place:
            raise BriefError(f"sounds '{pair}' is not understood; write ROLE=DIR, such as bass=my-basses")
        found[role.strip()] = place.strip()
    return found
