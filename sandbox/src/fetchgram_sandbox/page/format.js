// Turns values into the words and numbers that people read.

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const dayLong = new Intl.DateTimeFormat("en", { day: "numeric", month: "long" });
const dayYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY_MS = 86_400_000;

export const time = (unix_s) => clock.format(unix_s * 1000);
export const fullTime = (unix_s) => full.format(unix_s * 1000);
export const dayKey = (unix_s) => new Date(unix_s * 1000).toDateString();

/** Name a day as a chat does: Today, Yesterday, 3 May. */
export function day(unix_s) {
  const date = new Date(unix_s * 1000);
  const today = new Date();
  if (date.toDateString() === today.toDateString()) return "Today";
  if (date.toDateString() === new Date(today - DAY_MS).toDateString()) return "Yesterday";
  return (date.getFullYear() === today.getFullYear() ? dayLong : dayYear).format(date);
}

/** Format seconds as 0:07, 12:34 or 1:02:03. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(s).padStart(2, "0")}`;
  return h ? `${h}:${String(m).padStart(2, "0")}:${tail}` : `${m}:${tail}`;
}

/** Format bytes with one decimal from megabytes on. */
export function size(bytes) {
  if (bytes === undefined) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}

/** The name of a user or chat. */
export function name(who) {
  if (!who) return "";
  return who.title ?? [who.first_name, who.last_name].filter(Boolean).join(" ");
}

/** One or two letters for an avatar, never half of a surrogate pair. */
export function initials(who) {
  const letters = name(who).split(/\s+/).filter(Boolean).map((word) => [...word][0]);
  return letters.slice(0, 2).join("").toUpperCase() || "?";
}

/** A hue that stays the same for one id. */
export const hue = (id) => (Math.abs(Number(id) || 0) * 137 + 20) % 360;

const KINDS = {
  animation: "🎞 GIF", video: "🎬 Video", photo: "🖼 Photo", audio: "🎵 Audio", voice: "🎙 Voice message",
  video_note: "🎥 Video message", sticker: "Sticker", location: "📍 Location", contact: "👤 Contact", poll: "📊 Poll",
  dice: "🎲 Dice",
};

/** One line that stands for a message in lists and quotes. */
export function preview(message) {
  const words = message.text ?? message.caption;
  const kind = Object.keys(KINDS).find((key) => key in message);
  if (kind) return words ? `${KINDS[kind].split(" ")[0]} ${words}` : KINDS[kind];
  if (message.document) return `📄 ${words ?? message.document.file_name ?? "File"}`;
  return words ?? service(message) ?? "Message";
}

/** The sentence of a service message, or undefined for an ordinary one. */
export function service(message) {
  const who = name(message.from);
  if (message.group_chat_created || message.supergroup_chat_created) return `${who} created the group`;
  if (message.new_chat_members) return `${message.new_chat_members.map(name).join(", ")} joined the group`;
  if (message.left_chat_member) return `${name(message.left_chat_member)} left the group`;
  if (message.new_chat_title) return `${who} renamed the group to ${message.new_chat_title}`;
  if (message.pinned_message) return `${who} pinned a message`;
  return undefined;
}

const ACTIONS = {
  typing: "is typing", upload_photo: "is sending a photo", record_video: "is recording a video",
  upload_video: "is sending a video", record_voice: "is recording", upload_voice: "is sending audio",
  upload_document: "is sending a file", choose_sticker: "is choosing a sticker", find_location: "is looking around",
  record_video_note: "is recording a video", upload_video_note: "is sending a video",
};

/** What a chat action says, without the subject. */
export const action = (key) => ACTIONS[key] ?? "is busy";
