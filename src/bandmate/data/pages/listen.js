"use strict";
// Everything the page knows: written by bandmate.workflows.listen. No part of it opens a connection.
const DATA = JSON.parse(document.getElementById("data").textContent);
const PLACE = "bandmate.listen." + DATA.page;
const LETTERS = ["A", "B"];
const PREFER = [["A", "1"], ["B", "0"], ["No difference", "0.5"]];
const ICONS = { play: "M6 4l14 8-14 8z", pause: "M6 4h4v16H6zM14 4h4v16h-4z" };
const $ = (id) => document.getElementById(id);

// ---------------------------------------------------------------- chance: the same seed and rater give the same order

function chance(text) {
  let state = 2166136261; // FNV-1a, then Marsaglia's xorshift (2003)
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 16777619);
  state = state >>> 0 || 1;
  const next = () => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
  for (let i = 0; i < 16; i++) next(); // like texts start alike
  return next;
}

function shuffled(list, random) {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

function trialsFor(rater) {
  const random = chance(DATA.seed + "/" + rater);
  const ratings = shuffled(DATA.ratings, random).map((take) => [take]);
  const pairs = shuffled(DATA.pairs, random).map((pair) => (random() < 0.5 ? pair : [pair[1], pair[0]]));
  return [...ratings, ...pairs];
}

// ---------------------------------------------------------------- answers, kept in this browser from the first on

let kept = { last: null, raters: {} };
let me = null, trials = [], at = 0, current = 0, players = [], lastPlayer = 0;

function load() {
  try {
    const found = JSON.parse(localStorage.getItem(PLACE));
    if (found && found.raters) kept = found;
  } catch { warn(); }
}

function save() {
  try { localStorage.setItem(PLACE, JSON.stringify(kept)); } catch { warn(); }
}

function warn() {
  $("warning").textContent = "This browser keeps nothing for this page: save the CSV before you close or reload it.";
  $("warning").hidden = false;
}

function begin(rater, experience) {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  const session = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  kept.raters[rater] ??= { session, experience, time: now(), trials: {} };
  resume(rater);
}

function resume(rater) {
  kept.last = rater;
  me = kept.raters[rater];
  trials = trialsFor(rater);
  save();
  const open = trials.findIndex((_, index) => !complete(index));
  open < 0 ? finish() : show(open);
}

const now = () => new Date().toISOString().slice(0, 19) + "Z";
const answersOf = (index) => (me.trials[index] ??= { listened: trials[index].map(() => 0), answers: {}, comment: null });
const asked = (index) => (trials[index].length === 2 ? ["prefer"] : DATA.questions.map((question) => question.name));
const complete = (index) => asked(index).every((name) => answersOf(index).answers[name]);

// ---------------------------------------------------------------- CSV

function quoted(value) {
  const text = String(value).replace(/[\r\n]+/g, " ");
  const safe = /^[=+@-]/.test(text) ? "'" + text : text; // a spreadsheet must not take words for a formula
  return /[",]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
}

function whose(take) {
  const bytes = Uint8Array.from(atob(DATA.takes[take].key), (sign) => sign.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)); // [item, set]
}

function rows() {
  const result = [[0, "", "", "experience", me.experience, 0, me.time]];
  trials.forEach((takes, index) => {
    const said = me.trials[index];
    if (!said) return;
    for (const name of asked(index)) {
      const one = said.answers[name];
      if (!one) continue;
      takes.forEach((take, side) => {
        const answer = name === "prefer" && side ? String(1 - Number(one.answer)) : one.answer;
        result.push([index + 1, ...whose(take), name, answer, one.listened[side], one.time]);
      });
    }
    if (said.comment?.text) {
      const items = takes.map(whose);
      const join = (part) => items.map((item) => item[part]).join(" / ");
      result.push([index + 1, join(0), join(1), "comment", said.comment.text, said.listened[0], said.comment.time]);
    }
  });
  return result.map((row) => [kept.last, me.session, ...row]);
}

function csv() {
  return [DATA.columns, ...rows()].map((row) => row.map(quoted).join(",") + "\r\n").join("");
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv;charset=utf-8" }));
  link.download = "answers-" + kept.last.replace(/[^\p{L}\p{N}_-]+/gu, "_") + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// ---------------------------------------------------------------- sound

function sourceOf(take) {
  const bytes = Uint8Array.from(atob($("sound-" + take).textContent), (sign) => sign.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: DATA.takes[take].type }));
}

function make(tag, properties = {}, ...children) {
  const { data, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(data ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");

function makePlayer(take, side, both) {
  const name = both ? "take " + LETTERS[side] : "the take";
  const length = DATA.takes[take].seconds;
  const audio = make("audio", { preload: "auto", src: sourceOf(take) });
  const button = make("button", { type: "button", className: "play main" }, icon("play"));
  const seek = make("input", { type: "range", min: 0, max: length, step: 0.1, value: 0 });
  seek.setAttribute("aria-label", "Place in " + name);
  const time = make("span", { className: "time" });
  const box = make("div", { className: "player" }, ...(both ? [make("span", { className: "letter" }, LETTERS[side])] : []),
    button, seek, time, audio);
  const listened = answersOf(at).listened;
  let before = 0;
  const draw = () => {
    button.replaceChildren(icon(audio.paused ? "play" : "pause"));
    button.setAttribute("aria-label", (audio.paused ? "Play " : "Pause ") + name);
    box.classList.toggle("on", !audio.paused);
    time.textContent = clock(audio.currentTime) + " / " + clock(length);
    seek.value = audio.currentTime;
    seek.setAttribute("aria-valuetext", clock(audio.currentTime));
  };
  audio.addEventListener("timeupdate", () => {
    const step = audio.currentTime - before;
    before = audio.currentTime;
    if (step > 0 && step < 2 && !audio.seeking) {
      const locked = !enough();
      listened[side] = Math.round((listened[side] + step) * 100) / 100;
      if (locked) drawLock();
    }
    draw();
  });
  audio.addEventListener("seeking", () => { before = audio.currentTime; });
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => { draw(); save(); });
  audio.addEventListener("error", () => { $("hint").textContent = "This browser cannot play the sound; try another one."; });
  seek.addEventListener("input", () => { audio.currentTime = Number(seek.value); });
  button.addEventListener("click", () => toggle(side));
  draw();
  return { audio, box };
}

function toggle(side) {
  lastPlayer = side;
  players.forEach((player, other) => { if (other !== side) player.audio.pause(); });
  const { audio } = players[side];
  audio.paused ? audio.play().catch(() => {}) : audio.pause();
}

function stop() {
  for (const { audio } of players) {
    audio.pause();
    URL.revokeObjectURL(audio.src);
  }
  players = [];
}

const enough = () => answersOf(at).listened.every((seconds) => seconds >= DATA.least);

// ---------------------------------------------------------------- one trial

function only(id) {
  for (const section of ["welcome", "trial", "end"]) $(section).hidden = section !== id;
  $("foot").hidden = id === "welcome";
  $("foot").querySelector(".save").hidden = id === "end"; // it has a big one
}

function show(index) {
  stop();
  at = index;
  const takes = trials[at], both = takes.length === 2;
  only("trial");
  $("heading").textContent = both ? "Which one would you rather keep?" : "How is this one?";
  lastPlayer = 0;
  players = takes.map((take, side) => makePlayer(take, side, both));
  $("players").replaceChildren(...players.map((player) => player.box));
  $("questions").replaceChildren(...(both ? [choice()] : DATA.questions.map(scale)));
  $("comment").value = answersOf(at).comment?.text ?? "";
  $("keys").innerHTML = both
    ? "<kbd>A</kbd> <kbd>B</kbd> play, <kbd>space</kbd> pause, <kbd>1</kbd> A, <kbd>2</kbd> B, <kbd>3</kbd> no difference, <kbd>←</kbd> <kbd>→</kbd> back and next"
    : "<kbd>space</kbd> play, <kbd>1</kbd> to <kbd>5</kbd> answer, <kbd>↑</kbd> <kbd>↓</kbd> question, <kbd>←</kbd> <kbd>→</kbd> back and next";
  setCurrent(Math.max(0, asked(at).findIndex((name) => !answersOf(at).answers[name])));
  $("back").disabled = at === 0;
  drawLock();
  scrollTo(0, 0);
  $("heading").focus();
}

function scale(question, number) {
  const buttons = [1, 2, 3, 4, 5].map((value) =>
    make("button", { type: "button", onclick: () => answer(number, String(value)), data: { "data-value": value } }, String(value)));
  return group(question.name, question.text, buttons, [question.low, question.high]);
}

function choice() {
  const buttons = PREFER.map(([text, value]) =>
    make("button", { type: "button", onclick: () => answer(0, value), data: { "data-value": value } }, text));
  return group("prefer", "Your choice", buttons, []);
}

function group(name, text, buttons, ends) {
  const ask = make("p", { id: "ask-" + name }, text);
  const row = make("div", { className: "scale", data: { role: "group", "aria-labelledby": ask.id } }, ...buttons);
  if (ends.length) {
    buttons[0].setAttribute("aria-label", "1, " + ends[0]);
    buttons[4].setAttribute("aria-label", "5, " + ends[1]);
  }
  const below = make("div", { className: "ends small", data: { "aria-hidden": "true" } }, ...ends.map((end) => make("span", {}, end)));
  return make("div", { className: "question", data: { "data-question": name } }, ask, row, ...(ends.length ? [below] : []));
}

function setCurrent(number) {
  current = Math.min(Math.max(number, 0), asked(at).length - 1);
  [...$("questions").children].forEach((box, index) => box.classList.toggle("current", index === current));
  drawAnswers();
}

function answer(number, value) {
  if (!enough()) return drawLock();
  const said = answersOf(at);
  said.answers[asked(at)[number]] = { answer: value, listened: [...said.listened], time: now() };
  save();
  const open = asked(at).findIndex((name) => !said.answers[name]);
  setCurrent(open < 0 ? number : open);
  drawLock();
}

function drawAnswers() {
  const said = answersOf(at).answers;
  for (const box of $("questions").children) {
    for (const button of box.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(said[box.dataset.question]?.answer === button.dataset.value));
    }
  }
}

function drawLock() {
  const open = enough(), done = complete(at);
  for (const button of $("questions").querySelectorAll("button")) button.disabled = !open;
  $("next").disabled = !done;
  $("next").textContent = at === trials.length - 1 ? "Finish" : "Next";
  const both = trials[at].length === 2;
  $("hint").textContent = open ? "" : "Listen for " + DATA.least + " seconds " + (both ? "to each " : "") + "before you answer.";
  const finished = trials.filter((_, index) => complete(index)).length;
  $("place").textContent = at + 1 + " of " + trials.length;
  $("fill").style.width = (100 * finished) / trials.length + "%";
}

function go(step) {
  if (step < 0) return at > 0 ? show(at - 1) : undefined;
  if (!complete(at)) {
    $("hint").textContent = enough() ? "Please answer what is still open." : $("hint").textContent;
    return undefined;
  }
  return at === trials.length - 1 ? endOrOpen() : show(at + 1);
}

function endOrOpen() {
  const open = trials.findIndex((_, index) => !complete(index));
  open < 0 ? finish() : show(open);
}

function finish() {
  stop();
  only("end");
  $("place").textContent = trials.length + " of " + trials.length;
  $("fill").style.width = "100%";
  $("end").querySelector("h1").focus();
}

// ---------------------------------------------------------------- keys and buttons

function welcome() {
  stop();
  only("welcome");
  $("place").textContent = "";
  $("fill").style.width = "0";
  const parts = [];
  if (DATA.ratings.length) parts.push(DATA.ratings.length + " to rate");
  if (DATA.pairs.length) parts.push(DATA.pairs.length + (DATA.pairs.length === 1 ? " pair" : " pairs") + " to compare");
  $("amount").textContent = "There are " + parts.join(", then ") + ", about " + DATA.minutes + " minutes. You can stop and go on later.";
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("trial").hidden) return;
  const target = event.target;
  if (target.matches("textarea, input:not([type=range]), input:focus-visible")) return;
  if (event.key === " " || event.key === "Enter") {
    if (target.matches("button:focus-visible")) return; // who tabbed to a button means that button
    event.key === " " ? toggle(lastPlayer) : go(1);
  } else if (event.key === "ArrowRight") go(1);
  else if (event.key === "ArrowLeft") go(-1);
  else if (event.key === "ArrowDown") setCurrent(current + 1);
  else if (event.key === "ArrowUp") setCurrent(current - 1);
  else if (trials[at].length === 2 && /^[ab]$/i.test(event.key)) toggle(LETTERS.indexOf(event.key.toUpperCase()));
  else if (trials[at].length === 2 && /^[123]$/.test(event.key)) answer(0, PREFER[Number(event.key) - 1][1]);
  else if (trials[at].length === 1 && /^[1-5]$/.test(event.key)) answer(current, event.key);
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", key);
$("start").addEventListener("submit", (event) => {
  event.preventDefault();
  const rater = $("rater").value.trim();
  if (rater) begin(rater, new FormData($("start")).get("experience"));
});
$("comment").addEventListener("input", () => {
  answersOf(at).comment = { text: $("comment").value.trim(), time: now() };
  save();
});
$("back").addEventListener("click", () => go(-1));
$("next").addEventListener("click", () => go(1));
$("review").addEventListener("click", () => show(0));
$("other").addEventListener("click", () => { kept.last = null; save(); welcome(); });
for (const button of document.querySelectorAll(".save")) button.addEventListener("click", download);
addEventListener("pagehide", save);

load();
kept.last !== null && kept.raters[kept.last] ? resume(kept.last) : welcome();
