"""mido.MidiFile and pretty_midi.PrettyMIDI, which are MIDI files in memory: the way there and back is our own MIDI."""

from __future__ import annotations

import io
import warnings
from typing import Any

from bandmate.compat.holds import library, tell_losses
from bandmate.errors import ScoreError
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.score.model import Score


def to_mido(score: Score) -> Any:
    """A score as a mido.MidiFile, every event of it.

    Raises:
        ScoreError: something a MIDI file cannot hold.
        UserError: mido is not installed.
    """
    mido = library("mido")
    tell_losses(score, "mido")
    return mido.MidiFile(file=io.BytesIO(midi_bytes(score)), charset="utf-8")


def from_mido(file: Any) -> Score:
    """A mido.MidiFile as a score, every event of it.

    Raises:
        FileFormatError: it holds what no MIDI file can.
    """
    data = io.BytesIO()
    file.save(file=data)
    return parse_midi(data.getvalue(), "the mido.MidiFile")


def to_pretty_midi(score: Score) -> Any:
    """A score as a pretty_midi.PrettyMIDI; of tracks without notes it keeps nothing.

    Raises:
        ScoreError: something a MIDI file, or pretty_midi, cannot hold, such as a tick beyond ten millions.
        UserError: pretty_midi is not installed.
    """
    pretty_midi = library("pretty_midi")
    tell_losses(score, "pretty_midi")
    data = io.BytesIO(midi_bytes(score))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of tempi on other tracks than the first
            return pretty_midi.PrettyMIDI(data)
    except ValueError as error:
        raise ScoreError(f"pretty_midi refuses the score: {error}") from None


def from_pretty_midi(midi: Any) -> Score:
    """A pretty_midi.PrettyMIDI as a score, by its own ticks.

    Raises:
        FileFormatError: it holds what no MIDI file can.
    """
    data = io.BytesIO()
    midi.write(data)
    return parse_midi(data.getvalue(), "the PrettyMIDI")
