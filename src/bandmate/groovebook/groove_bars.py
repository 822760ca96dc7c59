"""Which bars of a piece the feel of a clip can be laid over: those in the clip's meter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import ScoreError

Meter = tuple[int, int]
Span = tuple[int, int]


def check_one_meter(bars: NDArray[Any], name: str) -> None:
    """Refuse a clip that changes its meter.

    Raises:
        ScoreError: it does; the message names the bar.
    """
    meters = list(zip(bars["numerator"].tolist(), bars["denominator"].tolist(), strict=True))
    if len(set(meters)) > 1:
        at = next(i for i, meter in enumerate(meters) if meter != meters[0])
        raise ScoreError(
            f"{name} changes its meter at bar {at + 1}, so its bars cannot be laid over others; give bars 1-{at} of it "
            f"(bandmate edit FILE --trim 1-{at})"
        )


def bars_in_meter(
    bars: NDArray[Any], ticks_per_quarter: int, meter: Meter, name: str, span: Span | None = None
) -> NDArray[np.bool_]:
    """Which bars are in the clip's meter, and whole: the others are played as they were.

    Args:
        bars: of the piece, as `timeline.bar_grid` has them.
        ticks_per_quarter: of the piece.
        meter: of the clip.
        name: of the clip.
        span: the ticks that are asked, None = all.

    Raises:
        ScoreError: no bar of the span is.
    """
    numerator, denominator = meter
    fits = (bars["numerator"] == numerator) & (bars["denominator"] == denominator)
    fits &= bars["length_ticks"] == ticks_per_quarter * 4 * numerator // denominator
    asked = _within(bars, span)
    if asked.any() and not fits[asked].any():
        other = bars[asked][0]
        where = "the clip" if span is None else "the asked bars"
        raise ScoreError(
            f"{name} is in {numerator}/{denominator} and {where} in {other['numerator']}/{other['denominator']}; "
            f"give a reference in the meter of {where}, or a style"
        )
    return fits


def left_as_played(bars: NDArray[Any], fits: NDArray[np.bool_], meter: Meter, name: str, span: Span | None) -> str:
    """A sentence on the asked bars that are in another meter than the clip, "" if there are none."""
    left = int((_within(bars, span) & ~fits).sum())
    if not left:
        return ""
    return f"{counted(left, 'bar')} not in {meter[0]}/{meter[1]}, the meter of {name}, left as played"


def _within(bars: NDArray[Any], span: Span | None) -> NDArray[np.bool_]:
    """Which bars sound in a span of ticks."""
    if span is None:
        return np.ones(len(bars), bool)
    return (bars["start_ticks"] < span[1]) & (bars["start_ticks"] + bars["length_ticks"] > span[0])
