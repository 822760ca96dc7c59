"""A score's sound in memory, without files: for measuring, for training ears, and for tests."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bandmate.audio.signal import Signal
from bandmate.rendering.balance import genre_mixes
from bandmate.rendering.character import Character, character
from bandmate.rendering.instrument import DRUM_BANK
from bandmate.rendering.kits import synthesised_kits
from bandmate.rendering.mixer import Desk, Length
from bandmate.rendering.patches import PatchBook
from bandmate.rendering.performance import Part, perform
from bandmate.rendering.sampler import Player, load_kernel
from bandmate.rendering.soundfont import open_soundfont
from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds


def quick_sound(
    score: Score,
    *,
    genre: str | None = None,
    rate: int = 44100,
    tail_sec: float = 1.0,
    only: Callable[[Part], bool] = lambda part: True,
) -> Signal:
    """Render a score into memory, with the room but without the loudness stage.

    Args:
        score: what is played.
        genre: whose levels, drum machine, room and echo it gets; None = plain.
        rate: Hz.
        tail_sec: what follows the last note.
        only: which parts sound; the length does not depend on it.
    """
    sound = character(genre) if genre else Character()
    last_sec = float(ticks_to_seconds(score, [max(score.last_ticks, 1)])[0])
    total = math.ceil((last_sec + tail_sec) * rate)
    desk = Desk(Length(total, total), rate, sound.room, sound.echo, 60.0 / score.bpm)
    font = open_soundfont(None)
    book = PatchBook(font, synthesised_kits(font.instrument(DRUM_BANK, 0), sound.kit), None, {})
    player = Player(book, rate, load_kernel())
    parts = tuple(part for part in perform(score) if only(part))
    for _ in desk.stems(player, parts, genre_mixes(score, genre) if genre else {}):
        book.tidy()
    return Signal(np.ascontiguousarray(desk.dry + desk.reverb_return()), rate)
