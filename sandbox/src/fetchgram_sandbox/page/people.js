// The left side: whom to act as, and that person's chats.

import { avatar } from "./avatar.js";
import { roundButton } from "./composer.js";
import { dayKey, name, preview, time, day, action } from "./format.js";
import { el } from "./dom.js";
import { memberIds } from "./store.js";

/** Draws the switcher and the chat list; `on` holds go(person, chat), newPerson(), newGroup(). */
export class People {
  constructor(root, store, on) {
    Object.assign(this, { store, on });
    this.faces = el("div.faces", { role: "group", "aria-label": "Act as" });
    this.chats = el("nav.chats", { "aria-label": "Chats" });
    const head = el("div.section", {}, el("h2", {}, "Chats"), roundButton("plus", "New group", on.newGroup));
    root.append(el("h2.section", {}, "You are"), this.faces, head, this.chats);
    for (const kind of ["state", "action", "messages"]) store.addEventListener(kind, () => this.#soon());
  }

  /** Many events may come in one moment; one drawing is enough. */
  #soon() {
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      this.draw();
    });
  }

  draw() {
    const focused = document.activeElement?.dataset?.key;
    this.faces.replaceChildren(...this.store.people.map((person) => this.#face(person)), this.#newFace());
    this.chats.replaceChildren(...this.store.visibleChats().map((chat) => this.#chat(chat)));
    if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #face(person) {
    const chosen = person.id === this.store.person;
    const waiting = !chosen && this.store.unread.get(person.id);
    const label = `Act as ${name(person)}${waiting ? `, ${waiting} unread` : ""}`;
    const pick = () => this.on.go(person.id);
    const dot = waiting ? el("span.dot", {}, waiting) : null;
    const node = el("button.face", { type: "button", "aria-pressed": String(chosen), "aria-label": label, onclick: pick, title: name(person) },
      avatar(person), dot, el("span.label", { dir: "auto" }, person.first_name));
    node.dataset.key = `person ${person.id}`;
    return node;
  }

  #newFace() {
    const plus = roundButton("plus", "New person", this.on.newPerson);
    plus.classList.add("dashed");
    return el("div.face", {}, plus, el("span.label", {}, "New"));
  }

  #chat(chat) {
    const who = this.store.isPrivate(chat) ? this.store.bot : chat;
    const last = this.store.lastMessage(chat.id);
    const unread = this.store.unread.get(chat.id);
    const when = last && (dayKey(last.date) === dayKey(Date.now() / 1000) ? time(last.date) : day(last.date));
    const node = el("button.chat", { type: "button", onclick: () => this.on.go(this.store.person, chat.id) },
      avatar(who), el("span.about", {}, el("b", { dir: "auto" }, name(who)), el("time", {}, when ?? ""),
        el("span.last", { dir: "auto" }, this.#line(chat, last)), unread ? el("span.dot", {}, unread) : null));
    if (chat.id === this.store.chat) node.setAttribute("aria-current", "true");
    node.dataset.key = `chat ${chat.id}`;
    return node;
  }

  #line(chat, last) {
    const acting = this.store.actions.get(chat.id);
    if (acting) return el("i.acting", {}, `${action(acting.action)}…`);
    if (!last) return this.store.isPrivate(chat) ? "Say hello" : `${memberIds(chat).filter((id) => id !== this.store.bot.id).length} people`;
    const self = last.from?.id === this.store.person ? "You: " : "";
    const other = !self && chat.id < 0 ? `${last.from?.first_name ?? ""}: ` : "";
    return `${self}${other}${preview(last)}`;
  }
}
