"""Words that mean another command, and what of them is left for a follow-up."""

from __future__ import annotations

import pytest

from bandmate.generation.words_rework import Step, read_steps

SAID = [
    ("groove it like funk", "groove", {"style": "funk"}, ""),
    ("humanise the piano slightly", "groove", {"strength": 0.25}, "piano"),
    ("groove the drums like jazz by 50 %", "groove", {"style": "jazz", "strength": 0.5}, "drums"),
    ("give it a funk feel", "groove", {"style": "funk"}, ""),
    ("reharmonise", "reharmonise", {}, ""),
    ("please reharmonize it in jazz style a little", "reharmonise", {"style": "jazz", "strength": 0.25}, ""),
    ("harmonise the melody", "harmonise", {}, "melody"),
    ("add a second voice above", "harmonise", {"voice": True, "above": True}, ""),
    ("drumify the bass", "drumify", {}, "bass"),
    ("restyle to bossa nova", "restyle", {"style": "bossa nova"}, ""),
    ("turn it into a waltz", "restyle", {"style": "waltz"}, ""),
    ("arrange it as intro 4, verse 8, outro 4", "arrange", {"form": "intro 4, verse 8, outro 4"}, ""),
    ("make a song of it", "arrange", {}, ""),
    ("vary the melody a little, keep the rhythm", "vary", {"strength": 0.25, "keep": "rhythm"}, "melody"),
    ("continue for 8 bars", "continue", {"bars": 8}, ""),
    ("four more bars", "continue", {"bars": 4}, ""),
    ("answer it with a contrast", "respond", {"mode": "contrast"}, ""),
    ("accompany it with strings and pad", "accompany", {"add": "strings and pad"}, ""),
    ("morph into take 2 in 5 steps", "interpolate", {"steps": 5}, ""),
    ("same but groove it like funk", "groove", {"style": "funk"}, ""),
]
PLACED = [
    ("a fill at bar 8", "fill", (8, 8)),
    ("add a drum fill before bar 9", "fill", (8, 8)),
    ("a fill at the end", "fill", (-1, -1)),
    ("bars 5-8 of the bass busier", "regenerate", (5, 8)),
    ("busier bass in bars 5 to 8", "regenerate", (5, 8)),
    ("rewrite the last 2 bars", "regenerate", (-2, -1)),
    ("groove the drums like funk in bars 3-4", "groove", (3, 4)),
]
LEFT = ["half-time drums, a fill every 4 bars", "keep the drums", "add a bass", "take the bass from take 2", "8 bars",
        "strings from bar 9", "turn the bass into a cello"]  # fmt: skip


@pytest.mark.parametrize(("text", "command", "options", "who"), SAID)
def test_words_mean_a_command(text, command, options, who) -> None:
    left, (step,) = read_steps(text)
    assert (left, step.command, step.options, step.who) == ("", command, options, who)


@pytest.mark.parametrize(("text", "command", "bars"), PLACED)
def test_bars_are_read(text, command, bars) -> None:
    left, (step,) = read_steps(text)
    assert (left, step.command, step.bars) == ("", command, bars)


@pytest.mark.parametrize("text", LEFT)
def test_what_changes_the_take_itself_is_left_to_the_follow_up(text) -> None:
    assert read_steps(text) == (text, ())


def test_several_things_keep_their_order_and_other_takes_are_numbers() -> None:
    left, steps = read_steps("slower, groove the drums like take 2 and a fill at bar 8")
    assert left == "slower"
    assert [step.command for step in steps] == ["groove", "fill"]
    assert steps[0] == Step("groove", "groove the drums like take 2", {}, "drums", take=2)
