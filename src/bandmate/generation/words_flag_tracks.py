"""Flags that name tracks: which shall sound, with which instrument, and which shall not."""

from __future__ import annotations

import difflib
from typing import Any

from bandmate import limits
from bandmate.analysis.genres import load_table
from bandmate.errors import BriefError
from bandmate.generation.lexicon import lexicon, meanings
from bandmate.generation.spelling import suggest
from bandmate.score.brief import ROLES, Brief, TrackAsk


def did_you_mean(kind: str, text: str, known: list[str]) -> BriefError:
    close = difflib.get_close_matches(text.lower(), known, n=3, cutoff=0.6) or list(suggest(text.lower()))
    hint = f"did you mean {', '.join(close)}?" if close else f"known: {', '.join(known[:12])} ..."
    return BriefError(f"{kind} '{text}' is not known; {hint}")


def parse_track(text: str) -> TrackAsk:
    """One item of --tracks: `drums`, `bass=upright bass`, `rhodes`.

    Raises:
        BriefError: role or instrument is unknown; the message says what is close.
    """
    role_text, _, name = (part.strip() for part in text.partition("="))
    if not name:
        role = _role(role_text)
        if role is not None:
            return TrackAsk(role)
        return _instrument(role_text, None)
    role = _role(role_text)
    if role is None:
        raise did_you_mean("role", role_text, list(ROLES))
    return _instrument(name, role)


def _role(text: str) -> str | None:
    if text.lower() in ROLES:
        return text.lower()
    return next((e.value for e in meanings(text) if e.kind == "role"), None)


def _instrument(name: str, role: str | None) -> TrackAsk:
    entry = next((e for e in meanings(name) if e.kind in ("instrument", "voice")), None)
    if entry is None and name.isdigit() and 0 <= int(name) <= 127:
        return TrackAsk(
            role or "melody", program=None if role == "drums" else int(name), kit=int(name) if role == "drums" else None
        )
    if entry is None:
        known = sorted({e.phrase for es in lexicon().phrases.values() for e in es if e.kind == "instrument"})
        raise did_you_mean("instrument", name, known)
    row = entry.value
    if "kit" in row:
        return TrackAsk(role or "drums", kit=row["kit"], name=name)
    if entry.kind == "voice":
        return TrackAsk(role or "perc", name=name)
    return TrackAsk(role or row["role"], program=row["program"], name=name, articulation=entry.extra.get("art", ""))


def apply_tracks(brief: Brief, text: str) -> dict[str, Any]:
    items = [item.strip() for item in text.split(",") if item.strip()]
    if not items:
        raise BriefError("--tracks names no track; write it like: drums,bass=upright bass,chords=rhodes,melody")
    limits.TRACKS.check(len(items))
    tracks = tuple(parse_track(item) for item in items)
    roles = tuple(dict.fromkeys(t.role for t in tracks))
    return {"tracks": tracks, "only": roles, "excluded": tuple(r for r in brief.excluded if r not in roles)}


def apply_exclude(brief: Brief, text: str) -> dict[str, Any]:
    roles, programs, drums = list(brief.excluded), list(brief.excluded_programs), list(brief.excluded_drums)
    for item in (i.strip() for i in text.split(",") if i.strip()):
        role = _role(item)
        entry = next((e for e in meanings(item) if e.kind in ("instrument", "voice")), None)
        if role is not None:
            roles += {"melody": ["melody", "lead"], "drums": ["drums", "perc"]}.get(role, [role])
        elif entry is not None and entry.kind == "voice":
            drums.append(entry.value["note"])
        elif entry is not None and "kit" not in entry.value:
            programs += load_table("words")["families"].get(entry.value["words"][0], [entry.value["program"]])
        else:
            raise did_you_mean("role or instrument", item, list(ROLES))
    kept = tuple(
        t for t in brief.tracks if t.role not in roles and (t.program is None or t.program not in programs or t.is_drum)
    )
    gone = [t.name or t.role for t in brief.tracks if t not in kept]
    values: dict[str, Any] = {
        "excluded": tuple(dict.fromkeys(roles)),
        "excluded_programs": tuple(dict.fromkeys(programs)),
        "excluded_drums": tuple(sorted(set(drums))),
        "_gone": gone,
    }
    if gone:
        values["tracks"] = kept
    return values
