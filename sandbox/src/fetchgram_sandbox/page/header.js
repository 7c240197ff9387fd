// The upper edge of the chat: with whom, what the bot is doing, and a menu.

import { avatar } from "./avatar.js";
import { roundButton } from "./composer.js";
import { el, fill } from "./dom.js";
import { action, name } from "./format.js";
import { icon } from "./icons.js";
import { memberIds } from "./store.js";

/** Draws the header; `on` holds back(), calls(), and membership(chat, status). */
export class Header {
  constructor(root, store, on) {
    Object.assign(this, { store, on });
    this.who = el("div.who");
    this.menu = el("div.menu", { popover: "auto", id: "chat-menu", role: "menu", "aria-label": "Chat" });
    const more = el("button.round-button", { type: "button", "aria-label": "More", popoverTargetElement: this.menu }, icon("dots"));
    const back = roundButton("back", "To the chats", on.back);
    this.toggle = roundButton("code", "Bot API calls", on.calls);
    back.classList.add("back");
    root.append(back, this.who, this.toggle, more, this.menu);
    this.menu.addEventListener("click", () => this.menu.hidePopover());
    for (const kind of ["state", "action"]) store.addEventListener(kind, () => this.draw());
  }

  draw() {
    const chat = this.store.current();
    if (!chat) return;
    const who = this.store.isPrivate(chat) ? this.store.bot : chat;
    const acting = this.store.actions.get(chat.id)?.action;
    fill(this.who, [who, this.#about(chat), acting], () => this.#title(chat, who, acting));
    fill(this.menu, [chat, this.store.isBlocked(chat), this.store.people], () => this.#items(chat));
  }

  #title(chat, who, acting) {
    const dots = el("span.dots", { "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    const subject = this.store.isPrivate(chat) ? "" : `${this.store.bot.first_name} `;
    const line = acting ? el("span.acting", { role: "status" }, dots, `${subject}${action(acting)}`) : el("span", {}, this.#about(chat));
    return [avatar(who), el("div.names", {}, el("h1", { dir: "auto" }, name(who)), line)];
  }

  #about(chat) {
    if (this.store.isPrivate(chat)) return this.store.isBlocked(chat) ? "blocked" : `@${this.store.bot.username ?? "bot"}`;
    const names = this.store.people.filter((one) => memberIds(chat).includes(one.id)).map((one) => one.first_name);
    return [...names, this.#hasBot(chat) && this.store.bot.first_name].filter(Boolean).join(", ");
  }

  #hasBot = (chat) => !this.store.isBlocked(chat);

  #items(chat) {
    const blocked = this.store.isBlocked(chat);
    const words = this.store.isPrivate(chat) ? ["Block the bot", "Unblock the bot"] : ["Remove the bot", "Add the bot"];
    const status = this.store.isPrivate(chat) ? "kicked" : "left";
    const change = () => this.on.membership(chat, blocked ? "member" : status);
    const item = el("button", { type: "button", role: "menuitem", onclick: change }, words[Number(blocked)]);
    if (!blocked) item.classList.add("danger");
    const about = [`Chat ${chat.id}`, this.store.me()?.language_code && `language ${this.store.me().language_code}`];
    return [el("button", { type: "button", role: "menuitem", onclick: this.on.start }, "Send /start"), item, el("small", {}, about.filter(Boolean).join(" · "))];
  }
}
