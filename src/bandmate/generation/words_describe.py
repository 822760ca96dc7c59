"""One line that says what was heard, before any work starts."""

from __future__ import annotations

from bandmate.analysis.genres import genre
from bandmate.counts import counted
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.plan import Plan


def describe(heard: Brief | Plan) -> str:
    """Tell what was understood: `house, 120, A minor (guessed), drums + slap bass; not understood: 'buttery' (...)`."""
    brief = heard.brief if isinstance(heard, Plan) else heard
    parts = [_genre(heard, brief), _tempo(heard, brief), _key(heard, brief), _length(heard, brief)]
    parts += [
        _harmony(brief),
        " ".join(mood for mood in brief.moods),
        _tracks(heard, brief),
        _without(brief),
        _locks(brief),
        _plan(brief),
    ]
    line = ", ".join(p for p in parts if p) or "nothing asked for"
    for title, sentences in (("", brief.conflicts), ("", brief.notices)):
        line += "".join(f"; {title}{s}" for s in sentences)
    if brief.not_understood:
        line += "; not understood: " + ", ".join(_unknown(n.word, n.suggestions) for n in brief.not_understood)
    return line


def _mark(brief: Brief, name: str, stated: object) -> str:
    return " (guessed)" if name in brief.guessed or not stated else ""


def _genre(heard: Brief | Plan, brief: Brief) -> str:
    name = heard.genre
    if name is None:
        return ""
    text = genre(name)["name"].split(" / ")[0].lower()
    if brief.genre2:
        text += f" with {genre(brief.genre2)['name'].split(' / ')[0].lower()}"
    if brief.styles:
        text = f"{' '.join(s.replace('_', ' ') for s in brief.styles)} ({text})"
    return text + _mark(brief, "genre", brief.genre)


def _tempo(heard: Brief | Plan, brief: Brief) -> str:
    if heard.tempo is not None:
        return f"{heard.tempo:g}{_mark(brief, 'tempo', brief.tempo)}"
    return "" if brief.tempo_factor == 1 else ("slower" if brief.tempo_factor < 1 else "faster") + " than usual"


def _key(heard: Brief | Plan, brief: Brief) -> str:
    if heard.key is not None:
        return f"{heard.key.name}{_mark(brief, 'key', brief.key)}"
    return (brief.mode or "").replace("_", " ")


def _harmony(brief: Brief) -> str:
    if brief.chords:
        return " | ".join(" ".join(chord.spell() for chord in bar) for bar in brief.chords)
    return brief.progression or ""


def _plan(brief: Brief) -> str:
    return " - ".join(f"{label} {bars}" if bars else label for label, bars, _, _ in brief.structure)


def _length(heard: Brief | Plan, brief: Brief) -> str:
    meter = f"{heard.meter[0]}/{heard.meter[1]}" if brief.meter and heard.meter else ""
    length = counted(heard.bars, "bar") if heard.bars else (f"{brief.seconds:g} s" if brief.seconds else "")
    return ", ".join(p for p in (meter, length, "loop" if brief.loop else "") if p)


def _tracks(heard: Brief | Plan, brief: Brief) -> str:
    if isinstance(heard, Plan):
        return " + ".join(track.name or track.role for track in heard.tracks)
    text = " + ".join(_name(track) for track in brief.tracks)
    if brief.track_count is not None:
        text = f"{counted(brief.track_count, 'track')}{f': {text}' if text else ''}"
    return f"only {text or ' + '.join(brief.only)}" if brief.only else text


def _name(track: TrackAsk) -> str:
    return track.name or track.role


def _without(brief: Brief) -> str:
    gone = [
        r
        for r in brief.excluded
        if not (r == "perc" and "drums" in brief.excluded) and not (r == "lead" and "melody" in brief.excluded)
    ]
    return f"no {', '.join(gone)}" if gone else ""


def _locks(brief: Brief) -> str:
    names = dict.fromkeys(lock.track or "all tracks" for lock in brief.locks)
    return f"locks on {' and '.join(names)}" if names else ""


def _unknown(word: str, suggestions: tuple[str, ...]) -> str:
    return f"'{word}'" + (f" (did you mean {', '.join(suggestions)}?)" if suggestions else "")
