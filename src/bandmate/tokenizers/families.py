"""MidiTok's families (Fradet et al. 2021) behind our door: REMI, TSD, CPWord ..., plain or with words learned.

The work is MidiTok's; here scores go in and out, options have one shape, and errors name places. It is an optional part
(`pip install "bandmate[tokens]"`), imported in `_miditok` and nowhere else.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Literal

import numpy as np
import symusic
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import FileFormatError, MissingExtra, UserError
from bandmate.io.atomic import write_text_atomic
from bandmate.io.midi import write_midi
from bandmate.io.midi_fast import parse_midi_fast
from bandmate.score.model import Score
from bandmate.tokenizers.base import TokenSequence
from bandmate.tokenizers.representation import About, Representation, shown, whole

MAX_BARS = 600  # of Octuple and MuMIDI; MidiTok's own 60 cuts half of most pieces without a word
_SOURCE = "MidiTok, Fradet et al. 2021; {}"
_LOSS = (
    "tracks of one program become one; times to an eighth of a beat, after 4 beats to a quarter of it; 32 velocities"
)


def _miditok() -> ModuleType:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import miditok
    except ImportError:
        raise MissingExtra("tokens", "this representation is MidiTok's and") from None
    return miditok


@dataclass(frozen=True, slots=True)
class FamilyOptions:
    """How a family writes.

    Attributes:
        steps_per_beat: of notes of up to 4 beats; longer ones have half as many.
        velocity_bins: 1 to 127.
        config: any other option of MidiTok's TokenizerConfig by its name, such as {"use_chords": true}.
    """

    steps_per_beat: int = 8
    velocity_bins: int = 32
    config: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("steps_per_beat", self.steps_per_beat, 1, 96)
        whole("velocity_bins", self.velocity_bins, 1, 127)
        if not isinstance(self.config, Mapping):
            raise UserError(f"config {self.config!r} is no table of options by name")


class Family(Representation):
    """A tokenizer of MidiTok's; ids (tokens,), or rows of ids where every row is one of several vocabularies' words."""

    options_type = FamilyOptions
    options: FamilyOptions
    kind: ClassVar[str]  # class of MidiTok
    given: ClassVar[Mapping[str, Any]] = {}  # what the family sets

    @cached_property
    def peer(self) -> Any:
        """MidiTok's tokenizer.

        Raises:
            MissingExtra: MidiTok is not installed. UserError: it refuses the options; the message is its own.
        """
        miditok, own = _miditok(), self.options
        beats = {(0, 4): own.steps_per_beat, (4, 12): max(1, own.steps_per_beat // 2)}
        wanted = {"beat_res": beats, "num_velocities": own.velocity_bins, "use_programs": True}
        wanted |= {**self.given, **own.config}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return getattr(miditok, self.kind)(miditok.TokenizerConfig(**wanted))
        except Exception as error:  # whatever MidiTok raises for options it cannot take
            raise UserError(f"{self.name} cannot be made with these options: {_said(error)}") from error

    @property
    def width(self) -> int:
        """Vocabularies, and ids a row; 1 for a sequence of single ids."""
        return len(self.peer.vocab) if self.peer.is_multi_voc else 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """The size of each vocabulary."""
        return tuple(len(vocab) for vocab in self.peer.vocab) if self.width > 1 else (len(self.peer),)

    def encode(self, score: Score) -> TokenSequence:
        """The score as ids; empty for a score without notes."""
        if not score.note_count:
            return self._sequence([])
        peer = self.peer
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = peer.encode(to_symusic(score))
            except Exception as error:  # KeyError for a meter outside its table, and what else it may be
                raise UserError(f"{self.name} cannot hold this score: MidiTok says {_said(error)}") from error
        if isinstance(found, list):
            raise UserError(f"{self.name} under these options makes a sequence a track; keep use_programs true")
        return self._sequence(found.ids)

    def _sequence(self, ids: Any) -> TokenSequence:
        if self.width == 1:
            return TokenSequence(np.array(ids, np.int32), self.name)
        # MuMIDI's rows are of two lengths; 0 is PAD in every vocabulary
        rows = [row + [0] * (self.width - len(row)) for row in ids]
        return TokenSequence(np.array(rows, np.int32).reshape(-1, self.width), self.name)

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score that ids stand for.

        Raises:
            FileFormatError: an id lies outside its vocabulary, or MidiTok cannot decode them.
        """
        ids = self._checked(self.array(tokens))
        if not ids.size:
            return Score()
        miditok = _miditok()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                sequence = miditok.TokSequence(ids=self._ragged(ids), are_ids_encoded=bool(self.peer.is_trained))
                data = self.peer.decode(sequence).dumps_midi()
            except Exception as error:  # whatever sequence its decoder does not foresee
                raise FileFormatError(
                    f"these tokens do not decode as {self.name}: MidiTok says {_said(error)}"
                ) from error
        return parse_midi_fast(bytes(data), f"the piece of {self.name}")

    def _ragged(self, ids: NDArray[np.int64]) -> list[Any]:
        """Ids as MidiTok takes them: rows of MuMIDI without what fills them up."""
        found = ids.tolist()
        if self.kind != "MuMIDI":
            return found
        return [row[: max([1, *(place + 1 for place, number in enumerate(row) if number)])] for row in found]

    def _checked(self, ids: NDArray[Any]) -> NDArray[np.int64]:
        ids = ids.astype(np.int64)
        if ids.size and self.width > 1 and (ids.ndim != 2 or ids.shape[1] != self.width):
            raise FileFormatError(f"{self.name} has rows of {self.width} ids, not the shape {ids.shape}")
        ids = ids if self.width > 1 else ids.reshape(-1)
        wrong = (ids < 0) | (ids >= (np.array(self.sizes) if self.width > 1 else self.sizes[0]))
        if wrong.any():
            place = tuple(int(found[0]) for found in np.nonzero(wrong))
            column = f", column {place[1] + 1}," if self.width > 1 else ""
            size = self.sizes[place[1]] if self.width > 1 else self.sizes[0]
            raise FileFormatError(
                f"token {place[0] + 1}{column} has the id {ids[place]}, outside the vocabulary of {self.name}, which "
                f"has ids 0 to {size - 1}"
            )
        return ids

    def lines(self, tokens: TokenSequence) -> list[str]:
        """Words, sixteen a line, where each id is one; else ids, a row a line."""
        ids = self._checked(self.array(tokens))
        if self.width > 1:
            return [" ".join(map(str, row)) for row in ids.tolist()]
        texts = {number: word for word, number in self.peer.vocab.items()}
        words = [str(i) if self.peer.is_trained else texts[i] for i in ids.tolist()]
        return [" ".join(words[at : at + 16]) for at in range(0, len(words), 16)]

    def parse_body(self, text: str, source: str) -> TokenSequence:
        """The ids of words, or of numbers."""
        index = {} if self.width > 1 else self.peer.vocab
        ids = []
        for number, word in enumerate(text.split(), 1):
            if word not in index and not word.isdecimal():
                raise FileFormatError(f"{source}, token {number} '{word[:40]}' is not in the vocabulary of {self.name}")
            ids.append(index[word] if word in index else min(int(word[:12]), 2**31 - 1))
        if len(ids) % self.width:
            raise FileFormatError(f"{source}: {self.name} has {self.width} ids a line; the last line has fewer")
        return TokenSequence(np.array(ids, np.int32).reshape((-1, self.width) if self.width > 1 else -1), self.name)

    def tables(self) -> list[str]:
        """A row a type of token, of each vocabulary."""
        vocabularies = self.peer.vocab if self.width > 1 else [self.peer.vocab]
        rows = [f"{' + '.join(f'{size:,}' for size in self.sizes)} ids.", ""]
        rows += ["| column | token | values |", "|---|---|---|"]
        for column, vocabulary in enumerate(vocabularies, 1):
            types: dict[str, list[str]] = {}
            for word in vocabulary:
                name, _, value = str(word).partition("_")
                types.setdefault(name, []).append(value)
            rows += [f"| {column} | `{name}` | {shown(tuple(values))} |" for name, values in types.items()]
        return rows

    def train(
        self,
        pieces: Iterable[Score | str | Path],
        vocabulary_size: int,
        model: Literal["BPE", "Unigram", "WordPiece"] = "BPE",
    ) -> None:
        """Learn words of several tokens from pieces; ids are then theirs.

        Args:
            pieces: scores, or MIDI files.
            vocabulary_size: ids that there will be, more than now.
            model: how words are learned.

        Raises:
            UserError: the family has several vocabularies, the model is unknown, the size is no larger than the
                vocabulary, or there are no pieces.
        """
        if model not in ("BPE", "Unigram", "WordPiece"):
            raise UserError(f"model '{model}' is not known; give BPE, Unigram or WordPiece")
        if self.width > 1:
            raise UserError(f"{self.name} has {self.width} vocabularies and learns no words; take another family")
        whole("vocabulary_size", vocabulary_size, self.sizes[0] + 1, 1_000_000)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            paths = [
                Path(write_midi(piece, Path(folder) / f"{number}.mid")) if isinstance(piece, Score) else Path(piece)
                for number, piece in enumerate(pieces)
            ]
            if not paths:
                raise UserError("there is nothing to learn words from; give scores or MIDI files")
            self.peer.train(vocab_size=vocabulary_size, model=model, files_paths=paths)

    def save(self, path: str | Path) -> Path:
        """Write the family with its learned words as JSON.

        Raises:
            OutputError: the place cannot be written.
        """
        write_text_atomic(Path(path), json.dumps({"bandmate": self.name, **self.peer.to_dict()}))
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> Family:
        """The family that `save` wrote.

        Raises:
            FileFormatError: the file is missing, no JSON, or of another family or version.
        """
        try:
            held = json.loads(Path(path).read_text(encoding="utf-8"))
            said, whole_one = held.get("bandmate"), "config" in held and held.get("tokenization") == cls.kind
        except OSError as error:
            raise FileFormatError(f"{path} cannot be read: {error.strerror}; check the name") from error
        except (ValueError, AttributeError) as error:
            raise FileFormatError(f"{path} holds no tokenizer; give a file that `save` wrote") from error
        if said != cls.name:
            raise FileFormatError(f"{path} is of {said or 'another program'}, not of {cls.name}; load it there")
        if not whole_one:
            raise FileFormatError(f"{path} holds no whole tokenizer; give a file that `save` wrote")
        made, miditok = cls(), _miditok()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                made.peer = getattr(miditok, cls.kind)(params=Path(path))
            except Exception as error:  # a file that was changed by hand
                raise FileFormatError(f"{path} holds no whole tokenizer: MidiTok says {_said(error)}") from error
        return made


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {str(error).strip().splitlines()[0] if str(error).strip() else ''}".strip()


def to_symusic(score: Score) -> Any:
    """A score as symusic's: notes, programs, names, tempo and meter."""
    made = symusic.Score(score.ticks_per_quarter)
    for track in score.tracks:
        notes = track.notes
        part = symusic.Track(track.name, int(track.program), bool(track.is_drum))
        part.notes = symusic.Note.from_numpy(
            notes["onset_ticks"].astype(np.int32),
            np.maximum(notes["duration_ticks"], 1).astype(np.int32),
            notes["pitch"].astype(np.int8),
            notes["velocity"].astype(np.int8),
        )
        made.tracks.append(part)
    for tempo in score.tempos:
        made.tempos.append(symusic.Tempo(int(tempo["ticks"]), 60e6 / int(tempo["us_per_quarter"])))
    for meter in score.meters:
        made.time_signatures.append(
            symusic.TimeSignature(int(meter["ticks"]), int(meter["numerator"]), int(meter["denominator"]))
        )
    return made


def _family(name: str, kind: str, what: str, source: str, loss: str = _LOSS, **given: Any) -> type[Family]:
    shape = f"(rows, {_ROWS[kind]})" if kind in _ROWS else "(tokens,)"
    about = About(what, shape, loss, _SOURCE.format(source))
    body = {"name": name, "kind": kind, "given": given, "about": about, "__doc__": f"`{name}`: {what}."}
    return type(kind, (Family,), body)


_ROWS = {"CPWord": 8, "Octuple": 8, "MuMIDI": 6}  # vocabularies under the usual options
_NO_METER = f"{_LOSS}; meter"
FAMILIES: dict[str, type[Family]] = {
    kind.name: kind
    for kind in (
        _family("midi_like.v1", "MIDILike", "beginnings, ends, waits", "Oore et al. 2018", use_tempos=True,
                use_time_signatures=True),
        _family("remi.v1", "REMI", "bars, positions, pitches, durations, with tempo", "Huang and Yang 2020",
                _NO_METER, use_tempos=True),
        _family("remi_plus.v1", "REMI", "REMI with programs, tempo and meter", "von Rütte et al. 2022",
                use_tempos=True, use_time_signatures=True),
        _family("tsd.v1", "TSD", "waits, pitches, durations", "Fradet et al. 2023", use_tempos=True,
                use_time_signatures=True),
        _family("structured.v1", "Structured", "pitch, velocity, duration, wait, always in this order",
                "Hadjeres and Crestel 2021", f"{_NO_METER}, tempo; long waits"),
        _family("cpword.v1", "CPWord", "compound words: a row a position or a note", "Hsiao et al. 2021",
                use_tempos=True, use_time_signatures=True),
        _family("octuple.v1", "Octuple", "a row a note, with bar and position", "Zeng et al. 2021",
                f"{_LOSS}; what lies beyond bar {MAX_BARS}", use_tempos=True, use_time_signatures=True,
                max_bar_embedding=MAX_BARS),
        _family("mumidi.v1", "MuMIDI", "rows of bar, position, program and notes", "Ren et al. 2020",
                f"{_NO_METER}; what lies beyond bar {MAX_BARS}", use_tempos=True, max_bar_embedding=MAX_BARS),
        _family("mmm.v1", "MMM", "track after track, over REMI", "Ens and Pasquier 2020",
                _LOSS.replace("tracks of one program become one; ", ""), use_tempos=True, use_time_signatures=True,
                base_tokenizer="REMI"),
        _family("pertok.v1", "PerTok", "waits and pitches with microtiming", "Lenz and Mani 2024",
                "tracks of one program become one; tempo, meter; times to a 240th of an eighth",
                use_microtiming=True, ticks_per_quarter=220, max_microtiming_shift=0.125, num_microtiming_bins=30),
    )
}  # fmt: skip


def __getattr__(name: str) -> type[Family]:
    """A family by a name that an import line can have: `remi_v1` for `remi.v1`."""
    full = ".v".join(name.rsplit("_v", 1))
    if full not in FAMILIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return FAMILIES[full]
