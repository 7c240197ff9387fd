// Inline keyboards: rows of buttons that are patched in place, so that focus and spinners survive live edits.

import { el, toggle } from "./dom.js";
import { icon } from "./icons.js";

const specs = new WeakMap();
const GIVE_UP_MS = 15_000;

/** Make `root` show the rows of a message's inline keyboard; `press(button, spec)` is called for each press. */
export function patchKeyboard(root, markup, press) {
  const rows = markup?.inline_keyboard ?? [];
  match(root, rows.length, () => el("div.keys"));
  rows.forEach((buttons, index) => {
    match(root.children[index], buttons.length, () => key(press));
    buttons.forEach((spec, place) => patchKey(root.children[index].children[place], spec));
  });
}

function match(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(make());
}

function key(press) {
  const label = el("span.label", { dir: "auto" });
  const button = el("button.key", { type: "button" }, label, el("span.spinner", { "aria-hidden": "true" }));
  button.addEventListener("click", () => press(button, specs.get(button)));
  return button;
}

const OUTSIDE = (spec) => spec.url ?? spec.login_url?.url ?? spec.web_app?.url;

function patchKey(button, spec) {
  const before = specs.get(button);
  if (JSON.stringify(before) === JSON.stringify(spec)) return;
  specs.set(button, spec);
  button.firstElementChild.textContent = spec.text;
  if (before && before.callback_data !== spec.callback_data) settle(button);
  button.querySelector(".icon")?.remove();
  if (OUTSIDE(spec)) button.append(icon("open"));
  if (spec.copy_text) button.append(icon("copy"));
  toggle(button, { primary: spec.style === "primary", danger: spec.style === "danger", success: spec.style === "success" });
}

/** Open what a button links to in a new tab; false when it is no link. */
export function openOutside(spec) {
  const url = OUTSIDE(spec);
  if (url && /^(https?|tg):/i.test(url)) window.open(url, "_blank", "noopener,noreferrer");
  return Boolean(url);
}

/** Show that an answer is awaited. */
export function wait(button) {
  button.classList.add("waiting");
  button.setAttribute("aria-busy", "true");
  setTimeout(settle, GIVE_UP_MS, button);
}

export function settle(button) {
  button.classList.remove("waiting");
  button.removeAttribute("aria-busy");
}
