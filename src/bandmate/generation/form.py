"""Form in the model's hands: which cells repeat an earlier one, and how."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.score.plan import Plan
from bandmate.tokenizers import grid_table as table

_FORMS = {name: index for index, name in enumerate(table.ECHO_FORMS)}


def echo_value(form: str, lag: int) -> int:
    """The id of an echo such as ("same", 1); lag in bars."""
    return table.ECHO_NEW + 1 + table.ECHO_LAGS.index(lag) * len(table.ECHO_FORMS) + _FORMS[form]


def _drum_echo(bar: int, bars: int) -> int:
    if bar == 0:
        return table.ECHO_NEW
    if bar % 4 == 3 or bar == bars - 1:  # a fill leads out of every four bars
        return echo_value("varied", 1)
    return echo_value("same", 2) if bar >= 2 and bar % 4 != 0 else echo_value("varied", 1)


def _phrase_echo(bar: int, bars: int, form: str) -> int:
    """A phrase of four bars answered by one like it; the last bar closes anew."""
    if bar < 4 or bar == bars - 1:
        return table.ECHO_NEW
    return echo_value(form, 8) if bar >= 8 and bar % 8 >= 4 else echo_value(form, 4)


def echo_plan(plan: Plan) -> NDArray[np.int16]:
    """How each cell shall repeat an earlier one of its section; value ids, (tracks, bars).

    Drums keep a groove and fill before section lines; bass and chords keep the rhythm over new harmony; melodies
    answer a phrase of four bars with a varied one.
    """
    echo = np.zeros((len(plan.tracks), plan.bars), np.int16)
    for section in plan.sections:
        for bar in range(section.bars):
            at = section.start_bar + bar
            for index, track in enumerate(plan.tracks):
                if track.is_drum:
                    echo[index, at] = _drum_echo(bar, section.bars)
                elif track.role in ("melody", "lead", "vox"):
                    echo[index, at] = _phrase_echo(bar, section.bars, "varied")
                elif bar >= 1:
                    moved = plan.chord_at(at) != plan.chord_at(at - 1)
                    echo[index, at] = echo_value("rhythm" if moved else "same", 1)
    return np.where(plan.active, echo, 0).astype(np.int16)
