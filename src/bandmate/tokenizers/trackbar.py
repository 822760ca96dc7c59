"""`trackbar.v1`: a piece as words that a person can read and a language model can learn.

    PIECE_START GENRE=hip_hop TEMPO=90 KEY=D_minor TRACK_START INST=DRUMS BAR_START NOTE_ON=36 TIME_DELTA=2 ...

Source: the track and bar form of MMM (Ens and Pasquier, 2020), with meters, tempo changes, velocities, durations, a
second layout and a grammar of values. The tokens stand in `trackbar_table`, and printed in docs/TRACKBAR.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bandmate.errors import FileFormatError
from bandmate.score.model import KEY_SIGNATURE, MADE, METER, TEMPO, Score, Track, make_notes
from bandmate.score.pitch import Key
from bandmate.tokenizers import trackbar_encode as encoding
from bandmate.tokenizers import trackbar_table as table
from bandmate.tokenizers.base import TokenSequence, Vocabulary
from bandmate.tokenizers.trackbar_grammar import TrackBarGrammar
from bandmate.tokenizers.trackbar_table import TrackBarOptions
from bandmate.tokenizers.trackbar_text import PieceLabels, read_words
from bandmate.tokenizers.trackbar_words import detect_options, split_words

__all__ = ["PieceLabels", "TrackBarGrammar", "TrackBarOptions", "TrackBarTokenizer"]


class TrackBarTokenizer:
    """Score to trackbar tokens and back, under some options."""

    name = table.NAME

    def __init__(self, options: TrackBarOptions | None = None) -> None:
        self.options = options or TrackBarOptions()
        self.vocabulary: Vocabulary = table.vocabulary(self.options)
        self.grammar = TrackBarGrammar(self.options)
        self._texts = np.array(self.vocabulary.texts, object)

    @classmethod
    def for_text(cls, text: str) -> TrackBarTokenizer:
        """The tokenizer that would have written a text."""
        return cls(detect_options(split_words(text)))

    def encode(self, score: Score, *, genre: str | None = None, key: Key | None = None) -> TokenSequence:
        """The score as ids.

        Args:
            score: anything; notes go to the nearest step, tracks without notes are left out.
            genre: an id or a family of the genre table; None = not said.
            key: tonic and mode; None = the key signature at the start of the score, if it has one.

        Raises:
            ScoreError: more tracks sound than layout "bars" can count.
            UserError: the genre is not in the table.
        """
        placed = encoding.place(score, self.options)
        key = key or _signature(score)
        head = encoding.header_ids(placed, self.vocabulary, self.options, genre, key)
        body = encoding.body_ids(placed, self.vocabulary, self.options)
        ids = np.concatenate([head, body, [self.vocabulary.id("PIECE_END")]]).astype(np.int32)
        return TokenSequence(ids, self.name)

    def text(self, tokens: TokenSequence | ArrayLike, *, lines: bool = False) -> str:
        """The tokens as words; with `lines` every bar, and every track's head, on a line of its own."""
        ids = tokens.ids if isinstance(tokens, TokenSequence) else np.asarray(tokens, np.int64)
        text = " ".join(self._texts[ids].tolist())
        if lines:
            for name in ("TRACK_START", "BAR_START", "TRACK=", "TRACK_END", "PIECE_END"):
                text = text.replace(f" {name}", f"\n{name}")
        return text

    def encode_text(self, score: Score, *, genre: str | None = None, key: Key | None = None) -> str:
        """The score as one line of words."""
        return self.text(self.encode(score, genre=genre, key=key))

    def parse(self, text: str) -> TokenSequence:
        """The ids of a text that follows the vocabulary of these options, white space and remarks apart.

        Raises:
            FileFormatError: a word is not in the vocabulary; the message names it and its number.
        """
        index = {word: number for number, word in enumerate(self.vocabulary.texts)}
        ids = []
        for number, word in enumerate(split_words(text), 1):
            if word not in index:
                raise FileFormatError(
                    f"the text, token {number} '{word}' is not in the vocabulary of {self.options}; "
                    "read it as a score with decode_text, which takes more"
                )
            ids.append(index[word])
        return TokenSequence(np.array(ids, np.int32), self.name)

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score that ids stand for, 480 ticks a quarter.

        Raises:
            FileFormatError: the ids are of another tokenizer, or a token stands where it means nothing.
        """
        return self.read(tokens)[0]

    def decode_text(self, text: str, source: str = "the text") -> Score:
        """The score that words stand for, whatever options wrote them; forgiving as docs/TRACKBAR.md says.

        Raises:
            FileFormatError: a token is unknown or stands where it means nothing; the message names the source, the
                token, its number from 1 and the cure.
        """
        return read_words(split_words(text), source)[0]

    def read(self, tokens: TokenSequence | ArrayLike) -> tuple[Score, PieceLabels]:
        """The score that ids stand for, and what their header says beside it."""
        if isinstance(tokens, TokenSequence) and tokens.tokenizer != self.name:
            raise FileFormatError(f"these ids are of {tokens.tokenizer}, not of {self.name}; decode them with that one")
        ids = tokens.ids if isinstance(tokens, TokenSequence) else np.asarray(tokens, np.int64)
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < len(self.vocabulary):
            raise FileFormatError(f"an id lies outside the vocabulary, which has ids 0 to {len(self.vocabulary) - 1}")
        return read_words(self._texts[ids[ids != 0]].tolist(), "the tokens")

    def quantise(self, score: Score) -> Score:
        """What is left of a score when it has been encoded and decoded, without writing tokens."""
        placed = encoding.place(score, self.options)
        ticks = table.TICKS_PER_QUARTER // self.options.steps_per_quarter
        kinds = list(table.INSTRUMENTS.values())
        tracks = []
        for index, instrument in enumerate(placed.instruments):
            of = placed.track == index
            program, is_drum = kinds[instrument]
            onset, end = placed.onset[of], placed.end[of]
            notes = make_notes(onset * ticks, (end - onset) * ticks, placed.pitch[of], self._velocity(placed, of))
            tracks.append(Track("", program, is_drum, notes))
        starts = placed.bar_start[:-1] * ticks
        slower = np.flatnonzero(np.append(True, placed.tempos[1:] != placed.tempos[:-1]))
        turns = [i for i, meter in enumerate(placed.meters) if i == 0 or meter != placed.meters[i - 1]]
        return Score(
            tuple(tracks),
            table.TICKS_PER_QUARTER,
            np.array([(starts[i], round(60e6 / placed.tempos[i]), 0, MADE) for i in slower], TEMPO),
            np.array([(starts[i], *placed.meters[i], 0, MADE, 24, 8) for i in turns], METER),
            end_ticks=int(placed.bar_start[-1]) * ticks,
        )

    def _velocity(self, placed: encoding.Placed, of: np.ndarray) -> ArrayLike:
        bins = self.options.velocity_bins
        if not bins:
            from bandmate.tokenizers.trackbar_text import UNSAID_VELOCITY

            return UNSAID_VELOCITY
        return np.array(table.velocity_values(bins))[placed.velocity[of] * bins // 128]


def _signature(score: Score) -> Key | None:
    first = score.keys[score.keys["ticks"] == 0] if len(score.keys) else np.empty(0, KEY_SIGNATURE)
    if not len(first) or not -7 <= int(first["fifths"][-1]) <= 7:
        return None
    minor = bool(first["minor"][-1])
    return Key((int(first["fifths"][-1]) * 7 + (9 if minor else 0)) % 12, "minor" if minor else "major")
