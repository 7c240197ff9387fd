// Round pictures of people and chats, made of their initials.

import { el } from "./dom.js";
import { hue, initials } from "./format.js";
import { icon } from "./icons.js";

/** An avatar of a user or chat; the bot has the product's mark. */
export function avatar(who, size = "medium") {
  const sign = who.is_bot ? icon("save") : initials(who);
  const node = el(`span.avatar.${size}`, { "aria-hidden": "true" }, sign);
  if (who.is_bot) node.classList.add("bot");
  node.style.setProperty("--hue", hue(who.id));
  return node;
}
