// Small modal questions: a person, a group, a file, and the bot's alerts.

import { avatar } from "./avatar.js";
import { el } from "./dom.js";
import { name, size } from "./format.js";

/** Show a dialog; `fields` are nodes in its form, `submit(data)` may throw, then its words are shown. */
function ask(title, fields, verb, submit) {
  const wrong = el("p.wrong", { role: "alert" });
  const cancel = el("button.quiet", { type: "button" }, "Cancel");
  const form = el("form", { method: "dialog" }, el("h2", {}, title), fields, wrong, el("footer", {}, cancel, el("button.strong", { type: "submit" }, verb)));
  const box = open(title, form);
  cancel.addEventListener("click", () => box.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await submit(new FormData(form)).then(() => box.close(), (error) => (wrong.textContent = error.message));
  });
  return box;
}

function open(title, ...content) {
  const box = el("dialog.box", { "aria-label": title }, content);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => event.target === box && box.close());
  document.body.append(box);
  box.showModal();
  return box;
}

const field = (label, name, more = {}) => el("label.field", {}, label, el("input", { name, autocomplete: "off", dir: "auto", ...more }));

/** Ask for a new person. */
export function askPerson(submit) {
  const fields = [
    field("First name", "first_name", { required: true, maxLength: 64 }), field("Last name", "last_name", { maxLength: 64 }),
    field("User name", "username", { pattern: "[A-Za-z][A-Za-z0-9_]{3,31}", title: "4 to 32 letters, digits or _" }),
    field("Language", "language_code", { value: navigator.language.split("-")[0], pattern: "[a-z]{2,3}(-[A-Za-z]+)?", title: "Such as en or de" }),
  ];
  ask("New person", fields, "Create", (data) => submit(Object.fromEntries([...data].filter(([, value]) => value))));
}

/** Ask for a new group of people. */
export function askGroup(people, me, submit) {
  const rows = people.map((person) => el("label.pick", {},
    el("input", { type: "checkbox", name: "member", value: person.id, checked: person.id === me }), avatar(person, "small"), name(person)));
  const fields = [field("Title", "title", { required: true, maxLength: 128 }), el("fieldset", {}, el("legend", {}, "Members"), rows)];
  ask("New group", fields, "Create", (data) => submit(data.get("title"), data.getAll("member").map(Number)));
}

const KINDS = { video: "Video", audio: "Audio", photo: "Photo", document: "File", voice: "Voice message", animation: "Animation", video_note: "Round video" };

/** Ask how to send a file, of the ways in which it can be sent. */
export function askFile(file, kinds, submit) {
  const options = kinds.map((value) => el("option", { value }, KINDS[value]));
  const fields = [
    el("p.filename", { title: file.name }, el("bdi", {}, file.name), el("small", {}, ` ${size(file.size)}`)),
    el("label.field", {}, "Send as", el("select", { name: "kind" }, options)), field("Caption", "caption", { maxLength: 1024 }),
  ];
  ask("Send a file", fields, "Send", (data) => submit(data.get("kind"), data.get("caption")));
}

/** The bot's alert, as Telegram shows it for `show_alert`. */
export function alertBox(text) {
  const form = el("form", { method: "dialog" }, el("p", { dir: "auto" }, text), el("footer", {}, el("button.strong", { type: "submit" }, "OK")));
  open("Message of the bot", form).setAttribute("role", "alertdialog");
}

/** Words that come and go at the lower edge. */
export class Toast {
  constructor() {
    this.node = el("div.toast", { role: "status", dir: "auto", popover: "manual" });
    document.body.append(this.node);
  }

  show(text, seconds = 3) {
    clearTimeout(this.timer);
    this.node.textContent = text;
    this.node.showPopover();
    this.timer = setTimeout(() => this.node.hidePopover(), seconds * 1000);
  }
}
