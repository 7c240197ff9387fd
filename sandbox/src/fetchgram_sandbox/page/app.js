// The entry: builds the parts, wires them to the store, and keeps the address in step with the chosen chat.

import { Actions } from "./actions.js";
import { Calls } from "./calls.js";
import { ChatLog } from "./chat.js";
import { Composer } from "./composer.js";
import { Toast } from "./dialogs.js";
import { $, el, toggle } from "./dom.js";
import { Header } from "./header.js";
import { icon } from "./icons.js";
import { People } from "./people.js";
import { Store } from "./store.js";
import { Theme } from "./theme.js";

const store = new Store();
const parts = {};
const actions = new Actions(store, new Toast(), parts);
const page = document.body;

parts.log = new ChatLog($("#log"), store, actions);
parts.composer = new Composer($("#composer"), store, actions);
new People($("#people"), store, { ...actions, go });
new Header($("#header"), store, { ...actions, back: () => show("list"), calls: toggleCalls });
new Calls($("#calls"), store, toggleCalls);
themeButton();
dropFiles();
callsPane();
follow();
parts.composer.focus();

/** Go to a chat and show it, on a phone too. */
function go(person, chat) {
  history.pushState(null, "", `#/${person}/${chat ?? person}`);
  store.go(person, chat);
  if (chat === undefined) return;
  show("chat");
  parts.composer.focus();
}

function show(view) {
  page.dataset.view = view;
}

function follow() {
  readAddress();
  window.addEventListener("hashchange", () => {
    const { person, chat } = address();
    if (person && (person !== store.person || chat !== store.chat)) store.go(person, chat);
  });
  store.addEventListener("state", () => {
    if (store.person) history.replaceState(null, "", `#/${store.person}/${store.chat}`);
  });
  store.addEventListener("link", ({ detail }) => toggle(page, { online: detail.up, offline: !detail.up }));
  store.start();
}

function address() {
  const [, person, chat] = location.hash.split("/").map(Number);
  return { person, chat };
}

function readAddress() {
  const { person, chat } = address();
  if (person) Object.assign(store, { person, chat: chat || person });
}

function themeButton() {
  const button = $("#theme");
  const icons = { auto: "auto", light: "sun", dark: "moon" };
  const theme = new Theme((value) => {
    button.replaceChildren(icon(icons[value]));
    button.setAttribute("aria-label", `Theme: ${value}`);
    button.title = `Theme: ${value}`;
  });
  button.addEventListener("click", () => theme.next());
}

function callsPane() {
  const saved = localStorage.getItem("calls");
  page.classList.toggle("with-calls", saved ? saved === "open" : matchMedia("(min-width: 1240px)").matches);
}

function toggleCalls() {
  const open = page.classList.toggle("with-calls");
  localStorage.setItem("calls", open ? "open" : "closed");
}

function dropFiles() {
  const area = $("#chat");
  area.append(el("div.drop", { "aria-hidden": "true" }, "Drop files to send them"));
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("dropping");
  });
  area.addEventListener("dragleave", (event) => area.contains(event.relatedTarget) || area.classList.remove("dropping"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("dropping");
    actions.attach([...event.dataTransfer.files]);
  });
}
