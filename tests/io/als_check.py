"""What is known of Live sets, as checks: shapes that real Live 11 sets show, and rules that Live's loader enforces.

`als_facts.json` holds, for every parent/child pair that is written here, the sequences of children (runs of one tag
once) and the sets of attributes that occur in real sets of Live 11, or of Live 10 to 12 where none of 11 shows it.
"""

from __future__ import annotations

import gzip
import json
from itertools import groupby, pairwise
from pathlib import Path
from xml.etree import ElementTree

FACTS = json.loads((Path(__file__).parents[1] / "fixtures" / "als_facts.json").read_text(encoding="utf-8"))
LISTS = frozenset(
    [
        "Tracks",
        "Scenes",
        "Events",
        "ClipSlotList",
        "KeyTracks",
        "Notes",
        "WarpMarkers",
        "Locators",
        "Envelopes",
        "MidiControllers",
        "Slots",
    ]
)


def root_of(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(gzip.decompress(data))


def faults(root: ElementTree.Element) -> list[str]:
    """Everything about a set that Live would not take, or that no real set shows; empty for a good one."""
    found = [*_shapes(root, ""), *_pointees(root), *_lists(root)]
    live = root.find("LiveSet")
    assert live is not None
    return [*found, *_slots_and_sends(live), *_clips(live), *_doubles(live)]


def _shapes(element, parent):
    key = f"{parent}/{element.tag}"
    fact = FACTS.get(key)
    if fact is None:
        yield f"{key} is in no real set"
        return
    children = [tag for tag, _ in groupby(child.tag for child in element)]
    if element.tag in LISTS:
        known = {tag for sequence in fact["children"] for tag in sequence}
        if not set(children) <= known:
            yield f"{key} holds {set(children) - known}"
    elif children not in fact["children"]:
        yield f"{key} has children {children}"
    if sorted(element.attrib) not in fact["attributes"]:
        yield f"{key} has attributes {sorted(element.attrib)}"
    for child in element:
        yield from _shapes(child, element.tag)


def _value(element, path: str, default: str = "nan") -> float:
    found = element.find(path)
    return float(default if found is None else found.get("Value"))


def _pointees(root):
    ids = [
        int(e.get("Id"))
        for e in root.iter()
        if e.tag == "Pointee"
        or e.tag.endswith(("AutomationTarget", "ModulationTarget"))
        or "ControllerTargets" in e.tag
    ]
    if len(set(ids)) != len(ids) or min(ids) < 1:
        yield "pointee ids are not unique from 1 on"
    if _value(root, "LiveSet/NextPointeeId") <= max(ids):
        yield "NextPointeeId is too low"
    if {int(e.get("Value")) for e in root.iter("PointeeId")} - set(ids):
        yield "an envelope points nowhere"


def _lists(root):
    for element in root.iter():
        ids = [child.get("Id") for child in element if "Id" in child.attrib]
        if len(set(ids)) != len(ids):
            yield f"{element.tag} has doubled list ids"
        if ids and len(ids) != len(element) and element.tag in LISTS:
            yield f"{element.tag} has members without an Id"


def _slots_and_sends(live):
    scenes = len(live.find("Scenes"))
    if scenes < 1:
        yield "no scene"
    tracks = list(live.find("Tracks"))
    if not any(track.tag in ("MidiTrack", "AudioTrack") for track in tracks):
        yield "no player tracks"
    if any(track.tag == "ReturnTrack" for track in tracks) or len(live.find("SendsPre")):
        yield "returns, but nothing here writes sends"
    for slots in (slots for track in tracks for slots in track.iter("ClipSlotList")):
        if [slot.get("Id") for slot in slots] != [str(place) for place in range(scenes)]:
            yield f"{len(slots)} slots for {scenes} scenes"
    if any(len(slots) for slots in live.find("MasterTrack").iter("ClipSlotList")):
        yield "the master has slots"
    opened = set()
    for track in tracks:
        group = int(_value(track, "TrackGroupId"))
        if group >= 0 and group not in opened:
            yield "a track stands before its group"
        if track.tag == "GroupTrack":
            opened.add(int(track.get("Id")))
            if len(track.find("Slots")) != scenes:
                yield "a group has another number of slots than there are scenes"


def _clips(live):
    for clip in (*live.iter("MidiClip"), *live.iter("AudioClip")):
        start, end = _value(clip, "CurrentStart"), _value(clip, "CurrentEnd")
        if not end > start or float(clip.get("Time")) != start:
            yield f"a clip from {start} to {end} at {clip.get('Time')}"
        if not _value(clip, "Loop/LoopEnd") > _value(clip, "Loop/LoopStart"):
            yield "a loop without length"
    for events in live.iter("Events"):
        spans = sorted((_value(c, "CurrentStart"), _value(c, "CurrentEnd")) for c in events if c.tag.endswith("Clip"))
        if any(one[1] > two[0] + 1e-9 for one, two in pairwise(spans)):
            yield "clips lie over each other"
    for clip in live.iter("MidiClip"):
        ids = [int(note.get("NoteId")) for note in clip.iter("MidiNoteEvent")]
        if len(set(ids)) != len(ids) or max(ids, default=0) >= _value(clip, "Notes/NoteIdGenerator/NextId"):
            yield "note ids"
        keys = [_value(track, "MidiKey") for track in clip.iter("KeyTrack")]
        if keys != sorted(set(keys)) or any(not 0 <= key <= 127 for key in keys):
            yield "keys are not sorted, each once"
        for track in clip.iter("KeyTrack"):
            notes = list(track.iter("MidiNoteEvent"))
            times = [float(note.get("Time")) for note in notes]
            if times != sorted(times) or min(times, default=0) < 0:
                yield "times are not sorted"
            if any(float(n.get("Duration")) <= 0 or not 1 <= float(n.get("Velocity")) <= 127 for n in notes):
                yield "a note without length or velocity"
    for track in live.findall("Tracks/MidiTrack"):
        yield from _clip_envelopes(track)
    for markers in live.iter("WarpMarkers"):
        points = [(float(m.get("SecTime")), float(m.get("BeatTime"))) for m in markers]
        if len(points) < 2 or any(a[0] >= b[0] or a[1] >= b[1] for a, b in pairwise(points)):
            yield "warp markers do not rise"
    for reference in live.iter("FileRef"):
        if reference.find("RelativePath").get("Value")[:1] in ("/", "."):
            yield "a sample lies outside the project"


def _clip_envelopes(track):
    """Envelopes point at their track's controllers; Live is said to crash if they go back or over the clip's end."""
    places = {
        element.get("Id"): int(element.tag.partition(".")[2])
        for element in track.findall("DeviceChain/MainSequencer/MidiControllers/*")
    }
    for clip in track.iter("MidiClip"):
        targets = [element.get("Value") for element in clip.findall("Envelopes/Envelopes/ClipEnvelope//PointeeId")]
        if len(set(targets)) != len(targets) or not set(targets) <= set(places):
            yield "a clip has two envelopes of one controller, or one of another track's"
        for envelope in clip.findall("Envelopes/Envelopes/ClipEnvelope"):
            place = places.get(envelope.find("EnvelopeTarget/PointeeId").get("Value"))
            low, high = (-8192, 8191) if place == 0 else (0, 127)
            points = [(float(e.get("Time")), float(e.get("Value"))) for e in envelope.find("Automation/Events")]
            times = [at for at, _ in points]
            if times[0] != -63072000 or any(b < max(a, 0) for a, b in pairwise(times)):
                yield "a clip envelope does not begin before all, or goes back in time"
            if max(times) >= _value(clip, "Loop/LoopEnd") or any(not low <= value <= high for _, value in points):
                yield "a clip envelope goes over the end of its clip, or out of its range"
            if any(times.count(at) > 2 for at in set(times)):
                yield "a clip envelope has more than two points at one place"


def _doubles(live):
    """Tempo and meter stand twice, and the envelope wins."""
    mixer = live.find("MasterTrack/DeviceChain/Mixer")
    for parameter, low, high in (("Tempo", 20, 999), ("TimeSignature", 0, 494)):
        target = mixer.find(f"{parameter}/AutomationTarget").get("Id")
        for envelope in live.findall("MasterTrack/AutomationEnvelopes/Envelopes/AutomationEnvelope"):
            if envelope.find("EnvelopeTarget/PointeeId").get("Value") == target:
                points = [(float(e.get("Time")), float(e.get("Value"))) for e in envelope.find("Automation/Events")]
                break
        else:
            yield f"{parameter} has no envelope"
            continue
        if points[0] != (-63072000.0, _value(mixer, f"{parameter}/Manual")):
            yield f"{parameter} begins twice, differently"
        if [at for at, _ in points] != sorted(at for at, _ in points):
            yield f"{parameter} goes back in time"
        if any(not low <= value <= high for _, value in points):
            yield f"{parameter} out of range"
