"""Sound as a prompt: what was heard becomes tempo, key and chords of the Brief, and given tracks of the request.

Words win over what was heard. Drums and lines are given, note for note; of a band only its tempo, meter, key, chords
and how full it is are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import BriefError
from bandmate.groovebook.play import channels_of
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.model import Score
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan
from bandmate.workflows.audio_controls import checked_rhythm, controlled, with_words
from bandmate.workflows.hear import Heard, said
from bandmate.workflows.heard_score import ROLES, heard_score, tiled
from bandmate.workflows.request import Request

KEY_SURE, CHORD_SURE = 0.4, 0.5  # under these nothing is taken over
_TEMPO_HEARD = (20.0, 400.0)
_DEFAULT_BARS = 8  # of a loop that is shorter
_LOUD_LUFS, _SOFT_LUFS = -11.0, -26.0


@dataclass(frozen=True, slots=True, eq=False)
class AudioPrompt:
    """What a sound asks for.

    Attributes:
        heard: what was heard; brief: words and sound together.
        taken: sentences: what was taken over, and what was not and why.
        given: its drums, line or chords as a score of one track; None for a band. role: of that track.
    """

    heard: Heard
    brief: Brief
    taken: tuple[str, ...]
    given: Score | None
    role: str


def audio_prompt(
    asked: Brief, heard: Heard, is_open: Callable[[Brief, str], bool], rhythm: str | None = None
) -> AudioPrompt:
    """Lay what was heard under the words.

    Args:
        asked: what words and flags say.
        heard: of the sound.
        is_open: whether the words leave a field open.
        rhythm: the track whose rhythm the onsets of the sound shall be; None = none.

    Raises:
        BriefError: nothing in the sound can be used, or words contradict a given track.
    """
    given = heard_score(heard) if heard.kind in ROLES and heard.beats is not None else None
    role = ROLES.get(heard.kind, "")
    brief, taken = _with_time(asked, heard, given, is_open)
    brief, more = _with_harmony(brief, heard, is_open)
    taken += more
    if rhythm is not None:
        brief = checked_rhythm(brief, heard, rhythm, is_open)
        taken.append(f"its onsets as the rhythm of {rhythm}")
    if given is None and not taken:
        raise BriefError(f"nothing in {heard.file} can be used: no beat, key or chords were heard; give another clip")
    if given is not None:
        if role in brief.excluded:
            raise BriefError(f"{heard.file} gives the {role}, and the words exclude {role}; leave one of them out")
        brief = _with_track(brief, role)
        taken.append(f"its {heard.kind} are given" if heard.kind != "line" else "its line is given as the melody")
    brief, more = with_words(brief, heard)
    taken += more
    sentence = f"heard in {heard.file}: {said(heard)}; taken: {', '.join(taken)}"
    brief = replace(brief, notices=(*brief.notices, sentence, *(f"{heard.file}: {text}" for text in heard.notices)))
    return AudioPrompt(heard, brief, tuple(taken), given, role)


def _with_time(
    brief: Brief, heard: Heard, given: Score | None, is_open: Callable[[Brief, str], bool]
) -> tuple[Brief, list[str]]:
    taken: list[str] = []
    if heard.beats is None:
        return brief, taken
    if is_open(brief, "tempo") and _TEMPO_HEARD[0] <= heard.beats.bpm <= _TEMPO_HEARD[1]:
        brief = _stated(brief, tempo=round(heard.beats.bpm, 3), tempo_factor=1.0)
        taken.append(f"{heard.beats.bpm:.5g} BPM")
    meter = heard.beats.meter
    if given is not None and brief.meter not in (None, (meter, 4)) and "meter" not in brief.guessed:
        raise BriefError(
            f"{heard.file} is in {meter}/4 and the words ask for {brief.meter[0]}/{brief.meter[1]}; "  # type: ignore[index]
            "leave the meter out, or listen to the clip as a band"
        )
    if is_open(brief, "meter") and (given is not None or meter == 3):
        brief = _stated(brief, meter=(meter, 4))
        taken.append(f"{meter}/4")
    if is_open(brief, "bars") and not brief.seconds and given is not None:
        bars = heard.bars * max(1, -(-_DEFAULT_BARS // heard.bars))
        brief = _stated(brief, bars=bars)
        taken.append(counted(bars, "bar"))
    return brief, taken


def _with_harmony(brief: Brief, heard: Heard, is_open: Callable[[Brief, str], bool]) -> tuple[Brief, list[str]]:
    taken: list[str] = []
    if heard.keys and is_open(brief, "key"):
        key, sure = heard.keys[0]
        if sure >= KEY_SURE:
            brief = replace(brief, key=key, guessed=tuple({**dict.fromkeys(brief.guessed), "key": None}))
            taken.append(f"{key.name} ({sure:.0%} sure) as a tendency")
        else:
            taken.append(f"no key, since {key.name} is only {sure:.0%} sure")
    bars = bar_chords(heard) if heard.kind in ("chords", "band") else ()
    if bars and not brief.chords and not brief.progression and brief.key in (None, heard.key):
        sure = float(
            np.average([c.sure for c in heard.chords], weights=[c.end_sec - c.start_sec for c in heard.chords])
        )
        if sure >= CHORD_SURE:
            brief = _stated(brief, chords=bars)
            taken.append(f"{counted(len(bars), 'bar')} of chords ({sure:.0%} sure)")
        else:
            taken.append(f"no chords, since they are only {sure:.0%} sure")
    if brief.energy is None and heard.kind == "band":
        energy = 4 if heard.timbre.lufs > _LOUD_LUFS else 2 if heard.timbre.lufs < _SOFT_LUFS else 3
        brief = _stated(brief, energy=energy)
        taken.append(f"energy {energy}")
    return brief, taken


def bar_chords(heard: Heard) -> tuple[tuple[Chord, ...], ...]:
    """The chords of each whole bar that was heard, as one or two plain chords; empty without bars or chords."""
    if heard.grid is None or not any(item.chord for item in heard.chords):
        return ()
    meter, bars = heard.grid.meter, []
    last = next(item.chord for item in heard.chords if item.chord)
    spans = [(heard.grid.quarters([item.start_sec, item.end_sec]), item.chord) for item in heard.chords]
    for bar in range(heard.bars):
        halves = []
        for middle in (0.25, 0.75):
            at = (bar + middle) * meter
            last = next((chord for (a, b), chord in spans if a <= at < b and chord), last)
            halves.append(replace(last, bass=None))
        bars.append((halves[0],) if halves[0] == halves[1] else tuple(halves))
    return tuple(bars)


def _stated(brief: Brief, **fields: Any) -> Brief:
    """The Brief with fields that are no guess."""
    return replace(brief, **fields, guessed=tuple(name for name in brief.guessed if name not in fields))


def _with_track(brief: Brief, role: str) -> Brief:
    """The Brief with a track of the role among what is asked."""
    if any(ask.role == role for ask in brief.tracks):
        return brief
    only = (*brief.only, role) if brief.only and role not in brief.only else brief.only
    return replace(brief, tracks=(*brief.tracks, TrackAsk(role)), only=only)


def with_given(request: Request, prompt: AudioPrompt) -> Request:
    """The request with what was heard as a given track, and what was heard in its report."""
    pairs = [controlled(draft.plan, prompt.heard, prompt.role if prompt.given else "") for draft in request.drafts]
    drafts = tuple(replace(draft, plan=plan) for draft, (plan, _) in zip(request.drafts, pairs, strict=True))
    told = {"file": prompt.heard.file, "taken": [*prompt.taken, *pairs[0][1]], "heard": summary(prompt.heard)}
    line = "; ".join([request.heard, *([f"also taken: {', '.join(pairs[0][1])}"] if pairs[0][1] else [])])
    request = replace(request, audio=told, drafts=drafts, heard=line)
    if prompt.given is None:
        return request
    plan = request.plan
    place = next((n for n, track in enumerate(plan.tracks) if track.role == prompt.role), None)
    if place is None:
        raise BriefError(f"{prompt.heard.file} gives the {prompt.role}, and no such track was planned; ask for it")
    bar_ticks = prompt.given.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    given = _on_channel(tiled(prompt.given, plan.bars, bar_ticks), channels_of(plan)[place])
    given = parse_midi(midi_bytes(given))  # as a replay reads it from the take's folder
    source = next(n for n, track in enumerate(given.tracks) if len(track.notes))
    onsets = given.tracks[source].notes["onset_ticks"]
    drafts = tuple(replace(draft, plan=_sounding(draft.plan, onsets // bar_ticks, place)) for draft in request.drafts)
    return replace(request, given=given, keep={**request.keep, place: source}, drafts=drafts)


def _on_channel(score: Score, channel: int) -> Score:
    notes = score.tracks[0].notes.copy()
    notes["channel"] = channel
    return replace(score, tracks=(replace(score.tracks[0], notes=notes),))


def _sounding(plan: Plan, bars: NDArray[np.int64], place: int) -> Plan:
    """The plan in which a track sounds in these bars."""
    active = plan.active.copy()
    active[place] = False
    active[place, bars] = True
    return replace(plan, active=active)


def summary(heard: Heard) -> dict[str, Any]:
    """What a take keeps of it: facts with how sure they are, no curves and no single notes."""
    whole = heard.to_json()
    left_out = ("beats", "bar_lines", "strokes", "notes", "loudness_db")
    return {name: value for name, value in whole.items() if name not in left_out}
