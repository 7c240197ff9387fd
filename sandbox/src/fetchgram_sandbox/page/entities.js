// Renders a text with Telegram's explicit entities; offsets count UTF-16 units, as JavaScript strings do.

import { el } from "./dom.js";
import { icon } from "./icons.js";

/** Turn text and entities into nodes; `on.command(text)` and `on.copy(text)` say what a tap does. */
export function richText(text, entities, on) {
  const marks = (entities ?? []).map(({ offset, length, ...rest }) => ({ ...rest, start: offset, end: offset + length }));
  return span(text, 0, text.length, marks.filter((mark) => mark.end > mark.start).sort(outerFirst), on);
}

const BLOCKS = new Set(["blockquote", "expandable_blockquote", "pre"]);
const outerFirst = (a, b) => a.start - b.start || b.end - a.end;

function span(text, start, end, marks, on) {
  const nodes = [];
  const queue = [...marks];
  let at = start;
  while (queue.length) {
    const mark = queue.shift();
    if (mark.start >= end) break;
    nodes.push(text.slice(at, mark.start));
    const stop = Math.min(mark.end, end);
    const inner = takeInner(queue, mark.start, stop);
    nodes.push(wrap(mark, text.slice(mark.start, stop), span(text, mark.start, stop, inner, on), on));
    // A quote or code block ends its own line; the line break after it would show as an empty line.
    at = BLOCKS.has(mark.type) && text[stop] === "\n" ? stop + 1 : stop;
  }
  return [...nodes, text.slice(at, end)].filter((node) => node !== "");
}

/** Take the marks that begin inside [start, stop); one that reaches beyond is split, its rest stays in the queue. */
function takeInner(queue, start, stop) {
  const inner = [];
  const rest = [];
  while (queue.length && queue[0].start < stop) {
    const mark = { ...queue.shift() };
    mark.start = Math.max(mark.start, start);
    if (mark.end > stop) rest.push({ ...mark, start: stop });
    inner.push({ ...mark, end: Math.min(mark.end, stop) });
  }
  queue.unshift(...rest);
  queue.sort(outerFirst);
  return inner;
}

const PLAIN = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", hashtag: "span.tag", cashtag: "span.tag",
  mention: "span.tag", text_mention: "span.tag", phone_number: "span.tag", bank_card_number: "span.tag",
};

const SPECIAL = {
  url: (mark, raw, nodes) => link(hasScheme(raw) ? raw : `https://${raw}`, nodes),
  email: (mark, raw, nodes) => link(`mailto:${raw}`, nodes),
  text_link: (mark, raw, nodes) => link(mark.url, nodes),
  bot_command: (mark, raw, nodes, on) => el("button.tag", { type: "button", onclick: () => on.command(raw) }, nodes),
  code: (mark, raw, nodes, on) => el("code", { title: "Copy", onclick: () => on.copy(raw) }, nodes),
  pre: (mark, raw, nodes, on) => preformatted(mark, raw, nodes, on),
  spoiler: (mark, raw, nodes) => spoiler(nodes),
  blockquote: (mark, raw, nodes) => el("blockquote", { dir: "auto" }, nodes),
  expandable_blockquote: (mark, raw, nodes) => expandable(nodes),
};

function wrap(mark, raw, nodes, on) {
  if (mark.type in PLAIN) return el(PLAIN[mark.type], {}, nodes);
  return SPECIAL[mark.type]?.(mark, raw, nodes, on) ?? el("span", {}, nodes);
}

const hasScheme = (raw) => /^[a-z][a-z0-9+.-]*:/i.test(raw);
const SAFE = /^(https?|mailto|tg|ftp):/i;

function link(url, nodes) {
  if (!SAFE.test(url)) return el("span", {}, nodes);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, nodes);
}

function preformatted(mark, raw, nodes, on) {
  const copy = el("button.copy", { type: "button", "aria-label": "Copy code", onclick: () => on.copy(raw) }, icon("copy"));
  return el("pre", { dir: "ltr" }, mark.language && el("b", {}, mark.language), copy, el("code", {}, nodes));
}

function spoiler(nodes) {
  const node = el("span.spoiler", { role: "button", tabIndex: 0, "aria-label": "Hidden text, press to show" }, nodes);
  const show = () => {
    node.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
  };
  node.addEventListener("click", show);
  node.addEventListener("keydown", (event) => event.key === "Enter" && show());
  return node;
}

function expandable(nodes) {
  return el("blockquote.folded", { dir: "auto", onclick: (event) => event.currentTarget.classList.toggle("folded") }, nodes);
}
