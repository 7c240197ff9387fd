// The lower edge of the chat: text field, files, reply, sample links and the start button.

import { el } from "./dom.js";
import { name, preview } from "./format.js";
import { icon } from "./icons.js";

/** What the person writes; `on` holds send(text, reply_to), attach(files), unblock(). */
export class Composer {
  #reply = null;
  #drafts = new Map();
  #shown = null;

  constructor(root, store, on) {
    Object.assign(this, { store, on });
    this.field = el("textarea", {
      rows: 1, dir: "auto", name: "message", placeholder: "Send a link", "aria-label": "Message", autocomplete: "off",
      oninput: () => this.#grow(), onkeydown: (event) => this.#key(event), onpaste: (event) => this.#paste(event),
    });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, onchange: () => this.#picked() });
    const attach = roundButton("clip", "Attach a file", () => this.picker.click());
    const send = el("button.send", { type: "submit", "aria-label": "Send" }, icon("send"));
    this.form = el("form.composer", { onsubmit: (event) => this.#submit(event) }, attach, this.picker, this.field, this.#samples(), this.menu, send);
    this.quoted = el("div.replying", { hidden: true });
    this.chips = el("div.chips", { role: "group", "aria-label": "Sample links" });
    this.big = el("button.big", { type: "button", hidden: true, onclick: on.unblock }, "Unblock the bot");
    root.append(this.chips, this.quoted, this.form, this.big);
    for (const kind of ["state", "messages"]) store.addEventListener(kind, () => this.draw());
  }

  #samples() {
    this.menu = el("div.menu.samples", { popover: "auto", id: "samples", role: "menu", "aria-label": "Sample links" });
    return el("button.round-button", { type: "button", "aria-label": "Sample links", popoverTargetElement: this.menu }, icon("sparkle"));
  }

  draw() {
    this.#changeDraft();
    const messages = this.store.messages();
    const chat = this.store.current();
    const own = messages.filter((message) => message.from?.id === this.store.person);
    const linked = own.some((message) => (message.entities ?? []).some((mark) => mark.type === "url"));
    const blocked = Boolean(chat && this.store.isBlocked(chat) && this.store.isPrivate(chat));
    this.#drawSamples(!linked && !blocked);
    this.big.hidden = !blocked;
    this.form.classList.toggle("away", blocked);
  }

  /** Each chat of each person keeps what was typed but not sent. */
  #changeDraft() {
    const key = `${this.store.person}/${this.store.chat}`;
    if (key === this.#shown) return;
    if (this.#shown) this.#drafts.set(this.#shown, this.field.value);
    this.#shown = key;
    this.#reply = null;
    this.quoted.hidden = true;
    if (this.#drafts.size) this.field.value = this.#drafts.get(key) ?? "";
    this.#grow();
  }

  /** Put the cursor into the field where that does not raise a keyboard over the chat. */
  focus() {
    if (matchMedia("(hover: hover)").matches) this.field.focus();
  }

  #drawSamples(open) {
    const key = JSON.stringify([open, this.store.samples]);
    if (this.chips.dataset.key === key) return;
    this.chips.dataset.key = key;
    this.chips.hidden = !open || !this.store.samples.length;
    this.chips.replaceChildren(...this.store.samples.map((sample) => this.#chip(sample)));
    const items = this.store.samples.map((sample) => this.#item(sample));
    this.menu.replaceChildren(el("h3", {}, "Sample links"), ...items);
  }

  #chip(sample) {
    const send = () => this.on.send(sample.url);
    return el("button.chip", { type: "button", title: sample.url, onclick: send }, icon("link"), sample.title);
  }

  #item(sample) {
    const send = () => {
      this.menu.hidePopover();
      this.on.send(sample.url);
    };
    return el("button", { type: "button", role: "menuitem", onclick: send }, el("span", {}, sample.title), el("small", {}, sample.url));
  }

  /** Answer this message with the next text. */
  reply(message) {
    this.#reply = message;
    const stop = roundButton("close", "Do not reply", () => this.#unreply());
    const words = el("div.quote", {}, el("b", {}, `Reply to ${name(message.from)}`), el("span", { dir: "auto" }, preview(message)));
    this.quoted.replaceChildren(icon("reply"), words, stop);
    this.quoted.hidden = false;
    this.field.focus();
  }

  #unreply() {
    this.#reply = null;
    this.quoted.hidden = true;
    this.field.focus();
  }

  /** Put words into the field for the person to finish. */
  write(text) {
    this.field.value = text;
    this.#grow();
    this.field.focus();
  }

  #key(event) {
    if (event.key === "Escape" && this.#reply) return this.#unreply();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return undefined;
    return this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (!text) return;
    this.on.send(text, this.#reply?.message_id);
    this.#reply = null;
    this.quoted.hidden = true;
    this.write("");
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) this.on.attach(files);
  }

  #picked() {
    this.on.attach([...this.picker.files]);
    this.picker.value = "";
  }

  #grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 160)}px`;
    this.form.classList.toggle("filled", this.field.value.trim() !== "");
  }
}

/** A round button with an icon and a label for those who do not see it. */
export function roundButton(name, label, onclick) {
  return el("button.round-button", { type: "button", "aria-label": label, title: label, onclick }, icon(name));
}
