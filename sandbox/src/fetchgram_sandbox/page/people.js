// The left side: whom to act as, and that person's chats.

import { avatar } from "./avatar.js";
import { roundButton } from "./composer.js";
import { dayKey, name, preview, time, day, action } from "./format.js";
import { arrange, el, fill } from "./dom.js";
import { memberIds } from "./store.js";

/** Draws the switcher and the chat list; `on` holds go(person, chat), newPerson(), newGroup(). */
export class People {
  #buttons = new Map();

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
    const faces = this.store.people.map((person) => this.#face(person));
    arrange(this.faces, [...faces, (this.newFace ??= newFace(this.on.newPerson))]);
    arrange(this.chats, this.store.visibleChats().map((chat) => this.#chat(chat)));
  }

  /** The button of one person or chat, kept between drawings so that a click or focus is never lost. */
  #button(key, make) {
    if (!this.#buttons.has(key)) this.#buttons.set(key, make());
    return this.#buttons.get(key);
  }

  #face(person) {
    const node = this.#button(`person ${person.id}`, () => el("button.face", { type: "button", onclick: () => this.on.go(person.id) }));
    const chosen = person.id === this.store.person;
    const waiting = chosen ? 0 : (this.store.unread.get(person.id) ?? 0);
    node.title = name(person);
    node.setAttribute("aria-pressed", String(chosen));
    node.setAttribute("aria-label", `Act as ${name(person)}${waiting ? `, ${waiting} unread` : ""}`);
    const label = () => el("span.label", { dir: "auto" }, person.first_name);
    fill(node, [person, waiting], () => [avatar(person), waiting > 0 && el("span.dot", {}, waiting), label()]);
    return node;
  }

  #chat(chat) {
    const go = () => this.on.go(this.store.person, chat.id);
    const node = this.#button(`chat ${chat.id}`, () => el("button.chat", { type: "button", onclick: go }));
    const who = this.store.isPrivate(chat) ? this.store.bot : chat;
    const last = this.store.lastMessage(chat.id);
    const unread = this.store.unread.get(chat.id) ?? 0;
    const line = this.#line(chat, last);
    if (chat.id === this.store.chat) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
    fill(node, [who, unread, line, last?.date], () => [avatar(who), this.#about(who, line, last, unread)]);
    return node;
  }

  #about(who, line, last, unread) {
    const when = el("time", {}, last ? moment(last.date) : "");
    const words = el("span.last", { dir: "auto" }, line.acting ? el("i.acting", {}, line.acting) : line.words);
    return el("span.about", {}, el("b", { dir: "auto" }, name(who)), when, words, unread > 0 && el("span.dot", {}, unread));
  }

  #line(chat, last) {
    const acting = this.store.actions.get(chat.id);
    if (acting) return { acting: `${action(acting.action)}…` };
    const people = memberIds(chat).filter((id) => id !== this.store.bot.id).length;
    if (!last) return { words: this.store.isPrivate(chat) ? "Say hello" : `${people} people` };
    const self = last.from?.id === this.store.person ? "You: " : "";
    const other = !self && chat.id < 0 ? `${last.from?.first_name ?? ""}: ` : "";
    return { words: `${self}${other}${preview(last)}` };
  }
}

const moment = (date) => (dayKey(date) === dayKey(Date.now() / 1000) ? time(date) : day(date));

function newFace(onclick) {
  const plus = roundButton("plus", "New person", onclick);
  plus.classList.add("dashed");
  return el("div.face", {}, plus, el("span.label", {}, "New"));
}
