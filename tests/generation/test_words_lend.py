"""Follow-ups that take a track from another take, and that set how often the drums fill."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.errors import BriefError
from bandmate.generation.words_followup import Followup, compile_followup
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief

ROLES = ("drums", "bass", "chords")


def said(text: str) -> Followup:
    brief = Brief(genre="house", bars=8, only=ROLES)
    return compile_followup(text, brief, make_plan(brief, 1))


@pytest.mark.parametrize(
    ("text", "borrow"),
    [
        ("take the bass from take 2", {"bass": 2}),
        ("bass from take 12, slower", {"bass": 12}),
        ("use the drums of take 3 and the bass from take 1", {"drums": 3, "bass": 1}),
        ("take the bass from take 2 and change the drums", {"bass": 2}),
    ],
)
def test_a_track_of_another_take_is_asked_for(text, borrow) -> None:
    found = said(text)
    assert found.borrow == borrow
    assert not set(found.rewrite) & set(borrow)
    assert ("drums" in found.rewrite) == ("change the drums" in text)


def test_a_track_that_is_not_there_joins() -> None:
    found = said("take the strings from take 2")
    assert found.borrow == {"strings": 2}
    assert [track.role for track in found.add] == ["strings"]


def test_the_same_but_half_time_drums_and_fills() -> None:
    found = said("same but half-time drums and a fill every 4 bars")
    assert found.rewrite == ("drums",)
    assert set(found.keep) == {"bass", "chords"}
    assert "half_time" in found.brief.feel
    assert found.brief.events == ("fill_every:4",)
    assert said("a fill every other bar").brief.events == ("fill_every:2",)
    with pytest.raises(BriefError, match="fills every 'blue' bars is not understood"):
        said("a fill every blue bars")


def test_the_drums_fill_as_often_as_asked() -> None:
    def bars(event: str) -> list[set[tuple[int, int]]]:
        plan = make_plan(Brief(genre="rock", bars=9, only=("drums",), events=(event,)), 2)
        notes = play(plan, 2).tracks[0].notes
        step = np.rint(notes["onset_ticks"] / 120).astype(int)
        late = step % 16 >= 8  # a crash may open the bar after a fill
        return [set(zip(step[late & (step // 16 == bar)].tolist(), notes["pitch"][late & (step // 16 == bar)].tolist(),
                        strict=True)) for bar in range(8)]  # fmt: skip

    plain, filled = bars("no_fills"), bars("fill_every:2")
    assert [bar for bar in range(8) if plain[bar] != filled[bar]] == [1, 3, 5, 7]
