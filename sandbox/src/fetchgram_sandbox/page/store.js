// What the page knows: people, chats, messages and calls, kept in step with the server's events.

import * as api from "./api.js";

const MAX_CALLS = 500;
const ACTION_MS = 5500; // Telegram shows a chat action for five seconds (core.telegram.org/bots/api#sendchataction)

/** Holds the state and tells listeners what changed by DOM events: state, messages, calls, call, action, answer, link. */
export class Store extends EventTarget {
  bot = { id: 0, first_name: "Bot" };
  people = [];
  chats = [];
  samples = [];
  calls = [];
  unread = new Map();
  actions = new Map();
  #messages = new Map();
  #loading = new Map();
  #reactions = new Map();
  person = null;
  chat = null;

  tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  /** Begin to follow the server; each reconnect reloads everything. */
  start() {
    api.follow({
      onevent: (event) => this.#take(event),
      onopen: () => this.reload(),
      onlost: () => this.tell("link", { up: false }),
    });
  }

  async reload() {
    const [state, calls] = await Promise.all([api.state(), api.calls(0)]);
    Object.assign(this, { bot: state.bot, people: state.people, chats: state.chats, samples: state.samples ?? [] });
    this.calls = calls.slice(-MAX_CALLS);
    this.#messages.clear();
    this.#choose();
    this.tell("calls");
    await this.#loadVisible();
    this.tell("link", { up: true });
  }

  #choose() {
    if (!this.people.some((one) => one.id === this.person)) this.person = this.people[0]?.id ?? null;
    if (!this.visibleChats().some((one) => one.id === this.chat)) this.chat = this.person;
    this.unread.delete(this.chat);
    this.tell("state");
  }

  /** Go to a person and, unless it is left out, to one of their chats. */
  async go(person, chat) {
    Object.assign(this, { person, chat: chat ?? person });
    this.#choose();
    await this.#loadVisible();
  }

  async #loadVisible() {
    const missing = this.visibleChats().filter((chat) => !this.#messages.has(chat.id));
    await Promise.all(missing.map((chat) => this.#loadChat(chat.id)));
    this.tell("state");
    this.tell("messages", { chat: this.chat, loaded: true });
  }

  async #loadChat(id) {
    const late = [];
    this.#loading.set(id, late);
    const list = await api.messages(id);
    this.#messages.set(id, new Map(list.map((message) => [message.message_id, message])));
    this.#loading.delete(id);
    late.forEach((event) => this.#take(event));
  }

  me = () => this.people.find((one) => one.id === this.person);
  current = () => this.chats.find((one) => one.id === this.chat);
  messages = (chat = this.chat) => [...(this.#messages.get(chat)?.values() ?? [])];
  loaded = (chat = this.chat) => this.#messages.has(chat);
  message = (id, chat = this.chat) => this.#messages.get(chat)?.get(id);
  lastMessage = (chat) => this.messages(chat).at(-1);
  isPrivate = (chat) => chat.id > 0;

  /** True when the bot may not write here: blocked in a private chat, not a member of a group. */
  isBlocked = (chat) => !memberIds(chat).includes(this.bot.id);

  /** The chats that the chosen person sees: their own with the bot, then groups they are in. */
  visibleChats() {
    const mine = (chat) => chat.id === this.person || (chat.id < 0 && memberIds(chat).includes(this.person));
    return this.chats.filter(mine).sort((a, b) => Number(a.id < 0) - Number(b.id < 0));
  }

  /** Put a message that the server returned or announced in its place. */
  put(message) {
    const chat = message.chat.id;
    const known = this.#messages.get(chat);
    if (!known) return;
    const isNew = !known.has(message.message_id);
    const reactions = this.#reactions.get(`${chat}/${message.message_id}`);
    known.set(message.message_id, reactions ? { ...message, reactions } : message);
    this.tell("messages", { chat, message, isNew });
  }

  #take(event) {
    const chat = event.message?.chat.id ?? event.chat?.id ?? event.chat;
    const late = this.#loading.get(chat);
    if (late && ["message", "edit", "delete"].includes(event.event)) return late.push(event);
    return this.#HANDLERS[event.event]?.(event);
  }

  #HANDLERS = {
    message: (event) => this.#arrived(event.message),
    edit: (event) => this.put(event.message),
    delete: ({ chat, message_id }) => this.#gone(chat, message_id),
    answer: (event) => this.tell("answer", event),
    login_code: ({ person, code }) => this.tell("answer", { person, text: `Telegram: your login code is ${code}`, alert: true }),
    action: ({ chat, action }) => this.#acts(chat, action),
    call: (event) => this.#called(event.call),
    person: () => this.#refresh(),
    chat: () => this.#refresh(),
    membership: () => this.#refresh(),
    reaction: (event) => this.#reacted(event),
  };

  #arrived(message) {
    const chat = message.chat.id;
    if (message.from?.id === this.bot.id) this.#stops(chat);
    if (chat !== this.chat && message.from?.id !== this.person) this.unread.set(chat, (this.unread.get(chat) ?? 0) + 1);
    this.put(message);
    this.tell("state");
  }

  #gone(chat, id) {
    this.#messages.get(chat)?.delete(id);
    this.tell("messages", { chat });
  }

  /** Reactions are no field of a Message, so they are kept beside it and put back after each edit. */
  #reacted({ chat, message_id, reactions }) {
    this.#reactions.set(`${chat}/${message_id}`, reactions);
    const message = this.message(message_id, chat);
    if (message) this.put(message);
  }

  #acts(chat, action) {
    this.#stops(chat);
    const timer = setTimeout(() => this.#stops(chat), ACTION_MS);
    this.actions.set(chat, { action, timer });
    this.tell("action", { chat });
  }

  #stops(chat) {
    clearTimeout(this.actions.get(chat)?.timer);
    if (this.actions.delete(chat)) this.tell("action", { chat });
  }

  #called(call) {
    if (this.calls.some((known) => known.n === call.n)) return;
    this.calls.push(call);
    if (this.calls.length > MAX_CALLS) this.calls.shift();
    this.tell("call", call);
  }

  async #refresh() {
    const state = await api.state();
    Object.assign(this, { people: state.people, chats: state.chats, samples: state.samples ?? [] });
    this.#choose();
    await this.#loadVisible();
  }
}

/** The ids of a chat's members, whether the server lists ids or whole users. */
export const memberIds = (chat) => (chat.members ?? []).map((member) => member.id ?? member);
