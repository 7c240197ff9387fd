// What a person can do: each action calls the server and tells what went wrong in a toast.

import * as api from "./api.js";
import { alertBox, askFile, askGroup, askPerson } from "./dialogs.js";
import { look, packed } from "./facts.js";
import { openOutside, settle, wait } from "./keyboard.js";

/** Build the actions over the store; `parts.composer` and `parts.log` are set by the caller afterwards. */
export class Actions {
  #taps = [];

  constructor(store, toast, parts) {
    Object.assign(this, { store, toast, parts });
    store.addEventListener("answer", ({ detail }) => this.#answered(detail));
  }

  async #try(work) {
    try {
      return await work();
    } catch (error) {
      this.toast.show(error.message, 5);
      return undefined;
    }
  }

  send = (text, reply_to) => this.#try(async () => this.store.put(await api.sendText(this.store.person, this.store.chat, text, reply_to)));
  command = (text) => this.send(text);
  start = () => this.send("/start");
  reply = (message) => this.parts.composer.reply(message);
  jump = (id) => this.parts.log.jump(id);
  copy = (text) => this.#try(async () => {
    await navigator.clipboard.writeText(text);
    this.toast.show("Copied");
  });

  /** Offer each file for sending, one after the other. */
  attach = async ([file, ...rest]) => {
    if (!file) return;
    const { person, chat } = this.store;
    const { kinds, facts } = await look(file);
    askFile(file, kinds, async (kind, caption) => {
      this.store.put(await api.sendFile({ person, chat, kind, caption, ...(await packed(file, kind, facts)) }));
      this.attach(rest);
    });
  };

  press = (button, spec, message) => {
    if (openOutside(spec)) return undefined;
    if (spec.copy_text) return this.copy(spec.copy_text.text);
    const query = spec.switch_inline_query_current_chat ?? spec.switch_inline_query;
    if (query !== undefined) return this.parts.composer.write(`@${this.store.bot.username} ${query}`);
    return this.#tap(button, spec, message);
  };

  async #tap(button, spec, message) {
    if (button.classList.contains("waiting")) return;
    const entry = { button, person: this.store.person, query: null };
    wait(button);
    this.#taps.push(entry);
    const done = await this.#try(() => api.tap(entry.person, message.chat.id, message.message_id, spec.callback_data));
    if (!done) this.#settle(entry);
    else entry.query = done.query;
  }

  #settle(entry) {
    settle(entry.button);
    this.#taps = this.#taps.filter((one) => one !== entry);
  }

  #answered({ person, query, text, alert, url }) {
    const entry = this.#taps.find((one) => query && one.query === query) ?? this.#taps.find((one) => one.person === person);
    if (entry) this.#settle(entry);
    if (person !== this.store.person || !(text || url)) return;
    if (alert) alertBox(text);
    else this.toast.show(text || url, 4);
  }

  membership = (chat, status) => this.#try(() => api.membership(this.store.person, chat.id, status));
  unblock = () => this.membership(this.store.current(), "member");

  newPerson = () => askPerson(async (fields) => {
    const person = await api.newPerson(fields);
    await this.store.reload();
    await this.store.go(person.id);
  });

  newGroup = () => askGroup(this.store.people, this.store.person, async (title, members) => {
    const chat = await api.newGroup(title, members);
    await this.store.reload();
    await this.store.go(members.includes(this.store.person) ? this.store.person : members[0], chat.id);
  });
}
