"""How well a Brief gives what a prompt fixes: one sentence a difference.

Fields of the prompt tables that a Brief has under another name: `near` is in styles; `seconds` stays seconds; a role
`organ` is chords; `note` is in included_drums; `kit 0` is the kit that the genre would take; an instrument's `art` is
the track's articulation, or a pattern where it names one; `drums` in `only` stands for named drum voices as well;
`exclude_instrument` is in excluded_programs; `structure` sentences are labels, roles or events of `structure`/`events`;
`conflict`, `note` and `grouping` are told in words, or follow from the meter, and are checked where words fix them.
"""

from __future__ import annotations

from typing import Any

from bandmate.analysis.genres import genre, load_table
from bandmate.score.brief import Brief
from bandmate.score.pitch import Key

ART = {"reese": "reese", "glide": "glide", "walk": "walk", "acid": "acid", "wobble": "wobble", "log": "log"}
ROLES = {"organ": "chords", "lead": "lead"}
BASS_CELLS = {"octaves": "octaves", "sixteenths": "sixteenths"}


def differences(brief: Brief, expect: dict[str, Any]) -> list[str]:
    """What a Brief does not give of what is expected."""
    out: list[str] = []
    for name, value in expect.items():
        check = CHECKS.get(name)
        if check is not None:
            out += [f"{name}: {d}" for d in check(brief, value)]
    return out


def _same(field: str, show: Any = None) -> Any:
    def check(brief: Brief, value: Any) -> list[str]:
        got = getattr(brief, field)
        got = show(got) if show and got is not None else got
        return (
            []
            if got == value or (isinstance(value, float) and got is not None and abs(got - value) < 0.011)
            else [f"{got!r} instead of {value!r}"]
        )

    return check


def _contains(field: str) -> Any:
    def check(brief: Brief, value: Any) -> list[str]:
        wanted = value if isinstance(value, list) else [value]
        return [f"{v!r} is not in {getattr(brief, field)}" for v in wanted if v not in getattr(brief, field)]

    return check


def _include(brief: Brief, rows: list[dict[str, Any]]) -> list[str]:
    return [
        f"{row} not in {[(t.role, t.program, t.kit, t.articulation) for t in brief.tracks]}"
        for row in rows
        if not _has(brief, row)
    ]


def _has(brief: Brief, row: dict[str, Any]) -> bool:
    role = ROLES.get(row.get("role", ""), row.get("role"))
    if "note" in row:
        rolls = row.get("art") != "rolls" or "rolls" in brief.patterns
        return (
            row["note"] in brief.included_drums
            and rolls
            and ("enter" not in row or any(t.enter_section == row["enter"] for t in brief.tracks))
        )
    for track in brief.tracks:
        fits = role in (None, track.role) and row.get("program", track.program) == track.program
        if "kit" in row and fits:
            kit = track.kit if track.kit is not None else genre(brief.genre or "pop")["drums"]["kit"]
            fits = kit == row["kit"]
        art = ART.get(row.get("art", ""))
        if fits and (art is None or art == track.articulation or art in brief.patterns):
            return True
    return False


def _meter(brief: Brief, value: str) -> list[str]:
    got = (
        f"{brief.meter[0]}/{brief.meter[1]}"
        if brief.meter
        else (genre(brief.genre)["meter"][0] if brief.genre else None)
    )
    return [] if got == value else [f"{got} instead of {value}"]


def _key(brief: Brief, value: str | None) -> list[str]:
    wanted = Key.parse(value) if value else None
    return [] if brief.key == wanted else [f"{brief.key} instead of {wanted}"]


def _exclude(brief: Brief, roles: list[str]) -> list[str]:
    return [f"{r} is not in {brief.excluded}" for r in roles if r not in brief.excluded]


def _only(brief: Brief, names: list[str]) -> list[str]:
    voices = {"kick", "hats"} & set(names)
    wanted = {n for n in names if n not in voices} | ({"drums"} if voices else set())
    out = [] if set(brief.only) == wanted else [f"{brief.only} instead of {sorted(wanted)}"]
    if voices and 38 not in brief.excluded_drums:
        out.append("the snare is not left out")
    return out


def _programs_out(brief: Brief, names: list[str]) -> list[str]:
    families = load_table("words")["families"]
    return [f"{n} plays" for n in names if not set(families[n]) & set(brief.excluded_programs)]


def _structure(brief: Brief, items: list[str]) -> list[str]:
    labels = [s[0] for s in brief.structure]
    told = {*labels, *brief.events, *(f"{s[0]} {r} only" for s in brief.structure for r in s[3])}
    told |= {f"{e.split(':')[0]} {e.split(':')[1]}" for e in brief.events if ":" in e}
    if "build" in labels:
        told.add("energy ramp")
    told |= {"quiet end" for s in brief.structure if s[0] == "outro" and s[2] in (1, 2)}
    told |= {"intro cello only" for s in brief.structure if s[0] == "intro" and s[3] == ("melody",)}
    out = [f"{item!r} is not told in {sorted(told)}" for item in items if item not in told]
    if all(item in labels for item in items) and [x for x in labels if x in items] != list(items):
        out.append(f"order {labels}")
    return out


def _bass_cell(brief: Brief, cell: str) -> list[str]:
    return (
        []
        if any(t.role == "bass" and t.articulation == cell for t in brief.tracks) or cell in brief.patterns
        else [f"no {cell}"]
    )


def _conflict(brief: Brief, text: str) -> list[str]:
    return [] if brief.conflicts else ["no conflict is named"]


def _mood_weight(brief: Brief, weights: dict[str, float]) -> list[str]:
    return [f"{m} {brief.mood_weights.get(m)}" for m, w in weights.items() if brief.mood_weights.get(m) != w]


def _feel_ms(brief: Brief, value: Any) -> list[str]:
    return (
        []
        if {"laid_back", "laid_back_snare", "behind_the_beat", "laid_back_feel"} & set(brief.feel)
        else [f"{brief.feel}"]
    )


def _tempo_x(brief: Brief, value: float) -> list[str]:
    got = brief.tempo_factor if brief.tempo is None else None
    return [] if got is not None and abs(got - value) < 0.011 else [f"{got} instead of {value}"]


CHECKS: dict[str, Any] = {
    "genre": _same("genre"),
    "genre2": _same("genre2"),
    "near": _contains("styles"),
    "mood": _contains("moods"),
    "tempo": _same("tempo"),
    "tempo_x": _tempo_x,
    "key": _key,
    "mode": _same("mode"),
    "meter": _meter,
    "bars": _same("bars"),
    "seconds": _same("seconds"),
    "loop": _same("loop"),
    "swing": _same("swing"),
    "density": _same("density"),
    "energy": _same("energy"),
    "voicing": _same("voicing"),
    "progression": _same("progression"),
    "articulation": lambda b, v: (
        [] if b.articulation == v or any(t.articulation == v for t in b.tracks) else [b.articulation]
    ),
    "include": _include,
    "exclude": _exclude,
    "exclude_instrument": _programs_out,
    "exclude_programs": _contains("excluded_programs"),
    "excluded_drums": _contains("excluded_drums"),
    "only": _only,
    "structure": _structure,
    "pattern": _contains("patterns"),
    "bass_cell": _bass_cell,
    "feel": _contains("feel"),
    "feel_ms": _feel_ms,
    "mood_weight": _mood_weight,
    "conflict": _conflict,
    "events": _contains("events"),
    "chords": lambda b, v: [] if [bar[0].spell() for bar in b.chords] == v else [str(b.chords)],
    "count": lambda b, v: [] if len(b.tracks) == v else [f"{len(b.tracks)} tracks"],
    "section_bars": lambda b, v: [] if [s[1] for s in b.structure][: len(v)] == v else [str(b.structure)],
    "track_density": lambda b, v: [
        f"{r}" for r, d in v.items() if not any(t.role == r and t.density == d for t in b.tracks)
    ],
    "tempo_slower": lambda b, v: [] if b.tempo_factor < 1 else ["not slower"],
    "tempo_faster": lambda b, v: [] if b.tempo_factor > 1 or False else ["not faster"],
    "tempo_not_slower": lambda b, v: [] if b.tempo_factor >= 1 else ["slower"],
    "not_moods": lambda b, v: [m for m in v if m in b.moods],
    "not_understood": lambda b, v: [w for w in v if w not in [n.word for n in b.not_understood]],
    "notice": lambda b, v: [] if any(v in n for n in b.notices) else ["no notice"],
    "enter": lambda b, v: [r for r, bar in v.items() if not any(t.role == r and t.enter_bar == bar for t in b.tracks)],
    "bass_range": lambda b, v: [] if any((t.low, t.high) == tuple(v) for t in b.tracks) else ["no range"],
}
