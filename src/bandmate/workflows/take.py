"""Take: a result with everything that made it, and `take.json`, which holds that."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

import bandmate
from bandmate.errors import BandmateError, FileFormatError
from bandmate.io.atomic import write_text_atomic
from bandmate.score.brief import Brief
from bandmate.score.locks import TrackLock
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan, PlannedSection, PlannedTrack
from bandmate.workflows.places import safe_name

FORMAT = "bandmate.take.v1"
FILE_NAME = "take.json"
_LARGEST_BYTES = 16 * 2**20
_PACKAGES = ("numpy", "scipy", "onnxruntime", "torch", "numba", "soundfile", "pillow")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a take was made; the same recipe on the same versions gives the same bytes.

    Attributes:
        engine: "rules", "onnx", "numpy" or "torch".
        model: name and SHA-256 of the model's weights, empty for the rules engine.
        seed: of the take and its plan; seeds: of all candidates written in one batch; index: which of them it is.
        settings: options of sampling and rendering.
        versions: of Bandmate, Python, the system and the libraries that write bytes.
        threads: threads of the engine.
        catalog: hash of each catalog of runs that the model learned from, by name; licences: of their pieces.
    """

    engine: str
    seed: int
    seeds: tuple[int, ...]
    index: int
    model: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    threads: int = 1
    catalog: dict[str, str] = field(default_factory=dict)
    licences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One finished take.

    Attributes:
        name: of its folder and main MIDI file; folder: where it lies.
        score: the music; brief: what was asked; plan: what was decided.
        heard: the line that says what was understood.
        report: what was asked and what was got, as plain data.
        recipe: how it was made.
        files: path relative to the folder -> SHA-256.
        parents: `take.json` hashes of the takes it was made from; file: what its own `take.json` is called.
        direct: how many of the parents, the first ones, it was made from itself; the others are what those came from.
        log_likelihood: mean nats a note under the model, None for the rules engine.
    """

    name: str
    folder: Path
    score: Score
    brief: Brief
    plan: Plan
    heard: str
    report: dict[str, Any]
    recipe: Recipe
    files: dict[str, str] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    log_likelihood: float | None = None
    given: dict[str, str] = field(default_factory=dict)
    file: str = FILE_NAME
    direct: int = 1

    @property
    def midi(self) -> Path:
        """The file with all tracks."""
        return self.folder / f"{self.name}.mid"

    @property
    def mix(self) -> Path:
        """The finished mix."""
        return self.folder / "mix.wav"

    @property
    def stems(self) -> tuple[Path, ...]:
        """One WAV a track, in track order; empty if none were rendered."""
        return tuple(self.folder / path for path in sorted(self.files) if path.startswith("stems/"))

    @property
    def projects(self) -> tuple[Path, ...]:
        """The projects of sequencers in its folder. They are no part of its bytes: they name places and times."""
        found = [p for p in self.folder.iterdir() if p.is_dir() and p.name.startswith(f"{self.name} ")]
        files = [file for folder in found for file in folder.glob(f"{self.name}.*") if file.suffix in (".als", ".rpp")]
        single = [self.folder / f"{self.name}{suffix}" for suffix in (".dawproject", ".zip")]
        return tuple(sorted([*files, *(path for path in single if path.is_file())]))

    @property
    def json_path(self) -> Path:
        """Where its `take.json` lies."""
        return self.folder / self.file

    def player(self, seconds: float = 30.0) -> Any:
        """An audio player of its first seconds, for a notebook (see `bandmate.workflows.player`)."""
        from bandmate.workflows.player import player

        return player(self, seconds)

    def _repr_png_(self) -> bytes:
        from bandmate.pictures.roll import roll_canvas  # brings Pillow

        drawn = self.folder / "roll.png"
        if drawn.is_file():
            return drawn.read_bytes()
        return roll_canvas(
            self.score, sections=self.plan.sections, chords=self.plan.chords, title=self.heard or self.name
        ).png()

    def to_json(self) -> dict[str, Any]:
        """Plain data of `take.json`."""
        return {
            "format": FORMAT,
            "name": self.name,
            "heard": self.heard,
            "report": self.report,
            "recipe": {name: getattr(self.recipe, name) for name in Recipe.__dataclass_fields__},
            "log_likelihood": self.log_likelihood,
            "files": dict(sorted(self.files.items())),
            "parents": list(self.parents),
            "direct_parents": self.direct,
            "given": self.given,
            "brief": self.brief.to_json(),
            "plan": plan_to_json(self.plan),
        }

    def save(self) -> Take:
        """Write `take.json` beside the music."""
        data = self.to_json()
        data["seal"] = seal_of(data)
        write_text_atomic(self.json_path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
        return self

    def with_files(self, paths: list[Path]) -> Take:
        """The same take with more files, hashed."""
        new = {path.relative_to(self.folder).as_posix(): sha256_of(path) for path in paths}
        return replace(self, files=self.files | new)


def read_take(path: str | Path) -> Take:
    """Read a `take.json` (or the folder that holds one) and the MIDI beside it.

    Raises:
        FileFormatError: it is missing, damaged or of another version; the message names it.
    """
    from bandmate.io.files import read

    path = Path(path).expanduser()
    path = path / FILE_NAME if path.is_dir() else path
    data = _load(path)
    try:
        brief = Brief.from_json(data["brief"])
        recipe = Recipe(**{**data["recipe"], "seeds": tuple(data["recipe"]["seeds"])})
        plan = plan_from_json(data["plan"])
        name, folder = safe_name(str(data["name"])), path.parent
        take = Take(
            name, folder, Score(), brief, plan, data["heard"], data["report"], recipe,
            dict(data["files"]), tuple(data["parents"]), data["log_likelihood"], dict(data["given"]),
            path.name, int(data.get("direct_parents", 1)),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, BandmateError) as error:
        raise FileFormatError(f"{path} is damaged near {error}; compose again, or restore the file") from error
    if not take.midi.is_file():
        raise FileFormatError(f"{take.midi} is missing beside {path.name}; put it back, or compose again")
    return replace(take, score=_with_roles(read(take.midi), plan))


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileFormatError(f"{path} does not exist; give the take.json that compose wrote, or its folder")
    if path.stat().st_size > _LARGEST_BYTES:
        raise FileFormatError(f"{path} is too large to be a take.json")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise FileFormatError(f"{path} is not valid JSON ({error}); give the take.json that compose wrote") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise FileFormatError(f"{path} says format {found!r}, this version reads {FORMAT!r}; compose again")
    if data.get("seal") != seal_of(data):
        raise FileFormatError(f"{path} is damaged or was changed by hand; restore the file, or compose again")
    return data


def seal_of(data: dict[str, Any]) -> str:
    """SHA-256 over everything in a take.json but the seal itself, whatever its layout."""
    plain = json.loads(json.dumps({name: value for name, value in data.items() if name != "seal"}))
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _with_roles(score: Score, plan: Plan) -> Score:
    # subtle: a MIDI file may open with a conductor track without notes; planned tracks are the ones after it.
    tracks = [track for track in score.tracks if len(track.notes)] or list(score.tracks)
    if len(tracks) != len(plan.tracks):
        tracks = list(score.tracks)[-len(plan.tracks) :]
    named = tuple(
        replace(track, role=planned.role, is_drum=planned.is_drum, program=planned.program)
        for track, planned in zip(tracks, plan.tracks, strict=False)
    )
    return replace(score, tracks=named)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Plain data of a plan; `plan_from_json` reads it back equal."""
    return {
        "brief": plan.brief.to_json(),
        "seed": plan.seed,
        "genre": plan.genre,
        "tempo": plan.tempo,
        "key": plan.key.name,
        "meter": list(plan.meter),
        "bars": plan.bars,
        "swing": plan.swing,
        "key_lock": plan.key_lock,
        "chord_lock": plan.chord_lock,
        "loop": plan.loop,
        "tracks": [_track_to_json(track) for track in plan.tracks],
        "sections": [{name: getattr(s, name) for name in PlannedSection.__dataclass_fields__} for s in plan.sections],
        "chords": [chord.spell() for chord in plan.chords],
        "active": ["".join("1" if sounds else "0" for sounds in row) for row in plan.active],
        "extra": plan.extra,
        "fine_chords": [chord.spell() for chord in plan.fine_chords],
    }


def _track_to_json(track: PlannedTrack) -> dict[str, Any]:
    plain = {name: getattr(track, name) for name in PlannedTrack.__dataclass_fields__}
    return {**plain, "lock": track.lock and track.lock.to_json()}


def _track_from_json(data: dict[str, Any]) -> PlannedTrack:
    lock = data.get("lock")
    return PlannedTrack(**{**data, "lock": TrackLock.from_json(lock) if lock else None})


def plan_from_json(data: dict[str, Any]) -> Plan:
    """Read what `plan_to_json` wrote."""
    values = dict(data)
    values["brief"] = Brief.from_json(values["brief"])
    values["key"] = Key.parse(values["key"])
    values["meter"] = tuple(values["meter"])
    values["tracks"] = tuple(_track_from_json(track) for track in values["tracks"])
    values["fine_chords"] = tuple(Chord.parse(name) for name in values.get("fine_chords", ()))
    values["sections"] = tuple(PlannedSection(**{**s, "roles": tuple(s["roles"])}) for s in values["sections"])
    values["chords"] = tuple(Chord.parse(name) for name in values["chords"])
    values["active"] = np.array([[mark == "1" for mark in row] for row in values["active"]], bool)
    return Plan(**values)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions(soundfont: str | None = None) -> dict[str, str]:
    """Versions of everything that has a say in the bytes of a take; of the SoundFont, its hash."""
    found = {"bandmate": bandmate.__version__, "python": platform.python_version()}
    found["system"] = f"{platform.system()} {platform.machine()}"
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    shipped = Path(str(files("bandmate.data"))) / "sounds" / "fluid_r3.sf3"
    font = Path(soundfont) if soundfont else shipped
    if font.is_file():
        found["soundfont"] = f"{font.name} {sha256_of(font)[:16]}"
    return found
