// A stand-in for Max's js object and Live's API, as far as the device's script uses them, after their documentation:
// ids are lists "id", number; properties come as lists; what does not exist has id "0"; notes come back as JSON.
// It reads one JSON object a line, {"call": name, "args": [...], "script": 0} or {"song": true}, and answers each with
// one line. Given: the set as JSON, then the scripts.
"use strict";
const fs = require("fs");
const vm = require("vm");
const readline = require("readline");

const given = JSON.parse(process.argv[2]);
const objects = [null];
let loaded = false;

function make(type, fields) {
    const made = Object.assign({ type, id: objects.length }, fields);
    objects.push(made);
    return made;
}

const scenes = given.tracks[0].slots.map(() => make("Scene", {}));
const tracks = given.tracks.map((track) => {
    const made = make("Track", { name: track.name, has_midi_input: track.midi === false ? 0 : 1 });
    made.is_foldable = track.group ? 1 : 0;
    made.devices = (track.devices || []).map((class_name) => make("Device", { class_name }));
    made.arrangement_clips = (track.arrangement || []).map((clip) => make("Clip", { canonical_parent: made, ...clip }));
    made.clip_slots = track.slots.map((full) => {
        const slot = make("ClipSlot", { canonical_parent: made, clip: null });
        if (full) slot.clip = make("Clip", { canonical_parent: slot, name: "mine", length: 4, notes: [] });
        return slot;
    });
    return made;
});
let holder = given.device === null ? null : tracks[given.device];
for (let depth = 0; holder && depth < (given.racks || 0); depth++) {
    holder = make("RackDevice", { canonical_parent: holder });
    holder = make("Chain", { canonical_parent: holder });
}
const slotAt = (place) => (place ? tracks[place[0]].clip_slots[place[1]] : null);
const paths = {
    "live_set": make("Song", {
        scenes, tracks, tempo: 120, signature_numerator: 4, signature_denominator: 4, root_note: 0, scale_name: "Major",
        loop_start: 0, loop_length: 16, ...given.song,
    }),
    "live_set view highlighted_clip_slot": slotAt(given.highlighted),
    "live_set view selected_scene": scenes[given.scene || 0],
    "this_device canonical_parent": holder,
};

const PROPERTIES = {
    Track: ["name", "has_midi_input", "is_foldable", "devices", "clip_slots", "canonical_parent"],
    ClipSlot: ["has_clip", "clip", "canonical_parent"],
    Clip: ["name", "length", "start_time", "end_time", "muted", "is_midi_clip", "looping", "loop_start", "loop_end",
        "start_marker"],
    Device: ["class_name"],
    Song: ["scenes", "tracks", "tempo", "signature_numerator", "signature_denominator", "root_note", "scale_name",
        "loop_start", "loop_length"],
    Chain: ["canonical_parent"],
    RackDevice: ["canonical_parent"],
};

if (!given.old) PROPERTIES.Track.push("arrangement_clips"); // Live 10 has none

class LiveAPI {
    constructor(path) {
        if (!loaded) throw new Error("the Live API was used in global code");
        const number = /^id (\d+)$/.exec(path);
        if (!number && !(path in paths)) throw new Error("no such path: " + path);
        this.object = number ? objects[Number(number[1])] : paths[path];
        this.id = String(this.object ? this.object.id : 0);
        this.type = this.object ? this.object.type : "";
    }
    get(name) {
        if (!PROPERTIES[this.type].includes(name)) throw new Error(this.type + " has no " + name);
        const found = name === "has_clip" ? Number(Boolean(this.object.clip)) : this.object[name];
        if (Array.isArray(found)) return found.flatMap((one) => ["id", one.id]);
        return found === null || typeof found === "object" ? ["id", found ? found.id : 0] : [found];
    }
    set(name, value) {
        if (this.type !== "Clip" || name !== "name") throw new Error(this.type + "." + name + " cannot be set");
        this.object.name = String(value);
    }
    call(name, ...values) {
        return this[this.type + "_" + name](...values);
    }
    ClipSlot_create_clip(length) {
        if (given.broken) throw new Error("Live is busy");
        if (this.object.clip || !this.object.canonical_parent.has_midi_input) return; // Live says so in Max's console
        this.object.clip = make("Clip", { canonical_parent: this.object, name: "", length, notes: [] });
    }
    Clip_add_new_notes(dictionary) {
        for (const note of dictionary.notes) {
            const keys = Object.keys(note).sort().join(" ");
            const fits = note.pitch >= 0 && note.pitch < 128 && note.velocity >= 1 && note.velocity <= 127;
            if (keys !== "duration mute pitch start_time velocity" || !fits || !(note.duration > 0)) {
                throw new Error("not a note: " + JSON.stringify(note));
            }
            this.object.notes.push(note);
        }
    }
    Clip_get_notes_extended(pitch, pitches, from, span) {
        if (this.object.is_midi_clip === 0) throw new Error("Operation not possible on audio clips");
        const inside = (n) => n.pitch >= pitch && n.pitch < pitch + pitches;
        const notes = this.object.notes.filter((n) => inside(n) && n.start_time >= from && n.start_time < from + span);
        return JSON.stringify({ notes });
    }
}

const said = [];
const contexts = process.argv.slice(3).map((script) => {
    const context = vm.createContext({ LiveAPI, outlet: (place, ...values) => said.push([place, values]) });
    vm.runInContext(fs.readFileSync(script, "utf8"), context);
    return context;
});
loaded = true;

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const asked = JSON.parse(line);
    if (asked.song) {
        const shown = tracks.map((track) => track.clip_slots.map(({ clip }) => clip && {
            name: clip.name, length: clip.length, notes: clip.notes.map((n) => [n.start_time, n.pitch, n.duration, n.velocity]),
        }));
        process.stdout.write(JSON.stringify(shown) + "\n");
        return;
    }
    contexts[asked.script || 0][asked.call](...asked.args);
    process.stdout.write(JSON.stringify(said.splice(0)) + "\n");
});
