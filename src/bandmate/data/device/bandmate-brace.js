// Reads the clips of the arrangement under Live's loop brace, and tells them to who asks for them, page by page.
// Max's js object speaks ECMAScript 5. Packets may be lost, doubled or out of order, so a page is asked for again:
//   page number port place      a place of the reading of that number; whoever asks hears at that port
// and is answered with
//   /bandmate/brace number place pages kind values...
//   /bandmate/deaf number sentence
// Kinds: song tempo numerator denominator root scale start quarters
//        clip track name drums midi looping start end loop_start loop_end start_marker
//        notes (pitch start length velocity)...              of the clip before
// What was read for a number stays as it is, so that its pages fit together.

autowatch = 1;
inlets = 1;
outlets = 1;

var NOTES_ON_PAGE = 32; // about 700 bytes
var MOST_READINGS = 4;
var MOST_PAGES = 6000;
var readings = []; // the newest last: number, pages, and a sentence where Live could not be read

// The Live API hands out ids as a list: "id", number, "id", number ...
function ids(list) {
    var found = [];
    for (var place = 1; place < list.length; place += 2) {
        if (Number(list[place]) !== 0) {
            found.push(Number(list[place]));
        }
    }
    return found;
}

function at(id) {
    return new LiveAPI("id " + id);
}

function number_of(object, name) {
    return Number(object.get(name));
}

// Tells one page; Max's udpsend takes `port` as the place that it sends to from then on.
function page(number, port, place) {
    var reading = reading_of(number);
    outlet(0, "port", port);
    if (reading.fault) {
        outlet(0, "/bandmate/deaf", number, reading.fault);
    } else if (reading.pages[place]) {
        outlet.apply(this, [0, "/bandmate/brace", number, place, reading.pages.length].concat(reading.pages[place]));
    }
}

function reading_of(number) {
    for (var place = 0; place < readings.length; place++) {
        if (readings[place].number === number) {
            return readings[place];
        }
    }
    var made = { number: number, pages: [], fault: "" };
    try {
        made.pages = read();
    } catch (fault) {
        made.fault = "the arrangement cannot be read: " + fault;
    }
    readings.push(made);
    if (readings.length > MOST_READINGS) {
        readings.shift();
    }
    return made;
}

function read() {
    var song = new LiveAPI("live_set");
    var brace = { start: number_of(song, "loop_start"), quarters: number_of(song, "loop_length") };
    var pages = [[
        "song", number_of(song, "tempo"), number_of(song, "signature_numerator"),
        number_of(song, "signature_denominator"), number_of(song, "root_note"), String(song.get("scale_name")),
        brace.start, brace.quarters
    ]];
    var tracks = ids(song.get("tracks"));
    for (var place = 0; place < tracks.length; place++) {
        of_track(at(tracks[place]), place, brace, pages);
    }
    return pages;
}

// A group holds no clips of its own.
function of_track(track, place, brace, pages) {
    var clips = number_of(track, "is_foldable") ? [] : ids(track.get("arrangement_clips"));
    for (var next = 0; next < clips.length; next++) {
        var clip = at(clips[next]);
        var start = number_of(clip, "start_time");
        var end = number_of(clip, "end_time");
        if (start < brace.start + brace.quarters && end > brace.start && !number_of(clip, "muted")) {
            of_clip(clip, start, end, track, place, brace, pages);
        }
    }
}

function of_clip(clip, start, end, track, place, brace, pages) {
    var midi = number_of(clip, "is_midi_clip");
    var looping = number_of(clip, "looping");
    var loop_start = number_of(clip, "loop_start");
    var loop_end = number_of(clip, "loop_end");
    pages.push([
        "clip", place, String(track.get("name")), is_drum(track) ? 1 : 0, midi, looping, start, end,
        loop_start, loop_end, number_of(clip, "start_marker")
    ]);
    if (!midi || loop_end <= loop_start) {
        return;
    }
    // of a long clip that plays once, what lies under the brace is enough
    var from = looping ? loop_start : loop_start + brace.start - start;
    var until = looping ? loop_end : from + brace.quarters;
    var found = JSON.parse(clip.call("get_notes_extended", 0, 128, loop_start, loop_end - loop_start)).notes;
    var values = [];
    for (var next = 0; next < found.length; next++) {
        var note = found[next];
        if (!note.mute && note.start_time < until && note.start_time + note.duration > from) {
            values.push(note.pitch, note.start_time, note.duration, note.velocity);
        }
    }
    for (var first = 0; first < values.length; first += 4 * NOTES_ON_PAGE) {
        pages.push(["notes"].concat(values.slice(first, first + 4 * NOTES_ON_PAGE)));
    }
    if (pages.length > MOST_PAGES) {
        throw "there are more notes under the loop brace than can be told; make it shorter";
    }
}

function is_drum(track) {
    var devices = ids(track.get("devices"));
    for (var place = 0; place < devices.length; place++) {
        var kind = String(at(devices[place]).get("class_name"));
        if (kind === "DrumGroupDevice" || kind === "InstrumentImpulse") {
            return true;
        }
    }
    return false;
}
