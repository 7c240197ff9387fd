// Players for music with its cover and for voice messages with their wave.

import { fileUrl } from "./api.js";
import { el } from "./dom.js";
import { duration, size } from "./format.js";
import { icon } from "./icons.js";

/** A card with cover, title, performer, a seek bar and a play button. */
export function audioCard(file) {
  const title = file.title ?? file.file_name ?? "Audio";
  const { sound, button, place, clock } = player(file, title);
  if (file.thumbnail) button.append(el("img", { src: fileUrl(file.thumbnail.file_id), alt: "" }));
  const about = el("small.performer", {}, [file.performer, size(file.file_size)].filter(Boolean).join(" · "));
  const words = el("div.words", {}, el("bdi.title", { title }, title), about, place, clock);
  return el("div.card.audio", {}, sound, button, words);
}

/** A voice message: the same player with a wave in place of a title. */
export function voiceCard(file) {
  const { sound, button, place, clock } = player(file, "Voice message");
  const bars = wave(file.file_unique_id ?? file.file_id);
  place.addEventListener("input", () => shade(bars, place));
  sound.addEventListener("timeupdate", () => shade(bars, place));
  return el("div.card.voice", {}, sound, button, el("div.words", {}, el("div.wave", {}, bars, place), clock));
}

function player(file, title) {
  const sound = el("audio", { src: fileUrl(file.file_id), preload: file.duration ? "none" : "metadata" });
  const button = el("button.cover", { type: "button", "aria-label": `Play ${title}` }, icon("play"), icon("pause"));
  const place = el("input", { type: "range", min: 0, max: file.duration || 1, step: "any", value: 0, "aria-label": "Position" });
  const clock = el("small.clock", {}, duration(file.duration));
  wire({ sound, button, place, clock, title, length_s: file.duration });
  return { sound, button, place, clock };
}

function wire({ sound, button, place, clock, title, length_s }) {
  button.addEventListener("click", () => (sound.paused ? playAlone(sound) : sound.pause()));
  place.addEventListener("input", () => (sound.currentTime = place.valueAsNumber));
  sound.addEventListener("loadedmetadata", () => {
    if (!Number.isFinite(sound.duration)) return;
    place.max = sound.duration;
    if (!length_s) clock.textContent = duration(sound.duration);
  });
  sound.addEventListener("timeupdate", () => {
    place.value = sound.currentTime;
    place.style.setProperty("--done", `${(100 * sound.currentTime) / (place.max || 1)}%`);
    clock.textContent = `${duration(sound.currentTime)} / ${duration(length_s || place.max)}`;
  });
  for (const event of ["play", "pause", "ended"]) sound.addEventListener(event, () => mark(button, sound, title));
}

function mark(button, sound, title) {
  button.classList.toggle("playing", !sound.paused);
  button.setAttribute("aria-label", `${sound.paused ? "Play" : "Pause"} ${title}`);
}

function playAlone(sound) {
  document.querySelectorAll("audio, .visual.video video").forEach((other) => other !== sound && other.pause());
  sound.play().catch(() => {});
}

const BARS = 36;

/** Bars from the file's id: a picture to aim at, since the Bot API sends no wave form. */
function wave(seed) {
  let state = [...seed].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7);
  return Array.from({ length: BARS }, () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    const bar = el("i");
    bar.style.setProperty("--height", `${20 + (state % 80)}%`);
    return bar;
  });
}

function shade(bars, place) {
  const done = (BARS * place.valueAsNumber) / (place.max || 1);
  bars.forEach((bar, index) => bar.classList.toggle("done", index < done));
}
