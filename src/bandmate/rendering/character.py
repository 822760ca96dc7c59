"""How each genre sounds: its drum machine, the grit on its drums, its room and echo, its side-chain, its tone.

One table: a row for each family of genres, and what single genres do otherwise. Depths of the side-chain, levels and
places in the mix are facts of data/genres.json; here is only what they are made audible with.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bandmate.analysis.genres import genre
from bandmate.rendering.ducking import Ducking
from bandmate.rendering.finish import NO_GRIT, Grit, Tone
from bandmate.rendering.reverb import Echo, Room

ROOMS = {
    "booth": Room(
        decay_sec=0.35, predelay_sec=0.004, damping_hz=4000.0, low_cut_hz=250.0, level_db=-3.0, brightness=0.3
    ),
    "studio": Room(
        decay_sec=0.7, predelay_sec=0.008, damping_hz=4500.0, low_cut_hz=200.0, brightness=0.25, level_db=-4.0
    ),
    "club": Room(decay_sec=1.1, predelay_sec=0.020, damping_hz=4500.0, low_cut_hz=300.0, brightness=0.3, level_db=-2.0),
    "stage": Room(
        decay_sec=1.3, predelay_sec=0.012, damping_hz=5000.0, low_cut_hz=200.0, brightness=0.3, level_db=-3.0
    ),
    "plate": Room(
        decay_sec=1.8, predelay_sec=0.020, damping_hz=9000.0, low_cut_hz=300.0, brightness=0.6, level_db=-1.5
    ),
    "wide plate": Room(
        decay_sec=2.4, predelay_sec=0.030, damping_hz=8000.0, low_cut_hz=350.0, level_db=-2.0, brightness=0.5
    ),
    "chamber": Room(
        decay_sec=1.5, predelay_sec=0.012, damping_hz=5500.0, low_cut_hz=150.0, brightness=0.25, level_db=-2.0
    ),
    "hall": Room(
        decay_sec=2.6, predelay_sec=0.028, damping_hz=4500.0, low_cut_hz=140.0, brightness=0.15, level_db=-4.0
    ),
    "cathedral": Room(
        decay_sec=4.5, predelay_sec=0.040, damping_hz=3500.0, low_cut_hz=160.0, brightness=0.1, level_db=-4.0
    ),
    "spring": Room(
        decay_sec=1.9, predelay_sec=0.0, damping_hz=3800.0, low_cut_hz=250.0, spring_sec=0.037, level_db=-4.0
    ),
    "dark": Room(
        decay_sec=1.4, predelay_sec=0.010, damping_hz=2200.0, low_cut_hz=220.0, brightness=0.05, level_db=-3.0
    ),
    "none": Room(decay_sec=0.2, predelay_sec=0.002, damping_hz=6000.0, low_cut_hz=400.0, level_db=-12.0),
}
_LEADS = {"melody": 0.22, "lead": 0.22, "vox": 0.20, "arp": 0.18}
ECHOES = {
    "dotted": Echo(0.75, 0.40, 4000.0, _LEADS),
    "wide": Echo(0.75, 0.55, 2500.0, {**_LEADS, "arp": 0.3, "fx": 0.3}),
    "quarter": Echo(1.0, 0.35, 3000.0, {"melody": 0.16, "lead": 0.16, "vox": 0.16}),
    "tape": Echo(0.75, 0.40, 2200.0, {"chords": 0.14, "melody": 0.16, "lead": 0.16, "brass": 0.12}),
    "dub": Echo(0.75, 0.62, 1600.0, {"chords": 0.40, "melody": 0.35, "lead": 0.35, "brass": 0.3, "fx": 0.5}),
}
_BASS = {"bass": 1.0}
_PUMPING = {"bass": 1.0, "pad": 1.0, "chords": 0.8, "strings": 0.8, "arp": 0.5, "vox": 0.3}
PUMP_DEPTH = 0.4  # from this depth on the chords and pads step back as well
_SAMPLER = Grit(drive=1.2, lowpass_hz=11000.0, bits=12, hold_hz=26040.0)
_TAPE = Grit(drive=1.6, lowpass_hz=7500.0, bits=12, hold_hz=26040.0)


@dataclass(frozen=True, slots=True)
class Character:
    """How a genre sounds.

    Attributes:
        kit: style that the synthesised kits take, one of kits.STYLES; None = each its own.
        grit: on its drums as a whole. room, echo: what its tracks send to; echo may be None.
        ducking: its side-chain. tone: of the mix.
    """

    kit: str | None = None
    grit: Grit = NO_GRIT
    room: Room = field(default_factory=Room)
    echo: Echo | None = None
    ducking: Ducking = field(default_factory=Ducking)
    tone: Tone = field(default_factory=Tone)


def _row(room: str, kit: str | None = None, *, echo: str | None = None, grit: Grit | None = None,
         low: float = 0.0, high: float = 1.0, glue: float = 0.3, back: float = 0.45) -> Character:  # fmt: skip
    """A row of the table; low, high and glue are the tone's, back the beats until the side-chain is over."""
    return Character(
        kit, grit or NO_GRIT, ROOMS[room], ECHOES[echo] if echo else None, Ducking(beats=back), Tone(low, high, glue)
    )


FAMILIES: dict[str, Character] = {
    "house": _row("club", "909", glue=0.4),
    "techno": _row("club", "techno 909", echo="dotted", glue=0.4),
    "trance": _row("wide plate", "909", echo="dotted", glue=0.4),
    "bass_music": _row("club", "breaks", glue=0.5, grit=Grit(drive=1.3), back=0.4),
    "edm": _row("wide plate", "big 909", echo="dotted", glue=0.5, grit=Grit(drive=1.2), back=0.7),
    "electronic_retro": _row("plate", "808", echo="dotted"),
    "ambient": _row("cathedral", echo="wide", glue=0.0),
    "hip_hop": _row("studio", "808", glue=0.4),
    "soul": _row("plate"),
    "funk": _row("booth", glue=0.4),
    "pop": _row("plate", glue=0.4),
    "rock": _row("stage", glue=0.5),
    "blues": _row("studio", glue=0.2),
    "jazz": _row("studio", glue=0.0),
    "latin": _row("stage", glue=0.2),
    "latin_urban": _row("plate", "dembow", glue=0.4),
    "african": _row("studio", "afro", glue=0.3),
    "reggae": _row("spring", echo="tape", glue=0.3),
    "country": _row("stage", glue=0.2),
    "folk": _row("studio", glue=0.1),
    "classical": _row("hall", glue=0.0),
    "orchestral": _row("hall", glue=0.2),
}

GENRES: dict[str, Character] = {
    "deep_house": _row("chamber", "deep 909", glue=0.3),
    "minimal_techno": _row("booth", "minimal", echo="dotted", low=-1.5, glue=0.2),
    "acid": _row("club", "909", grit=Grit(drive=1.4), glue=0.4),
    "techno": _row("club", "techno 909", echo="dotted", grit=Grit(drive=1.6), glue=0.5),
    "psytrance": _row("club", "psy 909", echo="dotted", glue=0.4, back=0.24),
    "liquid_dnb": _row("wide plate", "breaks", echo="dotted", glue=0.4, back=0.4),
    "jungle": _row("club", "breaks", grit=_SAMPLER, echo="dotted", glue=0.5),
    "dubstep": _row("hall", "half time", grit=Grit(drive=1.4), glue=0.5, back=0.6),
    "future_bass": _row("wide plate", "trap", glue=0.4, back=0.7),
    "progressive_house": _row("wide plate", "909", echo="dotted", glue=0.4, back=0.6),
    "synthwave": _row("wide plate", "linn", echo="dotted", glue=0.3, back=0.5),
    "electro": _row("club", "808", echo="dotted", glue=0.4),
    "chiptune": _row("none", "chip", glue=0.0),
    "trip_hop": _row("dark", "lofi", grit=_SAMPLER, echo="quarter", glue=0.4, high=-1.0),
    "lofi_hip_hop": _row("dark", "lofi", grit=_TAPE, glue=0.4, high=-3.0),
    "boom_bap": _row("booth", "lofi", grit=_SAMPLER, glue=0.5, high=-1.0),
    "trap": _row("plate", "trap", low=-1.5, glue=0.5, back=0.5),
    "drill": _row("plate", "drill", low=-1.5, glue=0.5, back=0.5),
    "rnb_neo_soul": _row("plate", "808", echo="quarter", glue=0.3),
    "disco": _row("plate", "electronic", glue=0.4),
    "indie_pop": _row("chamber", "electronic", glue=0.3),
    "pop": _row("plate", "electronic", echo="quarter", glue=0.4),
    "metal": _row("studio", glue=0.5),
    "punk": _row("studio", glue=0.5),
    "jazz_ballad": _row("chamber", glue=0.0),
    "bossa_nova": _row("studio", glue=0.0),
    "dub": _row("spring", "808", echo="dub", glue=0.4),
    "dancehall": _row("spring", "dembow", echo="tape", glue=0.4),
    "amapiano": _row("plate", "afro", glue=0.3),
    "afrobeats": _row("plate", "afro", echo="quarter", glue=0.3),
    "gospel": _row("hall", glue=0.2),
    "chorale": _row("cathedral", glue=0.0),
    "string_quartet": _row("chamber", glue=0.0),
    "waltz": _row("hall", glue=0.0),
}


def character(name: str) -> Character:
    """How a genre sounds.

    Raises:
        BriefError: no such genre.
    """
    facts = genre(name)
    row = GENRES.get(name) or FAMILIES.get(facts.get("family", ""), Character())
    return replace(row, ducking=_ducking(facts, row.ducking))


def _ducking(facts: dict[str, Any], ducking: Ducking) -> Ducking:
    depth = float(facts.get("bass", {}).get("sidechain", 0.0))
    return replace(ducking, depth=depth, shares=_PUMPING if depth >= PUMP_DEPTH else _BASS)
