"""What single words and numbers say, once it is clear what they belong to."""

from __future__ import annotations

from typing import Any

from bandmate.analysis.genres import load_table
from bandmate.generation import words_genre
from bandmate.generation.words_draft import Draft, turned
from bandmate.generation.words_scan import Fact, Scan
from bandmate.generation.words_structure import Sections
from bandmate.generation.words_tracks import Tracks

TRACK_KINDS = ("group", "instrument", "role", "voice")
MODIFIERS = ("mood", "tempo_factor", "energy", "density", "dynamics", "articulation", "register", "feel", "swing")
_SAID = ("chord_word", "mode", "meter", "pattern", "event", "tempo_word", "tempo_modifier", "era", "production",
         "artist")  # fmt: skip
_ANY_PIECE = ("groove", "grooves")  # names a genre where none is named, beside one it is the piece itself


class Sayer:
    """State of a reading, and the words that only set a value: a factor, a mood, a key, a section's colour.

    What is open at a place: a negation and whether it has met something, a softened one ("not too"), an "only", a
    weight ("very") and a count ("two").
    """

    def __init__(self, text: str, scanned: Scan) -> None:
        self.facts = scanned.facts
        self.choice = words_genre.choose(self.facts)
        self.draft = Draft(text, notices=list(scanned.notices))
        self.tracks = Tracks(self.draft, self.choice.head)
        self.sections = Sections(self.draft, self.tracks)
        self.negated: Fact | None = None
        self.hit = False  # whether the open negation has met something
        self.softened = False  # "not too"
        self.only = False
        self.weight: float | None = None
        self.count: tuple[int, Fact] | None = None
        self.i = 0

    def _modify(self, fact: Fact) -> None:
        weight = (self.weight or 1.0) * fact.weight if (self.weight or fact.weight != 1.0) else None
        self.weight = None
        head = self._head_of(fact)
        if self._is_verb(fact):
            return
        if (
            head is not None
            and head.entry("section")
            and not head.entry("role")
            and head.meaning("section") not in ("loop", "fill")
            and self._to_section(fact)
        ):
            return
        if self.sections.open_label and not self.negated and self._to_open_section(fact):
            return
        if head is not None and head.entry("voice") and fact.entry("tempo_factor"):
            self.draft.add("feel", "laid_back" if fact.meaning("tempo_factor") < 1 else "on_top_of_the_beat")
            return
        used = self._say_all(fact)
        for kind in MODIFIERS:
            entry = fact.entry(kind)
            if entry is not None and self._apply(kind, entry.value, fact, weight, head, used):
                used = True
        other = fact.meaning("genre")
        used = used or (not self.negated and self._paces(fact))
        if not used and not self.negated and other not in (None, self.choice.head) and fact.text not in _ANY_PIECE:
            self.draft.note(f"'{fact.text}' is left aside: {str(self.choice.head).replace('_', ' ')} leads")

    def _paces(self, fact: Fact) -> bool:
        """`an indie rock ballad`: what does not lead may still say how fast and how full."""
        entry = fact.entry("genre")
        row = load_table("words")["near_genres"].get(entry.extra.get("style"), {}) if entry else {}
        if not row.get("paces"):
            return False
        self.draft.state("tempo_word", float(row["tempo"]), fact.text)
        self.draft.energy = row["energy"] if self.draft.energy is None else self.draft.energy
        return True

    def _say_all(self, fact: Fact) -> bool:
        """Say every plain meaning of a word; whether there was one. A word that lends its genre lends no mode."""
        lends = fact.entry("genre") is not None and self._unused_genre(fact)
        used = lends
        for kind in _SAID:
            entry = fact.entry(kind)
            if entry is not None and not (lends and kind == "mode"):
                getattr(self, f"_say_{kind}")(entry.value, fact)
                used = True
        return used

    def _is_verb(self, fact: Fact) -> bool:
        """`I'd love a waltz` is not romantic."""
        before = self.facts[self.i - 1].text.lower() if self.i else ""
        return fact.text.lower() in ("love", "power", "still", "open") and before in ("i", "id", "would", "we", "to")

    def _head_of(self, fact: Fact) -> Fact | None:
        """The track, section or genre that this modifier stands before, other modifiers between."""
        for k in range(self.i + 1, min(len(self.facts), self.i + 5)):
            following = self.facts[k]
            if k in self.choice.used or following.kind != "lexical":
                return None
            if following.entry(*TRACK_KINDS, "section"):
                return following
            if not following.entry(*MODIFIERS, "era", "production", "pattern"):
                return None
        return None

    def _lessened(self) -> bool:
        """Whether "less", "much less" or their kin stand before the word."""
        return self.i > 0 and self.facts[self.i - 1].text.lower().split()[-1:] == ["less"]

    def _tells_track(self) -> bool:
        """Whether the word is said of the track before it: `the drums should be busy`, `the bass simple`."""
        after = self.facts[self.i + 1] if self.i + 1 < len(self.facts) else None
        if after is not None and after.kind == "lexical" and not after.entry("ends_not"):
            return False
        said, near = False, True  # near: nothing but "more", "less" and their kin stand between
        for k in range(self.i - 1, max(-1, self.i - 6), -1):
            fact = self.facts[k]
            if fact.kind == "lexical" and fact.entry(*TRACK_KINDS):
                return bool(self.tracks.last) and (said or near)
            near = near and fact.entry("quantifier") is not None
            if fact.kind != "stop" and not fact.entry("quantifier", *MODIFIERS):
                return False
            said |= fact.text.lower() in ("be", "is", "are", "play", "plays", "playing", "sounds")
        return False

    def _to_section(self, fact: Fact) -> bool:
        entry = fact.entry("energy", "mood", "density", "feel", "articulation", "tempo_factor", "genre")
        if entry is None:
            return False
        self.sections.pending(entry, fact)
        return True

    def _to_open_section(self, fact: Fact) -> bool:
        entry = fact.entry("energy", "mood", "density", "feel", "tempo_factor")
        if entry is None or not self.sections.takes_modifiers:
            return False
        self.sections.colour(entry)
        return True

    def _apply(self, kind: str, value: Any, fact: Fact, weight: float | None, head: Fact | None, used: bool) -> bool:
        if self.negated:
            self.hit = True
            return self._apply_negated(kind, value, fact)
        if kind in ("density", "energy", "tempo_factor") and weight is not None and self._lessened():
            value, weight = turned(kind, value, weight), None
        track_head = head is not None and bool(head.entry("instrument", "role", "voice"))
        if kind == "mood":
            self.draft.mood(value, weight)
            if fact.text.lower().startswith("rain") and self.choice.head in ("lofi_hip_hop", "ambient", "trip_hop"):
                self.tracks.ask_rain()
        elif kind in ("density", "articulation", "register", "dynamics") and track_head:
            self.tracks.pending(kind, value, fact.text.lower(), weight)
        elif kind in ("density", "articulation", "register") and self._tells_track():
            self.tracks.tell_last(kind, value, fact.text.lower(), weight)
        elif kind in ("density", "energy", "tempo_factor"):
            self.draft.factor(kind, value, weight, fact.text)
        elif kind == "feel":
            self._say_feel(value, track_head)
        elif kind == "swing" and not (used and fact.entry("mood")):
            self.draft.state("swing", 0.5 + (float(value) - 0.5) * (weight or 1.0), fact.text)
        elif kind == "dynamics":
            self.draft.state("dynamics", value, fact.text)
        elif kind == "articulation" and not fact.entry("mood"):
            self._say_articulation(fact)
        elif kind == "register" and not fact.entry("mood", "genre"):
            self.draft.state("register", int(value), fact.text)
        else:
            return False
        return True

    def _apply_negated(self, kind: str, value: Any, fact: Fact) -> bool:
        if self.softened:
            self.draft.soften(kind, value)
        else:
            self.draft.deny(kind, value, fact.text)
        return True

    def _say_articulation(self, fact: Fact) -> None:
        word = fact.text.lower()
        if word == "short" and not self.facts[self.i].glued:
            self.draft.default_bars = 8
        elif word != "long":
            before = self.facts[self.i - 1] if self.i else None
            if before is not None and before.entry("instrument", "role"):
                self.tracks.articulate(word)
            else:
                self.draft.articulation = word

    def _say_feel(self, value: str, track_head: bool = False) -> None:
        self.draft.add("feel", value)

    def _say_chord_word(self, value: str, fact: Fact) -> None:
        self._chord_word(value)

    def _chord_word(self, value: str) -> None:
        if value in ("7th", "9th", "power", "triad", "sus"):
            self.draft.voicing = value
        elif value == "end on I":
            self.draft.add("events", "picardy")
        else:
            self.draft.state("progression", value, value)

    def _say_mode(self, value: str, fact: Fact) -> None:
        if self.negated and value in ("minor", "major"):
            value, self.hit = {"minor": "major", "major": "minor"}[value], True
        elif self.negated:
            return
        self.draft.state("mode", value, fact.text)

    def _say_meter(self, value: tuple[int, int], fact: Fact) -> None:
        self.draft.state("meter", value, fact.text)

    def _say_pattern(self, value: str, fact: Fact) -> None:
        if not self.negated:
            self.draft.add("patterns", value)
        else:
            self.hit = True
            self.draft.note(f"'no {fact.text}' is noted; no other pattern is forced")

    def _say_event(self, value: str, fact: Fact) -> None:
        self.draft.add("events", f"no_{value}" if self.negated else value)
        self.hit = True
        self.sections.event(value)

    def _say_tempo_word(self, value: float, fact: Fact) -> None:
        self.draft.state("tempo_word", float(value), fact.text)

    def _say_tempo_modifier(self, value: str, fact: Fact) -> None:
        factor = {"molto": 1.0, "con moto": 1.06, "assai": 1.08, "meno mosso": 0.92, "piu mosso": 1.08}.get(
            fact.text.lower()
        )
        if factor:
            self.draft.factor("tempo_factor", factor, None, fact.text)
        elif fact.text.lower() == "ma non troppo":
            self.draft.tempo_pull = True

    def _say_era(self, value: str, fact: Fact) -> None:
        if not self.negated:
            self.draft.add("styles", value.replace(" ", "_"))

    _say_production = _say_era

    def _say_artist(self, value: str, fact: Fact) -> None:
        if self.choice.head is None or self.choice.inferred:
            self.draft.artist_genre = value
        self.draft.note(f"'{fact.text}' is taken as the genre {value.replace('_', ' ')} alone; no work is imitated")

    def _unused_genre(self, fact: Fact) -> bool:
        """A genre word that does not lead: `jazzy` lends its harmony; whether it does."""
        entry = fact.entry("genre")
        assert entry is not None
        if self.negated:
            self.hit = True
            self.draft.note(f"'{fact.text}' is kept out; it would not have been chosen")
            return False
        lends = entry.value != self.choice.head and entry.phrase in load_table("words")["genre_words"]["lend"]
        if lends:
            self.draft.lend = self.draft.lend or entry.value
        return lends

    def _on_bars(self, fact: Fact) -> None:
        value, said = fact.value
        if said:
            self.draft.note(f"{said} is taken as {value:g} bars")
        if not self.sections.bars(value, self.facts, self.i):
            self.draft.state("bars", int(value) if value == value and abs(value) < 1e9 else value, fact.text)

    def _on_at_bar(self, fact: Fact) -> None:
        if not self.sections.at_bar(fact.value, self.facts, self.i):
            self.tracks.enter(bar=fact.value)

    def _on_form(self, fact: Fact) -> None:
        for letter in fact.value:
            self.sections.add(letter, bars=8)

    def _on_tempo(self, fact: Fact) -> None:
        value, said = fact.value
        if fact.text.lower() == f"at {value:g}" and self.sections.counts_bars(self.facts, self.i):
            self.sections.at_bar(int(value), self.facts, self.i)  # "drop at bar 17, breakdown at 33"
            return
        if said:
            self.draft.note(f"{said} is taken as {value:g} BPM")
        self.draft.state("tempo", value, fact.text)

    def _on_bare_tempo(self, fact: Fact) -> None:
        self.draft.bare_tempo(fact.value[0], fact.text)

    def _on_swing_number(self, fact: Fact) -> None:
        self.draft.state("swing", fact.value, fact.text)

    def _on_note_range(self, fact: Fact) -> None:
        self.tracks.span(*fact.value)

    def _leave_scope(self) -> None:
        self.negated, self.hit, self.softened = None, False, False
