// Lays out an album: pictures and videos as a justified grid, sounds and files as a list.

import { el } from "./dom.js";
import { isVisual, mediaNode, ratio } from "./media.js";

const ROWS = { 1: [1], 2: [2], 3: [1, 2], 4: [2, 2], 5: [2, 3], 6: [3, 3], 7: [2, 2, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [3, 3, 4] };

/** Build the nodes of all messages of one album. */
export function albumNode(messages) {
  if (!messages.every(isVisual)) return el("div.list", {}, messages.map(mediaNode));
  const queue = [...messages];
  const rows = rowsFor(messages).map((count) => row(queue.splice(0, count)));
  return el("div.album", { role: "group", "aria-label": `Album of ${messages.length}` }, rows);
}

function rowsFor(messages) {
  const wide = messages.every((message) => ratio(message) > 1.6);
  if (messages.length === 2 && wide) return [1, 1];
  return ROWS[messages.length] ?? [messages.length];
}

/** One row whose items share a height: each grows by its own ratio. */
function row(messages) {
  const ratios = messages.map((message) => Math.min(1.8, Math.max(0.66, ratio(message))));
  const items = messages.map((message, index) => {
    const item = mediaNode(message);
    item.style.setProperty("--ratio", ratios[index]);
    return item;
  });
  const node = el("div.album-row", {}, items);
  node.style.setProperty("--row-ratio", ratios.reduce((sum, one) => sum + one, 0));
  return node;
}
