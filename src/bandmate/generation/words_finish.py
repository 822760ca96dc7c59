"""The last step: what wins over what, near-genre facts, the genre of a text that names none."""

from __future__ import annotations

from typing import Any

from bandmate import limits
from bandmate.analysis.genres import genre, load_table
from bandmate.generation.words_draft import Draft
from bandmate.generation.words_genre import GenreChoice, guess
from bandmate.generation.words_tracks import Tracks
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.pitch import Key

_MAJOR_MOODS = frozenset({"happy", "heroic", "majestic", "uplifting", "sunny", "calm"})
_MINOR_MOODS = frozenset({"sad", "dark", "melancholic", "aggressive", "menacing", "serious", "lonely"})


def finish(draft: Draft, tracks: Tracks, choice: GenreChoice, structure: tuple[Any, ...] = ()) -> Brief:
    """Make the Brief of a draft.

    Raises:
        BriefError: a number said is outside what Bandmate can do.
    """
    draft.conflicts[:0] = choice.conflicts
    for notice in choice.notices:
        draft.note(notice)
    guessed: list[str] = []
    head, other, styles = _genres(draft, tracks, choice, guessed)
    near = _near(styles)
    tempo, factor, feel = _tempo(draft, head, near, guessed)
    key, mode = _key(draft, head)
    meter = _meter(draft, head, near)
    tracks.silence_other_voices()
    _bring(tracks, near)
    asks = _asks(draft, tracks, choice)
    bars = _bars(draft, guessed)
    patterns = list(draft.lists.get("patterns", []))
    return Brief(
        text=draft.text,
        genre=head,
        genre2=other,
        styles=styles,
        moods=tuple(m for m, w in draft.moods.items() if w != 0.0),
        mood_weights={m: round(w, 3) for m, w in draft.moods.items() if w is not None},
        tempo=tempo,
        tempo_factor=factor,
        key=key,
        mode=mode,
        meter=meter,
        bars=bars,
        seconds=_seconds(draft),
        loop=draft.loop or "loopable" in draft.lists.get("events", []),
        tracks=asks,
        only=tuple(dict.fromkeys(draft.only)),
        excluded=tuple(tracks.excluded),
        excluded_programs=tuple(tracks.excluded_programs),
        excluded_drums=tuple(sorted(draft.lists.get("excluded_drums", []))),
        included_drums=tuple(draft.lists.get("included_drums", [])),
        chords=draft.get("chords") or (),
        progression=draft.get("progression"),
        energy=draft.energy,
        density=draft.product("density"),
        swing=draft.get("swing"),
        feel=feel,
        register=draft.get("register") or 0,
        structure=structure,
        patterns=tuple(patterns),
        voicing=draft.voicing,
        dynamics=draft.get("dynamics"),
        articulation=draft.articulation,
        events=tuple(draft.lists.get("events", [])),
        track_count=draft.get("track_count"),
        conflicts=tuple(dict.fromkeys(draft.conflicts)),
        notices=tuple(draft.notices),
        not_understood=tuple(draft.unknown.values()),
        guessed=tuple(guessed),
    )


def _genres(
    draft: Draft, tracks: Tracks, choice: GenreChoice, guessed: list[str]
) -> tuple[str | None, str | None, tuple[str, ...]]:
    styles = tuple(dict.fromkeys([*choice.styles, *draft.lists.get("styles", [])]))
    head = choice.head
    if draft.artist_genre and (head is None or choice.inferred):
        head = draft.artist_genre
    elif choice.inferred:
        guessed.append("genre")
    if head is None and draft.text.strip():
        head = guess([a.track.role for a in tracks.asks], list(draft.moods), tracks.excluded)
        guessed.append("genre")
    if head == "jazz_swing" and _slow(draft) and not choice.styles:
        head = "jazz_ballad"
    other = choice.other or draft.lend
    return head, other if other != head else None, styles


def _slow(draft: Draft) -> bool:
    return draft.product("tempo_factor") <= 0.86 and draft.get("tempo") is None


def _near(styles: tuple[str, ...]) -> dict[str, Any]:
    table = load_table("words")["near_genres"]
    return next((table[s] for s in styles if s in table), {})


def _tempo(
    draft: Draft, head: str | None, near: dict[str, Any], guessed: list[str]
) -> tuple[float | None, float, tuple[str, ...]]:
    factor, feel = draft.product("tempo_factor"), list(draft.lists.get("feel", []))
    tempo = draft.get("tempo")
    if tempo is None:
        word = draft.get("tempo_word")
        if word is not None:
            return float(word) * factor, 1.0, tuple(feel)
        return None, factor, tuple(feel)
    tempo = limits.TEMPO.check(float(tempo))
    _against_words(draft, tempo, factor, feel)
    if "tempo_word" in draft.said and abs(float(draft.get("tempo_word")) / tempo - 1) > 0.25:
        draft.conflicts.append(f"'{draft.said['tempo_word'][1]}' and {tempo:g} BPM: the number wins")
    return _notation(draft, tempo, head, near, guessed), 1.0, tuple(feel)


def _against_words(draft: Draft, tempo: float, factor: float, feel: list[str]) -> None:
    words = [text for _, text in draft.factors.get("tempo_factor", ())]
    if factor < 0.93 and tempo >= 120:
        draft.conflicts.append(f"'{words[0]}' and {tempo:g} BPM: the number wins, the drums play half time")
        if "half_time" not in feel:
            feel.append("half_time")
    elif factor > 1.1 and tempo <= 80:
        draft.conflicts.append(f"'{words[0]}' and {tempo:g} BPM: the number wins, the drums play double time")
        if "double_time" not in feel:
            feel.append("double_time")


def _notation(draft: Draft, tempo: float, head: str | None, near: dict[str, Any], guessed: list[str]) -> float:
    """A tempo at half or double the genre's range is written in the genre's way (trap 65 -> 130)."""
    if head is None or "tempo" in near or "genre" in guessed or draft.product("tempo_factor") < 0.93:
        return tempo
    span = genre(head)["tempo"]
    for factor, word in ((2.0, "doubled"), (0.5, "halved")):
        outside = tempo < span["min"] * 0.85 if factor == 2.0 else tempo > span["max"] * 1.3
        if outside and span["min"] <= tempo * factor <= span["max"]:
            name = genre(head)["name"].lower()
            draft.conflicts.append(
                f"{tempo:g} BPM is {word} to {tempo * factor:g}, the way {name} is written; it feels the same"
            )
            return tempo * factor
    return tempo


def _key(draft: Draft, head: str | None) -> tuple[Key | None, str | None]:
    said, mode = draft.get("key"), draft.get("mode")
    if said is None:
        return None, mode
    tonic, key_mode = said
    if not key_mode:
        usual = genre(head)["harmony"]["modes"][0] if head else "major"
        key_mode = mode or ("major" if key_mode == "" else usual)
    elif mode is not None and mode != key_mode:
        draft.conflicts.append(
            f"the key is stated as {Key(tonic, key_mode).name}: it wins over '{draft.said['mode'][1]}'"
        )
    key = Key(tonic, key_mode)
    _mood_against_key(draft, key)
    return key, None


def _mood_against_key(draft: Draft, key: Key) -> None:
    moods = [m for m, w in draft.moods.items() if w != 0.0]
    clash = [m for m in moods if (m in _MAJOR_MOODS and key.is_minor) or (m in _MINOR_MOODS and not key.is_minor)]
    for mood in clash:
        usual = "major" if key.is_minor else "minor"
        draft.conflicts.append(
            f"{mood} usually means {usual}, but {key.name} is stated: the key wins, the rest of the mood stays"
        )


def _meter(draft: Draft, head: str | None, near: dict[str, Any]) -> tuple[int, int] | None:
    meter = draft.get("meter")
    if meter is None:
        return None
    usual_meters = [near["meter"]] if "meter" in near else [str(m) for m in genre(head)["meter"]] if head else []
    if head is not None and f"{meter[0]}/{meter[1]}" not in usual_meters:
        usual = genre(head)["meter"][0]
        draft.conflicts.append(
            f"{genre(head)['name'].lower()} is usually in {usual}, but {meter[0]}/{meter[1]} is stated: the meter wins"
        )
    return tuple(meter)


def _bring(tracks: Tracks, near: dict[str, Any]) -> None:
    """Tracks that make a near genre what it is (klezmer: clarinet, accordion), and those it does without."""
    for role in near.get("exclude", ()):
        if not any(a.track.role == role for a in tracks.asks):
            tracks.exclude_role(role, role)
    brought = [] if tracks.draft.only else [n for n in near.get("add", ()) if tracks.bring(n.replace("_", " "))]
    if brought:
        tracks.draft.note(f"the style brings {', '.join(n.replace('_', ' ') for n in brought)}")


def _bars(draft: Draft, guessed: list[str]) -> int | None:
    bars = draft.get("bars")
    if bars is not None:
        return int(limits.BARS.check(bars))
    if draft.get("seconds") is not None:
        return None
    if draft.default_bars or draft.loop:
        guessed.append("bars")
        return draft.default_bars or 8
    return None


def _seconds(draft: Draft) -> float | None:
    seconds = draft.get("seconds")
    if seconds is not None and draft.get("bars") is not None:
        draft.conflicts.append(f"{draft.get('bars')} bars and {seconds:g} seconds: the bars win")
        return None
    return seconds


def _asks(draft: Draft, tracks: Tracks, choice: GenreChoice) -> tuple[TrackAsk, ...]:
    asks = tuple(a.track for a in tracks.asks)
    bare = (
        choice.head is None
        and not draft.artist_genre
        and len(asks) == 1
        and asks[0].role == "drums"
        and asks[0].kit is None
    )
    if bare and not draft.only and not draft.lists.get("included_drums"):
        draft.only.append("drums")
        draft.default_bars = draft.default_bars or 8
        draft.note("only a beat is asked for: drums alone, 8 bars; name a genre or an instrument for more")
    limits.TRACKS.check(max(1, len(asks)))
    return asks
