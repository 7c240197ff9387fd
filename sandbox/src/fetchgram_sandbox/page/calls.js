// The right side: each call of the Bot API as it happens, with its parameters on demand.

import { roundButton } from "./composer.js";
import { el } from "./dom.js";
import { jsonNodes } from "./json.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const NEAR_PX = 40;

/** Draws the pane of raw calls; `close` hides it. */
export class Calls {
  #rows = new Map();

  constructor(root, store, close) {
    this.store = store;
    this.query = el("input", { type: "search", placeholder: "Filter by method or text", "aria-label": "Filter calls", oninput: () => this.#filter() });
    this.failed = el("button.chip", { type: "button", "aria-pressed": "false", onclick: () => this.#onlyErrors() }, "Errors");
    this.list = el("div.calls-list", { tabIndex: 0, role: "log", "aria-live": "off", "aria-label": "Bot API calls" });
    this.count = el("small");
    const head = el("header", {}, el("h2", {}, "Bot API ", this.count), roundButton("close", "Hide the calls", close));
    root.append(head, el("div.filter", {}, this.query, this.failed), this.list);
    store.addEventListener("calls", () => this.#all());
    store.addEventListener("call", ({ detail }) => this.#add(detail));
  }

  #all() {
    this.#rows.clear();
    this.list.replaceChildren();
    this.store.calls.forEach((call) => this.#append(call));
    this.#told();
    this.list.scrollTop = this.list.scrollHeight;
  }

  #add(call) {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    const follow = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.#append(call);
    this.#told();
    if (follow) this.list.scrollTop = this.list.scrollHeight;
  }

  #append(call) {
    const node = callNode(call);
    this.#rows.set(node, call);
    node.hidden = !this.#fits(call);
    this.list.append(node);
    while (this.#rows.size > this.store.calls.length) this.#drop(this.list.firstElementChild);
  }

  #drop(node) {
    this.#rows.delete(node);
    node.remove();
  }

  #told() {
    this.count.textContent = this.store.calls.length ? String(this.store.calls.length) : "";
    this.list.classList.toggle("empty", !this.store.calls.length);
  }

  #fits(call) {
    const words = this.query.value.trim().toLowerCase();
    if (this.failed.getAttribute("aria-pressed") === "true" && call.ok) return false;
    return !words || call.method.toLowerCase().includes(words) || JSON.stringify(call.params).toLowerCase().includes(words);
  }

  #filter() {
    for (const [node, call] of this.#rows) node.hidden = !this.#fits(call);
  }

  #onlyErrors() {
    const on = this.failed.getAttribute("aria-pressed") === "true";
    this.failed.setAttribute("aria-pressed", String(!on));
    this.#filter();
  }
}

function callNode(call) {
  const stamp = el("time", {}, call.at ? clock.format(call.at * 1000) : "");
  const took = el("span.ms", {}, `${Math.round(call.ms ?? 0)} ms`);
  const head = el("summary", {}, el("span.light", { "aria-label": call.ok ? "ok" : "error" }), el("b", {}, call.method), stamp, took, el("span.gist", {}, gist(call)));
  const node = el("details.call", {}, head);
  if (!call.ok) node.classList.add("failed");
  node.addEventListener("toggle", () => node.open && node.children.length === 1 && node.append(details(call)), { once: true });
  return node;
}

/** The few words that tell one call from the next. */
function gist(call) {
  if (!call.ok) return `${call.error_code ?? ""} ${call.description ?? ""}`;
  const { text, caption, action, callback_query_id, chat_id, ...rest } = call.params ?? {};
  return text ?? caption ?? action ?? Object.keys(rest).join(", ");
}

function details(call) {
  const wrong = !call.ok && el("p.wrong", {}, `${call.error_code ?? ""} ${call.description ?? "failed"}`);
  return el("div.details", {}, wrong, el("pre", { dir: "ltr" }, jsonNodes(call.params ?? {})));
}
