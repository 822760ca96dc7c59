"""New controllers in the cells of an edit: what each asked track's instrument is played with, over the new harmony."""

from __future__ import annotations

import numpy as np

from bandmate.analysis.meter import half_bar_edges
from bandmate.errors import BriefError
from bandmate.generation.scene import Harmony
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.gestures import Ground, gestures, kinds_of
from bandmate.score.gestures import EXPRESSION, PEDAL, value_at, with_gestures
from bandmate.score.model import NO_EVENTS, Score
from bandmate.score.selection import Selection, track_words
from bandmate.score.timeline import bar_grid
from bandmate.workflows.report import Demand

_DOWN = 64


def check_players(score: Score, selection: Selection) -> tuple[int, ...]:
    """The selected tracks whose instruments are played with controllers.

    Raises:
        BriefError: there is none.
    """
    found = [i for i in selection.tracks if kinds_of(score.tracks[i].program, score.tracks[i].is_drum)]
    if not found:
        names = ", ".join(track_words(score, index) for index in selection.tracks)
        raise BriefError(
            f"{names}: such instruments are played without pedal and expression, so there are no new controllers for "
            "them; leave --controllers out"
        )
    return tuple(found)


def new_controllers(score: Score, selection: Selection, seed: int) -> tuple[Score, tuple[Demand, ...]]:
    """Put new controllers into the selected cells.

    Tracks that share a channel are one instrument: the first of them gets the gestures of all their notes.

    Args:
        score: with the new notes in its cells.
        selection: the cells.
        seed: of what is drawn.

    Returns:
        The score, and the demand that it has them.

    Raises:
        BriefError: no selected instrument takes any. ScoreError: a track that is not selected shares their channel.
    """
    start, end = selection.span(score)
    harmony, first = Harmony.of(score), selection.first_bar
    edges = half_bar_edges(bar_grid(score)[first : selection.last_bar + 1])
    chords = [harmony.at(first + half // 2, half % 2) for half in range(2 * selection.bars)]
    ground = Ground(edges, chords, score.ticks_per_quarter)
    rows, told, hands = {}, [], dict[int, list[int]]()
    for index in check_players(score, selection):
        hands.setdefault(score.tracks[index].channel, []).append(index)
    for channel, (lead, *others) in hands.items():
        track = score.tracks[lead]
        notes = np.concatenate([score.tracks[i].notes for i in (lead, *others)])
        notes = notes[(notes["onset_ticks"] >= start) & (notes["onset_ticks"] < end)]
        standing = [max(value_at(score.tracks[i], PEDAL, start, channel) for i in (lead, *others)),
                    min(value_at(score.tracks[i], EXPRESSION, start, channel) for i in (lead, *others))]  # fmt: skip
        rows[lead] = gestures(notes, track.program, ground, Dice(seed, "gestures", lead), level=standing[1],
                              is_down=standing[0] >= _DOWN)  # fmt: skip
        rows |= dict.fromkeys(others, NO_EVENTS)
        told.append(f"{' and '.join(kinds_of(track.program, False))} on {track_words(score, lead)}")
    return with_gestures(score, selection, rows), (Demand("controllers", "new", "; ".join(told), 1.0),)
