// The middle of the page: the messages of one chat, kept at the bottom unless the reader scrolled up.

import { avatar } from "./avatar.js";
import { $, arrange, el, fill } from "./dom.js";
import { day, dayKey, preview, name } from "./format.js";
import { icon } from "./icons.js";
import { Row } from "./message.js";

const NEAR_PX = 60;
const TOGETHER_S = 300;

/** Draws the chosen chat of the store into `root` and keeps it up to date. */
export class ChatLog {
  #rows = new Map();
  #days = new Map();
  #stick = true;
  #missed = 0;
  #shown = null;

  constructor(root, store, on) {
    Object.assign(this, { store, on });
    this.list = el("div.messages", { role: "log", "aria-label": "Messages", "aria-live": "off" });
    this.scroller = el("div.scroller", { tabIndex: 0, "aria-label": "Messages of this chat", role: "region" }, this.list);
    this.pill = el("button.pill", { type: "button", hidden: true, onclick: () => this.toBottom("smooth") });
    this.spoken = el("div.unseen", { "aria-live": "polite" });
    root.append(this.scroller, this.pill, this.spoken);
    this.#watch();
  }

  #watch() {
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const follow = new ResizeObserver(() => this.#stick && this.#jumpDown());
    follow.observe(this.list);
    follow.observe(this.scroller);
    this.store.addEventListener("messages", ({ detail }) => detail.chat === this.store.chat && this.#changed(detail));
  }

  #changed({ message, isNew }) {
    const mine = message?.from?.id === this.store.person;
    if (this.#shown === `${this.store.person}/${this.store.chat}` && isNew) {
      if (mine) this.#stick = true;
      else this.#announce(message);
      if (!this.#stick) this.#missed += 1;
    }
    this.draw();
  }

  #announce(message) {
    this.spoken.textContent = `${name(message.from)}: ${preview(message)}`;
  }

  /** Bring the page in step with the store. */
  draw() {
    this.#switch();
    const nodes = [];
    let before = null;
    for (const messages of groups(this.store.messages())) {
      const [first] = messages;
      if (!before || dayKey(before.date) !== dayKey(first.date)) nodes.push(this.#day(first.date));
      nodes.push(this.#row(messages, before));
      before = messages.at(-1);
    }
    if (!nodes.length && this.store.loaded()) nodes.push(this.#hello());
    arrange(this.list, nodes);
    for (const [id, row] of this.#rows) if (!row.node.isConnected) this.#rows.delete(id);
    if (this.#stick) this.#jumpDown();
    this.#showPill();
  }

  #switch() {
    const key = `${this.store.person}/${this.store.chat}`;
    if (this.#shown === key) return;
    this.#shown = key;
    this.#rows.clear();
    this.#days.clear();
    this.list.replaceChildren();
    this.#stick = true;
    this.#missed = 0;
  }

  #row(messages, before) {
    const id = messages[0].message_id;
    const row = this.#rows.get(id) ?? this.#newRow(id);
    const known = row.messages;
    const same = known?.length === messages.length && messages.every((message, index) => message === known[index]);
    const group = !this.store.isPrivate({ id: this.store.chat });
    if (!same) row.update(messages, { own: messages[0].from?.id === this.store.person, group });
    row.node.classList.toggle("joined", Boolean(before && together(before, messages[0])));
    return row.node;
  }

  #newRow(id) {
    const row = new Row(this.on);
    this.#rows.set(id, row);
    return row;
  }

  #day(date) {
    const key = dayKey(date);
    if (!this.#days.has(key)) this.#days.set(key, el("div.day", { role: "separator" }, el("span", {}, day(date))));
    return this.#days.get(key);
  }

  #hello() {
    this.hello ??= el("div.hello");
    const { bot } = this.store;
    const words = this.store.isPrivate({ id: this.store.chat })
      ? "Send a link and get the video, the music or the pictures behind it. Press Start, or try one of the links below."
      : "Nobody has written here yet.";
    const start = this.store.isPrivate({ id: this.store.chat }) && el("button.strong", { type: "button", onclick: this.on.start }, "Start");
    fill(this.hello, [bot.id, words], () => [avatar(bot), el("h2", {}, name(bot)), el("p", {}, words), start]);
    return this.hello;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.#stick = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#stick) this.#missed = 0;
    this.#showPill();
  }

  #showPill() {
    this.pill.hidden = this.#stick;
    const words = this.#missed ? `${this.#missed} new message${this.#missed > 1 ? "s" : ""}` : "";
    this.pill.replaceChildren(icon("down"), words);
    this.pill.setAttribute("aria-label", words || "To the newest message");
  }

  #jumpDown() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toBottom(behavior = "auto") {
    this.#stick = true;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
  }

  /** Scroll to a message and light it up for a moment. */
  jump(id) {
    const node = $(`[data-id="${Number(id)}"]`, this.list);
    if (!node) return;
    this.#stick = false;
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.add("lit");
    setTimeout(() => node.classList.remove("lit"), 1200);
  }
}

/** Albums are messages in a row with one media_group_id. */
function groups(messages) {
  const out = [];
  for (const message of messages) {
    const last = out.at(-1);
    if (message.media_group_id && last?.[0].media_group_id === message.media_group_id) last.push(message);
    else out.push([message]);
  }
  return out;
}

const together = (before, after) =>
  before.from?.id === after.from?.id && after.date - before.date < TOGETHER_S && dayKey(before.date) === dayKey(after.date);
