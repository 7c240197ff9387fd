// Talks to the sandbox server: one function per call, errors as exceptions with the server's own words.

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.description ?? body.error ?? `The sandbox answered ${response.status}`);
  return body;
}

const get = async (path) => answer(await fetch(path, { cache: "no-store" }));

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answer(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

export const state = () => get("/sim/state");
export const messages = (chat) => get(`/sim/messages?chat=${encodeURIComponent(chat)}`);
export const calls = (after) => get(`/sim/calls?after=${after}`);
export const sendText = (person, chat, text, reply_to) => post("/sim/messages", { person, chat, text, reply_to });
export const tap = (person, chat, message_id, data) => post("/sim/taps", { person, chat, message_id, data });
export const membership = (person, chat, status) => post("/sim/membership", { person, chat, status });
export const newPerson = (fields) => post("/sim/people", fields);
export const newGroup = (title, members) => post("/sim/chats", { title, type: "supergroup", members });
export const fileUrl = (id) => `/sim/files/${encodeURIComponent(id)}`;

/** Send a file as the person: `fields` say to whom, how it is shown, and what is told of it beside its bytes. */
export async function sendFile({ file, name, ...fields }) {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append("file", file, name);
  return answer(await fetch("/sim/files", { method: "POST", body: form }));
}

const RETRY_MS = 1000;

/** Follow the server's events for ever; `onopen` runs after each (re)connect, so that the caller can reload. */
export function follow({ onevent, onopen, onlost }) {
  const source = new EventSource("/sim/events");
  source.onopen = onopen;
  source.onmessage = (event) => onevent(JSON.parse(event.data));
  source.onerror = () => {
    onlost();
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS, { onevent, onopen, onlost });
  };
}
