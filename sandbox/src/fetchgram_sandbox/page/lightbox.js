// Opens one picture over the whole page.

import { el } from "./dom.js";
import { icon } from "./icons.js";

/** Show a picture in a modal dialog that closes by Escape, the button or a click anywhere. */
export function openPhoto(url, caption) {
  const save = el("a.round-button", { href: url, download: "", "aria-label": "Save picture" }, icon("save"));
  const close = el("button.round-button", { type: "button", "aria-label": "Close" }, icon("close"));
  const image = el("img", { src: url, alt: caption ?? "Photo" });
  const words = caption && el("p", { dir: "auto" }, caption);
  const box = el("dialog.lightbox", { "aria-label": "Picture" }, el("nav", {}, save, close), image, words);
  box.addEventListener("click", (event) => save.contains(event.target) || box.close());
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}
