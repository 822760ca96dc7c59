"""General MIDI as tables: instruments with families and playable ranges, drum kits and drum keys.

Ranges are what a player of the real instrument reaches (sounding pitch, MIDI numbers, C4 = 60); synthetic sounds get
the span in which their kind is used. Source: General MIDI System Level 1 and the General MIDI 2 kit list for names;
ranges from common orchestration practice.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Instrument(NamedTuple):
    """A General MIDI program: its name and the lowest and highest pitch it plays."""

    name: str
    low: int
    high: int


_INSTRUMENTS = tuple(
    Instrument(name.strip(), int(low), int(high))
    for name, low, high in (
        line.rsplit(maxsplit=2)
        for line in """
        Acoustic Grand Piano 21 108
        Bright Acoustic Piano 21 108
        Electric Grand Piano 21 108
        Honky-tonk Piano 21 108
        Electric Piano 1 28 103
        Electric Piano 2 28 103
        Harpsichord 29 89
        Clavi 36 96
        Celesta 60 108
        Glockenspiel 72 108
        Music Box 60 96
        Vibraphone 53 89
        Marimba 45 96
        Xylophone 65 108
        Tubular Bells 60 77
        Dulcimer 48 84
        Drawbar Organ 36 96
        Percussive Organ 36 96
        Rock Organ 36 96
        Church Organ 24 108
        Reed Organ 36 96
        Accordion 53 93
        Harmonica 60 96
        Tango Accordion 53 93
        Acoustic Guitar (nylon) 40 84
        Acoustic Guitar (steel) 40 84
        Electric Guitar (jazz) 40 86
        Electric Guitar (clean) 40 86
        Electric Guitar (muted) 40 86
        Overdriven Guitar 40 86
        Distortion Guitar 40 86
        Guitar Harmonics 40 88
        Acoustic Bass 28 60
        Electric Bass (finger) 28 60
        Electric Bass (pick) 28 60
        Fretless Bass 28 60
        Slap Bass 1 28 60
        Slap Bass 2 28 60
        Synth Bass 1 24 64
        Synth Bass 2 24 64
        Violin 55 96
        Viola 48 84
        Cello 36 76
        Contrabass 28 60
        Tremolo Strings 28 96
        Pizzicato Strings 28 96
        Orchestral Harp 23 103
        Timpani 36 57
        String Ensemble 1 28 96
        String Ensemble 2 28 96
        Synth Strings 1 28 96
        Synth Strings 2 28 96
        Choir Aahs 40 84
        Voice Oohs 40 84
        Synth Voice 40 84
        Orchestra Hit 48 72
        Trumpet 54 86
        Trombone 40 72
        Tuba 26 58
        Muted Trumpet 54 84
        French Horn 34 77
        Brass Section 36 96
        Synth Brass 1 36 96
        Synth Brass 2 36 96
        Soprano Sax 56 88
        Alto Sax 49 81
        Tenor Sax 44 76
        Baritone Sax 36 69
        Oboe 58 91
        English Horn 52 81
        Bassoon 34 75
        Clarinet 50 91
        Piccolo 74 108
        Flute 60 96
        Recorder 60 96
        Pan Flute 60 96
        Blown Bottle 60 96
        Shakuhachi 55 84
        Whistle 60 96
        Ocarina 60 84
        Lead 1 (square) 36 96
        Lead 2 (sawtooth) 36 96
        Lead 3 (calliope) 36 96
        Lead 4 (chiff) 36 96
        Lead 5 (charang) 36 96
        Lead 6 (voice) 36 96
        Lead 7 (fifths) 36 96
        Lead 8 (bass + lead) 24 96
        Pad 1 (new age) 36 96
        Pad 2 (warm) 36 96
        Pad 3 (polysynth) 36 96
        Pad 4 (choir) 36 96
        Pad 5 (bowed) 36 96
        Pad 6 (metallic) 36 96
        Pad 7 (halo) 36 96
        Pad 8 (sweep) 36 96
        FX 1 (rain) 36 96
        FX 2 (soundtrack) 36 96
        FX 3 (crystal) 36 96
        FX 4 (atmosphere) 36 96
        FX 5 (brightness) 36 96
        FX 6 (goblins) 36 96
        FX 7 (echoes) 36 96
        FX 8 (sci-fi) 36 96
        Sitar 48 77
        Banjo 48 84
        Shamisen 50 79
        Koto 55 84
        Kalimba 48 79
        Bag Pipe 57 81
        Fiddle 55 96
        Shanai 48 72
        Tinkle Bell 72 108
        Agogo 48 96
        Steel Drums 52 84
        Woodblock 48 96
        Taiko Drum 24 72
        Melodic Tom 24 84
        Synth Drum 24 84
        Reverse Cymbal 24 96
        Guitar Fret Noise 24 96
        Breath Noise 24 96
        Seashore 24 96
        Bird Tweet 24 96
        Telephone Ring 24 96
        Helicopter 24 96
        Applause 24 96
        Gunshot 24 96
        """.strip().splitlines()
    )
)

PROGRAM_NAMES: tuple[str, ...] = tuple(instrument.name for instrument in _INSTRUMENTS)

FAMILIES: tuple[str, ...] = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe",
    "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "sound effects",
)  # fmt: skip
"""Names of the sixteen families; a program's is `FAMILIES[program // 8]`."""

KIT_NAMES: dict[int, str] = {
    0: "Standard Kit",
    8: "Room Kit",
    16: "Power Kit",
    24: "Electronic Kit",
    25: "TR-808 Kit",
    32: "Jazz Kit",
    40: "Brush Kit",
    48: "Orchestra Kit",
    56: "Sound Effects Kit",
}

DRUM_NAMES: dict[int, str] = dict(
    enumerate(
        """
        High Q,Slap,Scratch Push,Scratch Pull,Sticks,Square Click,Metronome Click,Metronome Bell,
        Acoustic Bass Drum,Bass Drum 1,Side Stick,Acoustic Snare,Hand Clap,Electric Snare,Low Floor Tom,Closed Hi-Hat,
        High Floor Tom,Pedal Hi-Hat,Low Tom,Open Hi-Hat,Low-Mid Tom,Hi-Mid Tom,Crash Cymbal 1,High Tom,Ride Cymbal 1,
        Chinese Cymbal,Ride Bell,Tambourine,Splash Cymbal,Cowbell,Crash Cymbal 2,Vibraslap,Ride Cymbal 2,Hi Bongo,
        Low Bongo,Mute Hi Conga,Open Hi Conga,Low Conga,High Timbale,Low Timbale,High Agogo,Low Agogo,Cabasa,Maracas,
        Short Whistle,Long Whistle,Short Guiro,Long Guiro,Claves,Hi Wood Block,Low Wood Block,Mute Cuica,Open Cuica,
        Mute Triangle,Open Triangle,Shaker,Jingle Bell,Belltree,Castanets,Mute Surdo,Open Surdo
        """.replace("\n", "").split(","),
        start=27,
    )
)
DRUM_NAMES = {key: name.strip() for key, name in DRUM_NAMES.items()}
"""General MIDI drum keys 35..81, with General MIDI 2's additions 27..34 and 82..87."""

DRUM_CHANNEL = 9
_BASS_PROGRAMS = frozenset((*range(32, 40), 43, 58))
_GUITAR_PROGRAMS = frozenset(range(24, 32))


def program_name(program: int, is_drum: bool = False) -> str:
    """What a program is called: the instrument, or the kit for drums ("Standard Kit" for an unlisted one)."""
    if is_drum:
        return KIT_NAMES.get(program, KIT_NAMES[0])
    return PROGRAM_NAMES[program]


def program_range(program: int) -> tuple[int, int]:
    """Lowest and highest MIDI pitch a General MIDI instrument plays, both included."""
    return _INSTRUMENTS[program].low, _INSTRUMENTS[program].high


def family(program: int) -> str:
    """Which of FAMILIES a program belongs to."""
    return FAMILIES[program // 8]


def is_bass_program(program: int) -> bool:
    """Whether the instrument plays the bass: basses, contrabass, tuba."""
    return program in _BASS_PROGRAMS


def is_guitar_program(program: int) -> bool:
    """Whether it is a guitar."""
    return program in _GUITAR_PROGRAMS


def is_pad_program(program: int) -> bool:
    """Whether it holds chords as a bed: ensembles, choirs, synth pads."""
    return program in (48, 49, 50, 51, 52, 53, 54) or 88 <= program < 96


def is_percussive_program(program: int) -> bool:
    """Whether it is percussion or an effect without a sure pitch."""
    return program in (47, 55) or program >= 112


@cache
def program_number(name: str) -> int | None:
    """The program of a General MIDI name ("Slap Bass 1"), any case; None if there is none."""
    wanted = name.strip().casefold()
    return next((n for n, known in enumerate(PROGRAM_NAMES) if known.casefold() == wanted), None)
