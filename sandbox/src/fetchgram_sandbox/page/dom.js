// Builds DOM nodes from plain values; foreign text only ever becomes a text node, never markup.

/** Make an element: `el("div.card.big", {title: "x", onclick}, child, "text")`. */
export function el(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) assign(node, key, value);
  node.append(...children.flat().filter(isContent));
  return node;
}

const isContent = (child) => child !== null && child !== undefined && child !== false;

function assign(node, key, value) {
  if (value === undefined || value === null || value === false) return;
  if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
  else if (key in node) node[key] = value;
  else node.setAttribute(key, value);
}

const signatures = new WeakMap();

/** Refill a container only when its signature changed, so that live edits never flicker or restart a player. */
export function fill(container, signature, build) {
  const key = JSON.stringify(signature ?? null);
  if (signatures.get(container) === key) return;
  signatures.set(container, key);
  container.replaceChildren(...[build()].flat().filter(isContent));
}

/** Make these nodes the children, in order, and touch only those that moved: players, selections and clicks live on. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  [...parent.children].forEach((node) => wanted.has(node) || node.remove());
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/** Set a class on exactly those states that are true. */
export function toggle(node, states) {
  for (const [name, on] of Object.entries(states)) node.classList.toggle(name, Boolean(on));
}

export const $ = (selector, root = document) => root.querySelector(selector);
