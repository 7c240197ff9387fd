// One bubble: built once per message or album, then patched part by part when the message is edited.

import { albumNode } from "./album.js";
import { avatar } from "./avatar.js";
import { el, fill, toggle } from "./dom.js";
import { richText } from "./entities.js";
import { fullTime, hue, name, preview, service, time } from "./format.js";
import { icon } from "./icons.js";
import { patchKeyboard } from "./keyboard.js";
import { isVisual, mediaKind, mediaNode, mediaSignature, wantedWidth } from "./media.js";

/** A row of the chat; `on` holds what taps do: command, copy, press, reply, jump. */
export class Row {
  constructor(on) {
    this.on = on;
    this.parts = Object.fromEntries(["face", "name", "quote", "media", "text", "meta", "reactions", "keyboard"].map(part));
    const { face, name: who, quote, media, text, meta, reactions, keyboard } = this.parts;
    this.body = el("div.body", { dir: "auto" }, text, meta);
    this.bubble = el("div.bubble", {}, who, quote, media, this.body, reactions);
    const reply = el("button.reply", { type: "button", "aria-label": "Reply", onclick: () => on.reply(this.message) }, icon("reply"));
    this.node = el("article.row", { tabIndex: -1 }, el("div.stack", {}, el("div.line", {}, face, this.bubble, reply), keyboard));
  }

  get message() {
    return this.messages[0];
  }

  /** Show these messages (one, or an album) in a chat; `own` puts the bubble on the person's side. */
  update(messages, { own, group }) {
    const before = this.messages;
    this.messages = messages;
    const [message] = messages;
    const worded = messages.filter((one) => one.text ?? one.caption);
    this.words = worded.length === 1 || message.text ? (worded[0] ?? message) : message;
    this.#holdWidth(before?.[0].text, messages[0].text);
    this.node.dataset.id = message.message_id;
    this.node.setAttribute("aria-label", `${name(message.from)}: ${preview(message)}`);
    this.#layout(messages, own, group);
    this.#fill(messages, group && !own);
    patchKeyboard(this.parts.keyboard, messages.at(-1).reply_markup, (button, spec) => this.on.press(button, spec, messages.at(-1)));
  }

  /** Keep a progress message, whose line changes from edit to edit, from growing and shrinking all the time. */
  #holdWidth(before, after) {
    const alike = before && after && before.split("\n").length === after.split("\n").length;
    this.bubble.style.setProperty("--held", alike ? `${Math.ceil(this.bubble.getBoundingClientRect().width)}px` : "0px");
  }

  #layout(messages, own, group) {
    const hasText = Boolean(this.words.text ?? this.words.caption);
    const bare = !hasText && ["sticker", "video_note"].includes(mediaKind(messages[0]));
    const visual = messages.every(isVisual);
    toggle(this.node, { own, group, service: service(messages[0]) });
    if (visual) this.node.style.setProperty("--media-width", `${messages.length > 1 ? 420 : wantedWidth(messages[0])}px`);
    toggle(this.bubble, {
      visual, bare, rtl: endsRightToLeft(this.words.text ?? this.words.caption), "has-media": mediaKind(messages[0]), "has-text": hasText,
      "text-above": messages[0].show_caption_above_media,
    });
  }

  #fill(messages, named) {
    const [message] = messages;
    const { face, name: who, quote, media, text, meta, reactions } = this.parts;
    fill(face, named && message.from.id, () => named && avatar(message.from, "small"));
    fill(who, [named && message.from, message.via_bot, message.forward_origin], () => nameNode(message, named));
    fill(quote, quoteSignature(message), () => message.reply_to_message && this.#quote(message));
    fill(media, messages.map(mediaSignature), () => mediaOf(messages));
    fill(text, [this.words.text ?? this.words.caption, this.words.entities ?? this.words.caption_entities], () => this.#text());
    fill(meta, [messages.at(-1).date, messages.some((one) => one.edit_date)], () => metaNode(messages));
    fill(reactions, message.reactions, () => (message.reactions ?? []).map(reactionNode));
  }

  #text() {
    const { text, caption, entities, caption_entities } = this.words;
    const words = text ?? caption ?? service(this.message) ?? "";
    return richText(words, text ? entities : caption_entities, this.on);
  }

  #quote(message) {
    const source = message.reply_to_message;
    const words = message.quote?.text ?? preview(source);
    const jump = () => this.on.jump(source.message_id);
    return el("button.quote", { type: "button", onclick: jump }, el("b", {}, name(source.from)), el("span", { dir: "auto" }, words));
  }
}

function part(key) {
  const tag = key === "text" || key === "meta" ? "span" : "div";
  return [key, el(`${tag}.${key}`)];
}

const quoteSignature = (message) =>
  message.reply_to_message && [message.reply_to_message.message_id, message.quote?.text ?? preview(message.reply_to_message)];

function mediaOf(messages) {
  if (messages.length > 1) return albumNode(messages);
  return mediaKind(messages[0]) && mediaNode(messages[0]);
}

function nameNode({ from, via_bot, forward_origin }, named) {
  const node = named && el("b", {}, name(from), from.is_bot && el("small", {}, "bot"));
  if (node) node.style.setProperty("--hue", hue(from.id));
  const origin = forward_origin && (name(forward_origin.sender_user ?? forward_origin.chat) || forward_origin.sender_user_name);
  return [node, via_bot && el("small", {}, `via @${via_bot.username}`), origin && el("small.forward", {}, `Forwarded from ${origin}`)];
}

const STRONG = /[\p{L}]/u;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** True when the last line runs from right to left: then the time stands at its left. */
function endsRightToLeft(text) {
  const letter = text?.slice(text.lastIndexOf("\n") + 1).match(STRONG)?.[0];
  return Boolean(letter && RIGHT_TO_LEFT.test(letter));
}

function metaNode(messages) {
  const { date } = messages.at(-1);
  const edited = messages.some((one) => one.edit_date) && el("span.edited", {}, "edited ");
  const stamp = el("time", { title: fullTime(date), dateTime: new Date(date * 1000).toISOString() }, time(date));
  return [edited, stamp, icon("check")];
}

function reactionNode(reaction) {
  const face = reaction.emoji ?? reaction.type?.emoji ?? "⭐";
  const count = reaction.count ?? reaction.total_count ?? 1;
  return el("span.reaction", {}, face, count > 1 && ` ${count}`);
}
