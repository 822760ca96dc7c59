"""From facts to a Brief: who is asked for, who is not, what wins over what."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bandmate.analysis.genres import load_table
from bandmate.generation import words_finish, words_genre
from bandmate.generation.lexicon import meanings
from bandmate.generation.spelling import suggest
from bandmate.generation.words_draft import Draft
from bandmate.generation.words_scan import Fact, Scan
from bandmate.generation.words_structure import Sections
from bandmate.generation.words_tracks import Tracks
from bandmate.score.brief import Brief, NotUnderstood

TRACK_KINDS = ("group", "instrument", "role", "voice")
_MODIFIERS = ("mood", "tempo_factor", "energy", "density", "dynamics", "articulation", "register", "feel", "swing")
# Words inside a genre name that say nothing of their own ("hard techno", "black metal").
_NAMES_ONLY = frozenset(
    {
        "hard",
        "big",
        "power",
        "black",
        "love",
        "funky",
        "cool",
        "deep",
        "euphoric",
        "classic",
        "modern",
        "retro",
        "new",
        "old",
        "school",
    }
)
_SAID = ("chord_word", "mode", "meter", "pattern", "event", "tempo_word", "tempo_modifier", "era", "production",
         "artist")  # fmt: skip
_FILLERS = frozenset(
    ["hook", "riff", "line", "loop", "part", "groove", "theme", "motif", "lick", "licks", "head", "solo"]
)


class Reader:
    """Walks over the facts of one text once; holds what is open: a negation, an "only", a quantity, a section."""

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

    def read(self) -> Brief:
        """Give the Brief of the text."""
        for place, fact in enumerate(self.facts):
            self.i = place
            handler = getattr(self, f"_on_{fact.kind}", None)
            if handler:
                handler(fact)
            else:
                self.draft.state(fact.kind, fact.value, fact.text)
        self._flush_count()
        self.sections.close()
        return words_finish.finish(self.draft, self.tracks, self.choice, self.sections.structure())

    # --- signs, stops, unknown -------------------------------------------------------------------------------------

    def _on_end(self, fact: Fact) -> None:
        self._leave_scope()
        self.only = False
        self.sections.leave()

    def _on_sign(self, fact: Fact) -> None:
        self._flush_count()
        self.weight = None
        if (fact.text == "," and self.negated and not self._list_goes_on()) or fact.text not in (",", "&", "+", "/"):
            self._leave_scope()
        if fact.text == ",":
            self.sections.comma(self._next())

    def _on_stop(self, fact: Fact) -> None:
        word = fact.text.lower()
        if word == "too" and self.negated:
            self.softened = True
        elif word in (
            "and",
            "or",
            "of",
            "the",
            "any",
            "a",
            "an",
            "use",
            "want",
            "be",
            "make",
            "it",
            "so",
            "that",
            "include",
            "und",
        ):
            if word in ("a", "an") and self.negated and self.hit:
                self._leave_scope()
        elif self.negated and self.hit:
            self._leave_scope()
        self.sections.stop(word, self.facts, self.i)

    def _on_unknown(self, fact: Fact) -> None:
        self._flush_count()
        if any(c.isalnum() or ord(c) > 0x2000 for c in fact.text) and (len(fact.text) > 1 or not fact.text.isascii()):
            self.draft.unknown.setdefault(fact.value, NotUnderstood(fact.text, suggest(fact.value)))

    def _on_number(self, fact: Fact) -> None:
        self._flush_count()
        self.count = (int(min(fact.value, 1e6)), fact)

    def _flush_count(self) -> None:
        """A number that belonged to nothing is reported."""
        if self.count is not None:
            word = self.count[1].text
            if word.lower() not in ("one", "zero", "two", "first"):
                self.draft.unknown.setdefault(word, NotUnderstood(word, ()))
            self.count = None

    # --- words -----------------------------------------------------------------------------------------------------

    def _on_without(self, fact: Fact) -> None:
        for entry in fact.entries[:1]:
            self.tracks.exclude(entry, fact)

    def _on_lexical(self, fact: Fact) -> None:
        if self._structural(fact) or self._filler(fact):
            return
        if self.i in self.choice.used:
            self._genre_extras(fact)
            return
        if fact.entry("special"):
            self._special(fact)
        elif fact.entry(*TRACK_KINDS) and not self._section_wins(fact):
            self._track(fact)
        elif fact.entry("section"):
            self._section(fact)
        else:
            self._modify(fact)

    def _structural(self, fact: Fact) -> bool:
        """Negations, "only", revisions, connectors, quantifiers: they change what follows."""
        if fact.entry("not"):
            self._leave_scope()
            self.negated = fact
            return True
        if fact.entry("ends_not") and not fact.entry(*TRACK_KINDS):
            self._leave_scope()
            if fact.text.lower() == "but":
                self.only = False
            self.sections.stop(fact.text.lower(), self.facts, self.i)
            return True
        if fact.entry("only"):
            self._only(fact)
            return True
        if fact.entry("quantifier"):
            self.weight = float(fact.meaning("quantifier"))
            return True
        if fact.entry("revision"):
            self._leave_scope()
            self.only = False
            self.draft.revised = True
            return True
        return bool(fact.entry("connector") or (fact.entry("flavour") and not fact.entry("mood", *TRACK_KINDS)))

    def _filler(self, fact: Fact) -> bool:
        """`kalimba hook`, `piano loop`, `chill vibes`: the second word only names the part."""
        before = self.facts[self.i - 1] if self.i else None
        if before is None or before.kind != "lexical":
            return False
        word = fact.text.lower()
        if (
            word in _FILLERS
            and before.entry("instrument", "role")
            and not (word == "loop" and before.text.lower() == "bar")
        ):
            if word == "solo":
                self.sections.add("solo", roles=self.tracks.last_roles())
            if word == "loop" and before.entry("role"):
                self.draft.loop = True
            return True
        return word in ("vibes", "vibe") and (
            before.entry("mood", "energy", "era") is not None or self.i - 1 in self.choice.used
        )

    def _only(self, fact: Fact) -> None:
        word = fact.text.lower()
        after = self._next_heads()
        if self.sections.open_label:
            return  # "starts with only the arp" limits the section, not the piece
        if word == "solo" and not (after and after[0].entry("instrument", "role")):
            self.sections.add("solo", roles=self.tracks.last_roles())
        elif word in (
            "alone",
            "by itself",
            "by themselves",
            "on its own",
            "nothing else",
            "and nothing else",
            "unaccompanied",
            "and thats it",
            "thats all",
        ) or (word == "only" and self._postfix_only()):
            self.tracks.limit_to_clause(self.i)
        elif after:
            self.only = True
            self._leave_scope()

    def _postfix_only(self) -> bool:
        """`drums only`: a track before, and nothing to limit after it in the clause."""
        before = self.facts[self.i - 1] if self.i else None
        after = self.facts[self.i + 1] if self.i + 1 < len(self.facts) else None
        return (
            before is not None
            and bool(before.entry(*TRACK_KINDS))
            and (after is None or after.kind in ("end", "sign") or not self._next_heads())
        )

    def _next_heads(self) -> list[Fact]:
        """The track named right after this place, little words skipped; [] if something else is meant."""
        for fact in self.facts[self.i + 1 : self.i + 7]:
            if fact.kind in ("end", "sign"):
                return []
            if fact.entry(*TRACK_KINDS) and self.facts.index(fact) not in self.choice.used:
                return [fact]
            if fact.kind not in ("stop", "number") and not fact.entry(*_MODIFIERS, "quantifier", "era", "production"):
                return []
            if fact.kind == "stop" and fact.text.lower() in ("make", "play", "at", "in", "for"):
                return []
        return []

    def _genre_extras(self, fact: Fact) -> None:
        """What else a genre word says: `303` is an instrument too, `slow jazzy` is slow, `waltz` is in three."""
        self._leave_scope()
        entry = fact.entry("instrument", "group")
        if entry and self.choice.inferred:
            self._track(fact)
        if fact.entry("pattern"):
            self.draft.add("patterns", fact.meaning("pattern"))
        if fact.entry("meter"):
            self.draft.state("meter", fact.meaning("meter"), fact.text)
        if fact.entry("chord_word"):
            self._chord_word(fact.meaning("chord_word"))
        self._inner_words(fact)
        if fact.entry("artist"):
            self.draft.note(f"'{fact.text}' is taken as the genre alone; no work is imitated")

    def _inner_words(self, fact: Fact) -> None:
        """`uplifting trance` is a genre word with a mood in it; `slow jazzy` one with a tempo."""
        for word in re.split(r"[\s-]+", fact.text.lower())[:-1]:
            for entry in meanings(word) if word not in _NAMES_ONLY else ():
                if entry.kind == "mood":
                    self.draft.mood(entry.value, None)
                elif entry.kind == "tempo_factor":
                    self.draft.factor("tempo_factor", entry.value, None, word)
                elif entry.kind == "era":
                    self.draft.add("styles", word)

    def _special(self, fact: Fact) -> None:
        value = fact.meaning("special")
        for role in value.get("exclude", ()):
            self.tracks.exclude_role(role, fact.text)
        for voice in value.get("exclude_voice", ()):
            self.draft.add("excluded_drums", load_table("genres")["_meta"]["drum_notes"].get(voice, 38))
        if "only" in value:
            self.draft.only = list(value["only"])
            for role in value["only"]:
                self.tracks.ask_role(role, fact.text)
        if "programs" in value:
            self.draft.add("styles", "acoustic")

    def _section_wins(self, fact: Fact) -> bool:
        """`break` is a section unless it is the word for drums."""
        return fact.entry("section") is not None and not fact.entry("role")

    def _track(self, fact: Fact) -> None:
        entry = fact.entry(*TRACK_KINDS)
        assert entry is not None
        if self.negated and self.softened:
            self._leave_scope()
        if self.negated:
            self.hit = True
            self.tracks.exclude(entry, fact)
            self._count_done()
            return
        count = self._count_done()
        weight, self.weight = self.weight, None
        added = self.tracks.ask(fact, count=count, clause=self.i, weight=weight, facts=self.facts)
        if fact.entry("pattern"):
            self.draft.add("patterns", fact.meaning("pattern"))
        if fact.entry("articulation") and added:
            self.tracks.articulate(fact.text.lower())
        if self.only:
            self.tracks.limit(added, fact)
        if fact.text.lower().startswith(("jazzy ", "jazz ")) and "chords" in added:
            self.draft.voicing = self.draft.voicing or "9th"
        self.sections.track(added)
        if "solo" in fact.text.lower().split():
            self.sections.add("solo", roles=self.tracks.last_roles())

    def _count_done(self) -> int:
        count = self.count
        self.count = None
        if count and not 1 <= count[0] <= 8:
            self.draft.unknown.setdefault(count[1].text, NotUnderstood(count[1].text, ()))
            return 1
        return count[0] if count else 1

    def _section(self, fact: Fact) -> None:
        entry = fact.entry("section")
        assert entry is not None
        if self.negated:
            self.draft.add("events", f"no_{entry.value}")
            self.hit = True
        elif entry.value == "loop":
            self.draft.loop = True
        elif entry.value == "fill":
            self.draft.add("events", "fill")
        else:
            self.sections.add(entry.value)
        self.weight = None

    # --- modifiers -------------------------------------------------------------------------------------------------

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
        for kind in _MODIFIERS:
            entry = fact.entry(kind)
            if entry is not None and self._apply(kind, entry.value, fact, weight, head, used):
                used = True

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
            if not following.entry(*_MODIFIERS, "era", "production", "pattern"):
                return None
        return None

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
        track_head = head is not None and bool(head.entry("instrument", "role", "voice"))
        if kind == "mood":
            self.draft.mood(value, weight)
            if fact.text.lower().startswith("rain") and self.choice.head in ("lofi_hip_hop", "ambient", "trip_hop"):
                self.tracks.ask_rain()
        elif kind in ("density", "articulation", "register", "dynamics") and track_head:
            self.tracks.pending(kind, value, fact.text.lower(), weight)
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

    # --- numbers ---------------------------------------------------------------------------------------------------

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
        if said:
            self.draft.note(f"{said} is taken as {value:g} BPM")
        self.draft.state("tempo", value, fact.text)

    def _on_bare_tempo(self, fact: Fact) -> None:
        self.draft.bare_tempo(fact.value[0], fact.text)

    def _on_swing_number(self, fact: Fact) -> None:
        self.draft.state("swing", fact.value, fact.text)

    def _on_note_range(self, fact: Fact) -> None:
        self.tracks.span(*fact.value)

    # --- scope -----------------------------------------------------------------------------------------------------

    def _leave_scope(self) -> None:
        self.negated, self.hit, self.softened = None, False, False

    def _next(self) -> Fact | None:
        return self.facts[self.i + 1] if self.i + 1 < len(self.facts) else None

    def _list_goes_on(self) -> bool:
        """Whether a comma inside a negation joins a list: `no drums, bass or piano`, `without drums, bass`."""
        if not self.hit:
            return True
        rest = self.facts[self.i + 1 :]
        if not rest or not rest[0].entry(*TRACK_KINDS, "mood"):
            return False
        items = [fact for fact in rest if fact.entry(*TRACK_KINDS)]
        for k, fact in enumerate(rest):
            word = fact.text.lower()
            if word in ("or", "nor"):
                return True
            if word == "and":  # "no drums, bass and melody": a list of roles; named instruments are wanted
                after = rest[k + 1] if k + 1 < len(rest) else None
                return after is not None and all(f.entry("role") for f in (*items[:k], after))
            if not (fact.entry(*TRACK_KINDS, "mood") or fact.text == ","):
                break
        if rest[0].entry("role"):
            wanted = rest[0].text
            self.draft.note(f"'{wanted}' after the comma is taken as wanted; write 'no {wanted}' to leave it out")
        return False


def read(text: str, scanned: Scan) -> Brief:
    """Read scanned facts into a Brief."""
    brief = Reader(text, scanned).read()
    return replace(brief, text=text)
