"""compose: from words and flags to finished takes."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from bandmate.errors import BriefError
from bandmate.limits import CANDIDATES, NO_COPY, PROMPT_CHARS, SEED, TAKES, TEMPERATURE, TOP_K, TOP_P
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.plan import Plan
from bandmate.settings import Settings, load_settings
from bandmate.workflows.blend import toward
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.making import WEIGHTS, check_engine, check_sounds, choose_engine, make, sounds_of, targets_of
from bandmate.workflows.places import take_folder
from bandmate.workflows.request import VARIETIES, MakeOptions, Request, draft_of
from bandmate.workflows.seed import check_locks, drum_pattern, read_seed, seeded, with_seed
from bandmate.workflows.take import Take

_SEEDS = 2**31  # a seed that was not given is short enough to type
_FLAGS = ("genre", "style", "mood", "tempo", "key", "meter", "bars", "seconds", "tracks", "chords", "energy", "density",
          "swing", "exclude", "lock", "drums")  # fmt: skip
_DEFAULTS = ("genre", "tempo", "key", "meter", "bars")


@dataclass(frozen=True, slots=True)
class ComposeOptions:
    """Everything `compose` can be told beside the words; None = not stated.

    Attributes:
        genre, style, mood: ids or names of the tables ("hip_hop", "boom bap", "chill").
        tempo: quarter notes a minute, 20..400.
        key: such as "D minor"; meter: such as "3/4"; bars: 1..2048, or seconds.
        tracks: exactly these, such as "drums,bass=upright bass,chords=rhodes,melody"; exclude: "drums,piano".
        chords: a progression, one chord a bar: "Am F C G".
        energy: 1..5; density: factor on how busy it plays, 0.25..4; swing: percent, 50 = straight.
        lock: what binds single tracks, such as "bass: range E1-G2, polyphony 1" (docs/LOCKS.md), or several such.
        drums: a drum pattern, such as "x...x...x...x..." or "kick x...x...; snare ..x...x.", or a file that holds one.
        midi: a MIDI file whose music opens the piece: its bars and tracks stay, the rest is written round them.
        kit: drum kit, by name or General MIDI kit program.
        loop: True or 4, 8, 16: exactly the bars, the end joins the start.
        audio: a sound file that is part of the prompt, or a clip of sound in a Live set, spelled `set.als#clip name`.
        audio_as: "drums", "line", "chords" or "band"; None = as it sounds.
        audio_rhythm: a track that gets the onsets of the sound as its rhythm, such as "bass".
        out: folder; None = a dated one in the user's music folder.
        takes: how many, 1..64; seed: 0..2**63 - 1, None = any.
        candidates: how many are written for each take, 1..64; without: stages to leave out (see `request.STAGES`).
        to, template, split_drums, drum_map: projects of sequencers in each take's folder, see `workflows.export`.
        engine, model, blend, variety, temperature, top_k, top_p, key_lock, no_copy, stems, sample_rate, soundfont,
            drum_kit, sounds: see `MakeOptions`.
    """

    genre: str | None = None
    style: str | None = None
    mood: str | None = None
    tempo: float | None = None
    key: str | None = None
    meter: str | None = None
    bars: int | None = None
    seconds: float | None = None
    tracks: str | None = None
    exclude: str | None = None
    chords: str | None = None
    energy: int | None = None
    density: float | None = None
    swing: float | None = None
    lock: str | Sequence[str] | None = None
    drums: str | Path | None = None
    midi: str | Path | None = None
    kit: str | None = None
    loop: bool | int = False
    audio: str | Path | None = None
    audio_as: str | None = None
    audio_rhythm: str | None = None
    out: str | Path | None = None
    takes: int = 1
    seed: int | None = None
    engine: str | None = None
    model: str | None = None
    blend: str | None = None
    variety: str | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    key_lock: bool = True
    candidates: int | None = None
    without: Sequence[str] = ()
    no_copy: int | None = None
    stems: bool | None = None
    sample_rate: int | None = None
    soundfont: str | Path | None = None
    drum_kit: str | Path | None = None
    sounds: Mapping[str, str] | Sequence[str] = field(default_factory=dict)
    to: Sequence[str] | str = ()
    template: str | Path | None = None
    split_drums: bool | None = None
    drum_map: str | Path | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ComposeOptions:
        """Options from keywords, with every number checked.

        Raises:
            BriefError: a keyword is not known, or a value is out of range; the message names the nearest keyword.
        """
        known = [item.name for item in fields(cls)]
        for name in values:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
                raise BriefError(f"'{name}' is not an option; did you mean '{close[0]}'?")
        options = cls(**values)
        limits = ((SEED, options.seed), (TEMPERATURE, options.temperature), (TOP_K, options.top_k))
        more = ((TOP_P, options.top_p), (TAKES, options.takes), (CANDIDATES, options.candidates),
                (NO_COPY, options.no_copy))  # fmt: skip
        for limit, value in (*limits, *more):
            if value is not None:
                limit.check(value)
        return options


@dataclass(frozen=True, slots=True, eq=False)
class ComposeResult:
    """What compose made: takes, best first, the folder that holds them, and the line of what was heard."""

    takes: tuple[Take, ...]
    folder: Path
    heard: str

    @property
    def best(self) -> Take:
        """The take that meets the demands best."""
        return self.takes[0]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        takes = [
            {
                "folder": str(take.folder.resolve()),
                "midi": str(take.midi.resolve()),
                "mix": str(take.mix.resolve()) if take.mix.is_file() else None,
                "seed": take.recipe.seed,
                "engine": take.recipe.engine,
                "report": take.report,
                "projects": [str(path.resolve()) for path in take.projects],
                "files": sorted(take.files),
            }
            for take in self.takes
        ]
        return {"folder": str(self.folder.resolve()), "heard": self.heard, "takes": takes}


def compose(
    text: str = "", *, listener: Listener | None = None, settings: Settings | None = None, **options: Any
) -> ComposeResult:
    """Compose finished takes from words and options.

    Args:
        text: words, at most 4,000 characters; may be empty if an option says something.
        listener: gets events ("heard", "progress", "first_note", "take") as dictionaries.
        settings: defaults; None = those of `bandmate.toml`.
        options: fields of `ComposeOptions`.

    Raises:
        BriefError: a demand is unknown, out of range or contradictory; the message names it and the cure.
        OutputError: the folder cannot be written.
        ModelError: the model is missing or damaged.

    >>> import bandmate  # doctest: +SKIP
    >>> bandmate.compose("slow blues in E", bars=12, out="blues").best.mix  # doctest: +SKIP
    """
    chosen = ComposeOptions.of(options)
    defaults = load_settings() if settings is None else settings
    job = Job(listener, WEIGHTS)
    if chosen.audio_rhythm is not None and not chosen.audio:
        raise BriefError("audio-rhythm takes its rhythm from a sound; give one with --audio, or write a --lock")
    request = _with_audio(text, chosen, defaults) if chosen.audio else None
    request = request or plan_request(understand(text, chosen, defaults), chosen, defaults)
    tell_heard(request, job)
    folder = take_folder(chosen.out, text or chosen.genre or Path(chosen.audio or "take").stem, defaults.out)
    takes = run(replace(request, name=folder.name), folder, chosen.out, job)
    return ComposeResult(takes, folder, request.heard)


def _with_audio(text: str, chosen: ComposeOptions, settings: Settings) -> Request:
    """What words, flags and a sound ask for together; words and flags win."""
    from bandmate.workflows.audio_prompt import audio_prompt, with_given
    from bandmate.workflows.hear import hear

    if chosen.midi is not None:
        raise BriefError("a sound and a MIDI file are both given to go on from; give one of them")
    worded = bool(text.strip()) or any(getattr(chosen, name) is not None for name in _FLAGS)
    undecided = replace(settings, tempo=None, key=None, meter=None, bars=None)  # a sound says more than a default
    asked = understand(text, chosen, undecided) if worded else Brief()
    heard = hear(chosen.audio or "", kind=chosen.audio_as or "auto")
    prompt = audio_prompt(asked, heard, _open, chosen.audio_rhythm)
    request = with_given(plan_request(prompt.brief, chosen, settings), prompt)
    check_locks(request)
    return request


def brief(text: str = "", *, settings: Settings | None = None, **options: Any) -> Brief:
    """What words and options mean, without composing; the same Brief that `compose` starts from.

    Raises:
        BriefError: as for `compose`.
    """
    return understand(text, ComposeOptions.of(options), load_settings() if settings is None else settings)


def understand(text: str, options: ComposeOptions, settings: Settings) -> Brief:
    """Words, flags over words, then defaults for what neither stated."""
    from bandmate.generation.words import BriefFlags, compile_text, merge_flags

    flags: dict[str, Any] = {name: getattr(options, name) for name in _FLAGS}
    said_meter = None
    if options.drums is not None:
        flags["drums"], said_meter = drum_pattern(options.drums)
    if options.loop:
        flags |= {"loop": True, "bars": _loop_bars(options)}
    PROMPT_CHARS.check(len(text))
    heard = compile_text(text)
    if options.midi is not None and not text.strip() and not BriefFlags(**flags).stated:
        heard = replace(heard, loop=bool(options.loop), notices=("goes on from the MIDI file",))
    said = merge_flags(heard, BriefFlags(**flags))
    if said_meter is not None:
        if said.meter not in (None, said_meter):
            raise BriefError(
                f"the drum file is in {said_meter[0]}/{said_meter[1]}, another meter is asked; leave it out"
            )
        said = replace(said, meter=said_meter)
    if options.midi is not None:
        said = seeded(said, read_seed(options.midi))
    missing = {name: getattr(settings, name) for name in _DEFAULTS if _open(said, name)}
    said = merge_flags(said, BriefFlags(**missing)) if any(missing.values()) else said
    kit = options.kit or settings.kit
    return _with_kit(said, str(kit), options.kit is not None) if kit else said


def _open(said: Brief, name: str) -> bool:
    if name == "tempo" and said.tempo_factor != 1.0:
        return False  # "slow" was said: the genre's slow, not the default
    if (name == "bars" and said.seconds) or (name == "key" and said.mode):
        return False
    return getattr(said, name) is None or name in said.guessed


def _loop_bars(options: ComposeOptions) -> int | None:
    if options.loop is True:
        return options.bars
    if options.bars not in (None, options.loop):
        raise BriefError(f"loop {options.loop} and bars {options.bars} contradict each other; give one of them")
    return int(options.loop)


def _with_kit(said: Brief, kit: str, stated: bool) -> Brief:
    """The same Brief with a drum kit, unless the words chose one and this is only a default."""
    from bandmate.generation.words_flag_tracks import parse_track

    program = parse_track(f"drums={kit}").kit
    tracks = [
        replace(ask, kit=program) if ask.is_drum and ask.role == "drums" and (stated or ask.kit is None) else ask
        for ask in said.tracks
    ]
    wanted = "drums" not in said.excluded and (not said.only or "drums" in said.only)
    if wanted and not any(ask.role == "drums" for ask in tracks):
        tracks.append(TrackAsk("drums", kit=program))
    return replace(said, tracks=tuple(tracks))


def plan_request(asked: Brief, options: ComposeOptions, settings: Settings) -> Request:
    """Decide everything that was not stated."""
    from bandmate.generation.conform import is_locked, prove
    from bandmate.generation.words import describe
    from bandmate.groovebook.plan import make_plan
    from bandmate.workflows.models import lent_genre

    making = make_options(options, settings)
    check_engine(making)
    check_sounds(making)
    asked = toward(guided(asked, making.model), making.blend)
    seed = secrets.randbelow(_SEEDS) if options.seed is None else options.seed
    # Tempo, key and tracks of all takes are those of the first; chords, patterns and playing are each take's own.
    planned = _with_harmony(asked, making.model)
    plans = [make_plan(planned, seed + number, shared=seed) for number in range(options.takes)]
    plans = [replace(plan, brief=replace(plan.brief, genre2=asked.genre2)) for plan in plans]
    if not options.key_lock or "key" in asked.guessed:
        plans = [replace(plan, key_lock=False) for plan in plans]  # only a key that was stated binds
    plans = [plan if number == 0 else _own_form(plan) for number, plan in enumerate(plans)]
    for plan in plans:
        if is_locked(plan):
            prove(plan)
    if making.blend is not None and choose_engine(making) == "rules":
        lent_genre(str(making.model), plans[0].genre, making.blend)  # refuses what cannot be mixed
    drafts = tuple(draft_of(plan, plan.seed, making, options.takes) for plan in plans)
    request = Request("take", asked, describe(plans[0]), drafts, making)
    if options.midi is not None:
        request = with_seed(request, read_seed(options.midi))
    check_locks(request)
    return request


def _own_form(plan: Plan) -> Plan:
    """The plan of a further take, whose cells the model fills and repeats as it likes, unless a fullness was asked.

    Takes by the sketch alone are too much alike (docs/LOG.md); the first take keeps to it.
    """
    from bandmate.generation.conform import is_locked
    from bandmate.generation.groove import asked_density

    if is_locked(plan) or asked_density(plan).any():
        return plan
    return replace(plan, extra={**plan.extra, "form": "model"})


def guided(asked: Brief, model: str | None) -> Brief:
    """The Brief with what was not stated filled in from the library that a model learned from."""
    from bandmate.workflows.models import style_of

    style = style_of(model) if model is not None else None
    if style is None:
        return asked
    return style.guide(replace(asked, genre=None) if "genre" in asked.guessed else asked)


def _with_harmony(asked: Brief, model: str | None) -> Brief:
    """The Brief to plan by: where no chords were stated, those of the chord charts that a model learned from."""
    from bandmate.workflows.models import lent_harmony

    if model is None or asked.genre2 or asked.chords or asked.progression:
        return asked
    return replace(asked, genre2=lent_harmony(model, asked.genre))


def make_options(options: ComposeOptions, settings: Settings) -> MakeOptions:
    """How takes are made: options over settings over our own choice."""

    def first(name: str, otherwise: Any) -> Any:
        stated, default = getattr(options, name), getattr(settings, name)
        return otherwise if stated is None and default is None else default if stated is None else stated

    variety = first("variety", "normal")
    if variety not in VARIETIES:
        raise BriefError(f"variety '{variety}' is not known; choose one of {', '.join(VARIETIES)}")
    soundfont, drum_kit = first("soundfont", None), first("drum_kit", None)
    return MakeOptions(
        engine=first("engine", "default"), model=first("model", None), blend=options.blend, variety=variety,
        temperature=options.temperature, top_k=options.top_k, top_p=options.top_p, key_lock=options.key_lock,
        candidates=options.candidates,
        without=tuple(options.without), no_copy=options.no_copy, stems=first("stems", True),
        sample_rate=first("sample_rate", 44100), soundfont=str(soundfont) if soundfont else None,
        drum_kit=str(drum_kit) if drum_kit else None, sounds=sounds_of(options.sounds),
        to=targets_of(options.to), template=None if options.template is None else str(options.template),
        split_drums=bool(options.split_drums), drum_map=None if options.drum_map is None else str(options.drum_map),
    )  # fmt: skip


def tell_heard(request: Request, job: Job) -> None:
    """Say in one line what was understood, before anything is made."""
    job.tell("heard", text=request.heard, brief=request.plan.brief.to_json())


def run(request: Request, folder: Path, out: str | Path | None, job: Job) -> tuple[Take, ...]:
    """Make the takes in a folder that is there, and remember the best as the last take."""
    from bandmate.workflows.history import remember
    from bandmate.workflows.sessions import record

    if out is not None and folder.resolve() != Path(out).expanduser().resolve():
        job.tell("notice", text=f"{out} holds something already, so this goes to {folder}")
    try:
        takes = make(request, folder, job)
    except BaseException:
        with suppress(OSError):  # an empty folder is no take
            folder.rmdir()
        raise
    remember(takes[0])
    record(takes)
    return takes
