// Pretty JSON as coloured nodes.

import { el } from "./dom.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)/gi;

/** Cut the JSON text of a value into text nodes and coloured spans. */
export function jsonNodes(value) {
  const text = JSON.stringify(value, null, 2);
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    nodes.push(text.slice(at, match.index), el(`span.${colour(match)}`, {}, match[1] ?? match[0]), match[2] ?? "");
    at = match.index + match[0].length;
  }
  return [...nodes, text.slice(at)];
}

function colour([, string, colon, word]) {
  if (string) return colon ? "json-key" : "json-string";
  return word ? "json-word" : "json-number";
}
