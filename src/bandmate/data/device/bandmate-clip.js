// Puts clips from `bandmate device serve` into empty slots of the track that holds the device.
// Max's js object speaks ECMAScript 5. A clip comes in packets that may be lost, doubled or out of order:
//   begin number name quarters count | notes number place (pitch start length velocity)... | end number
// and is answered with /bandmate/placed number count scene, /bandmate/unplaced number sentence, or /bandmate/again number.

autowatch = 1;
inlets = 1;
outlets = 1;

var coming = {}; // clips of which packets are on their way, by number
var answers = {}; // what was answered about a clip, so that it is not made twice

// The Live API hands out ids as a list: "id", number, "id", number ...
function ids(list) {
    var found = [];
    for (var place = 1; place < list.length; place += 2) {
        found.push(Number(list[place]));
    }
    return found;
}

function at(id) {
    return new LiveAPI("id " + id);
}

// The track of the device, also from inside racks; null where there is none.
function own_track() {
    var here = new LiveAPI("this_device canonical_parent");
    for (var step = 0; step < 32 && Number(here.id) !== 0; step++) {
        if (String(here.type) === "Track") {
            return here;
        }
        here = at(ids(here.get("canonical_parent"))[0]);
    }
    return null;
}

// Tells the service that there is a track that takes clips, and what it is called.
function bang() {
    var track = own_track();
    if (track) {
        outlet(0, "/bandmate/track", String(track.get("name")));
    }
}

function begin(number, name, quarters, count) {
    if (!answers[number]) {
        coming[number] = { number: number, name: String(name), quarters: quarters, count: count, notes: [] };
    }
}

function notes(number, place) {
    var clip = coming[number];
    for (var next = 2; clip && next + 3 < arguments.length; next += 4) {
        clip.notes[place + (next - 2) / 4] = {
            pitch: arguments[next],
            start_time: arguments[next + 1],
            duration: arguments[next + 2],
            velocity: arguments[next + 3],
            mute: 0
        };
    }
}

function end(number) {
    if (!answers[number]) {
        var clip = coming[number];
        if (!clip || !whole(clip)) {
            outlet(0, "/bandmate/again", number);
            return;
        }
        delete coming[number];
        try {
            answers[number] = put(clip);
        } catch (fault) {
            answers[number] = refused(clip, "Live refused the clip: " + fault);
        }
    }
    outlet.apply(this, [0].concat(answers[number]));
}

function whole(clip) {
    for (var place = 0; place < clip.count; place++) {
        if (!clip.notes[place]) {
            return false;
        }
    }
    return true;
}

function refused(clip, sentence) {
    return ["/bandmate/unplaced", clip.number, sentence];
}

// Makes the clip in the first empty slot from the highlighted one on; a slot that holds a clip is left alone.
function put(clip) {
    var track = own_track();
    if (!track || !Number(track.get("has_midi_input"))) {
        return refused(clip, "the device is on no MIDI track");
    }
    var slots = ids(track.get("clip_slots"));
    var first = highlighted(slots);
    for (var scene = first; scene < slots.length; scene++) {
        var slot = at(slots[scene]);
        if (!Number(slot.get("has_clip"))) {
            return filled(clip, slot, scene + 1);
        }
    }
    return refused(clip, "no slot from scene " + (first + 1) + " on is empty; add a scene or choose another slot");
}

// The row to begin at: the highlighted slot if it is one of the track's, else the selected scene.
function highlighted(slots) {
    var row = slots.indexOf(Number(new LiveAPI("live_set view highlighted_clip_slot").id));
    if (row < 0) {
        var scenes = ids(new LiveAPI("live_set").get("scenes"));
        row = scenes.indexOf(Number(new LiveAPI("live_set view selected_scene").id));
    }
    return Math.max(row, 0);
}

function filled(clip, slot, scene) {
    slot.call("create_clip", clip.quarters);
    if (!Number(slot.get("has_clip"))) {
        return refused(clip, "Live made no clip in scene " + scene);
    }
    var made = at(ids(slot.get("clip"))[0]);
    made.set("name", clip.name);
    made.call("add_new_notes", { notes: clip.notes });
    var found = JSON.parse(made.call("get_notes_extended", 0, 128, 0, clip.quarters)).notes.length;
    return ["/bandmate/placed", clip.number, found, scene];
}
