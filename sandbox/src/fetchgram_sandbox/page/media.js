// Shows what a message carries: photo, video, animation, round video, document; sound lives in sound.js.

import { fileUrl } from "./api.js";
import { el } from "./dom.js";
import { duration, size } from "./format.js";
import { icon } from "./icons.js";
import { openPhoto } from "./lightbox.js";
import { audioCard, voiceCard } from "./sound.js";

const BUILDERS = {
  animation: (message) => animation(message),
  video: (message) => video(message),
  photo: (message) => photo(message),
  video_note: (message) => roundVideo(message),
  audio: (message) => audioCard(message.audio),
  voice: (message) => voiceCard(message.voice),
  sticker: (message) => sticker(message.sticker),
  poll: (message) => poll(message.poll),
  document: (message) => documentCard(message.document),
};

const VISUAL = ["animation", "video", "photo"];
const OTHER = ["location", "contact", "dice", "venue", "game", "invoice", "story", "checklist", "paid_media"];

/** The kind of media in a message, or undefined. An animation carries a document as well, so order matters. */
export const mediaKind = (message) =>
  Object.keys(BUILDERS).find((kind) => kind in message) ?? (OTHER.some((kind) => kind in message) ? "other" : undefined);

/** True for media that fills its bubble edge to edge. */
export const isVisual = (message) => VISUAL.includes(mediaKind(message));

/** What makes two messages show the same media, so that an edit of words keeps a player running. */
export function mediaSignature(message) {
  const kind = mediaKind(message);
  const file = kind === "photo" ? message.photo.at(-1) : message[kind];
  return [kind, file?.file_unique_id ?? file?.file_id ?? file?.id, message.has_media_spoiler];
}

export const mediaNode = (message) => (BUILDERS[mediaKind(message)] ?? unsupported)(message);

/** Width over height as the message says, kept between a tall phone clip and a panorama. */
export function ratio(message) {
  const file = mediaKind(message) === "photo" ? message.photo.at(-1) : message[mediaKind(message)];
  const value = file?.width && file?.height ? file.width / file.height : 16 / 9;
  return Math.min(2.4, Math.max(0.5, value));
}

const WIDEST_PX = 420;
const NARROWEST_PX = 220;

/** The width that a picture or video wants: its own, within a box that leaves room for the chat. */
export function wantedWidth(message) {
  const file = mediaKind(message) === "photo" ? message.photo.at(-1) : message[mediaKind(message)];
  const own = Math.max(NARROWEST_PX, file?.width || WIDEST_PX);
  return Math.round(Math.min(WIDEST_PX, own, Math.max(NARROWEST_PX, WIDEST_PX * ratio(message))));
}

function frame(message, kind, ...children) {
  const node = el(`div.visual.${kind}`, {}, children);
  node.style.setProperty("--ratio", ratio(message));
  if (message.has_media_spoiler) veil(node);
  return node;
}

function veil(node) {
  const cover = el("button.veil", { type: "button", "aria-label": "Hidden, press to show" });
  cover.addEventListener("click", () => cover.remove());
  node.append(cover);
}

function photo(message) {
  const sizes = message.photo;
  const shown = sizes.find((one) => one.width >= 720) ?? sizes.at(-1);
  const image = el("img", { src: fileUrl(shown.file_id), alt: message.caption ?? "Photo", draggable: false, decoding: "async" });
  const open = () => openPhoto(fileUrl(sizes.at(-1).file_id), message.caption);
  return frame(message, "photo", el("button.open", { type: "button", "aria-label": "Open photo", onclick: open }, image));
}

function video(message) {
  const file = message.video;
  const poster = file.thumbnail && fileUrl(file.thumbnail.file_id);
  const player = el("video", {
    src: fileUrl(file.file_id), preload: poster ? "none" : "metadata", playsInline: true, "aria-label": file.file_name ?? "Video",
  });
  if (poster) player.poster = poster;
  const badge = el("span.badge", {}, [file.duration && duration(file.duration), size(file.file_size)].filter(Boolean).join(" · "));
  const start = el("button.play", { type: "button", "aria-label": "Play video" }, icon("play"));
  const node = frame(message, "video", player, badge, start);
  start.addEventListener("click", () => play(node, player));
  player.addEventListener("error", () => node.classList.add("broken"));
  if (!file.width) player.addEventListener("loadedmetadata", () => node.style.setProperty("--ratio", player.videoWidth / player.videoHeight));
  return node;
}

function play(node, player) {
  node.classList.add("started");
  player.controls = true;
  player.play().catch(() => node.classList.add("broken"));
  player.focus();
}

function animation(message) {
  const file = message.animation;
  const source = { src: fileUrl(file.file_id), "aria-label": "Animation" };
  if (file.mime_type === "image/gif") return frame(message, "animation", el("img", { ...source, alt: "Animation" }));
  const player = el("video", { ...source, muted: true, loop: true, autoplay: true, playsInline: true });
  if (file.thumbnail) player.poster = fileUrl(file.thumbnail.file_id);
  return frame(message, "animation", player, el("span.badge", {}, "GIF"));
}

function roundVideo(message) {
  const file = message.video_note;
  const player = el("video", { src: fileUrl(file.file_id), preload: "metadata", playsInline: true });
  if (file.thumbnail) player.poster = fileUrl(file.thumbnail.file_id);
  const start = el("button.play", { type: "button", "aria-label": "Play video message" }, icon("play"));
  const node = el("div.round", {}, player, start, el("span.badge", {}, duration(file.duration)));
  start.addEventListener("click", () => (player.paused ? player.play() : player.pause()));
  for (const event of ["play", "pause", "ended"]) {
    player.addEventListener(event, () => node.classList.toggle("started", !player.paused && !player.ended));
  }
  return node;
}

function sticker(file) {
  const image = el("img", { src: fileUrl(file.file_id), alt: file.emoji ?? "Sticker" });
  return el("div.sticker", {}, image);
}

function poll({ type, question, options }) {
  const head = el("small", {}, type === "quiz" ? "Quiz" : "Poll");
  return el("div.poll", {}, head, el("b", { dir: "auto" }, question), el("ul", {}, options.map((one) => el("li", { dir: "auto" }, one.text))));
}

function documentCard(file) {
  const title = file.file_name ?? "File";
  const dot = title.lastIndexOf(".");
  const ending = dot > 0 && title.length - dot < 8 ? title.slice(dot) : "";
  const href = fileUrl(file.file_id);
  const cover = file.thumbnail
    ? el("img.cover", { src: fileUrl(file.thumbnail.file_id), alt: "" })
    : el("span.cover", {}, icon("file"), el("small", {}, ending.slice(1, 5)));
  const words = el("span.words", {}, fileName(title, ending), el("small", {}, size(file.file_size) || "File"));
  return el("a.card.document", { href, download: title, title, "aria-label": `Save ${title}` }, cover, words, icon("save"));
}

/** A name that is cut in its middle, so that the ending stays readable. */
function fileName(title, ending) {
  const stem = ending ? title.slice(0, -ending.length) : title;
  return el("span.filename", {}, el("bdi", {}, stem), ending && el("span", {}, ending));
}

function unsupported(message) {
  const kind = OTHER.find((one) => one in message) ?? "message";
  return el("div.card.other", {}, `This page cannot show a ${kind.replace("_", " ")}.`);
}
