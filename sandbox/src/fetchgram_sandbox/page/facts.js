// What a client reads of a file before it sends it: how it can be sent, its length and size, and a song's names.

import { songNames } from "./tags.js";

const PATIENCE_MS = 8000;
/** The largest photo that Telegram keeps, as JPEG (core.telegram.org/api/files#image-thumbnail-types). */
const PHOTO_PX = 2560;
const PHOTO_QUALITY = 0.87;

/**
 * Look at a file: `kinds` are the ways to send it, the usual one first, `facts` what is told beside its bytes.
 * What the browser cannot open can only go as a file, as with every client.
 */
export async function look(file) {
  const [family] = file.type.split("/");
  try {
    if (file.type === "image/gif") return { kinds: ["animation", "document"], facts: await pictureFacts(file) };
    if (family === "image") return { kinds: ["photo", "document"], facts: await pictureFacts(file) };
    if (family === "video") return { kinds: ["video", "animation", "video_note", "document"], facts: await filmFacts(file) };
    if (family === "audio") return { kinds: ["audio", "voice", "document"], facts: await soundFacts(file) };
  } catch {
    // Not decoded here, or not in time.
  }
  return { kinds: ["document"], facts: {} };
}

/** Return what is sent of a file: itself, or of a photo what clients make of it; as a file nothing is told of it. */
export async function packed(file, kind, facts) {
  if (kind === "photo") return { name: "photo.jpg", ...(await asPhoto(file)) };
  return { name: file.name, file, ...(kind === "document" ? {} : facts) };
}

/** Make a JPEG of bounded size. */
async function asPhoto(file) {
  const picture = await createImageBitmap(file);
  const factor = Math.min(1, PHOTO_PX / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * factor)));
  const canvas = new OffscreenCanvas(width, height);
  const paper = canvas.getContext("2d");
  paper.fillStyle = "white";
  paper.fillRect(0, 0, width, height);
  paper.drawImage(picture, 0, 0, width, height);
  picture.close();
  return { file: await canvas.convertToBlob({ type: "image/jpeg", quality: PHOTO_QUALITY }), width, height };
}

async function pictureFacts(file) {
  const { width, height } = await createImageBitmap(file);
  return { width, height };
}

async function filmFacts(file) {
  const { duration, videoWidth: width, videoHeight: height } = await metadata("video", file);
  if (!width) throw new Error("no picture");
  return { duration: seconds(duration), width, height };
}

async function soundFacts(file) {
  const { duration } = await metadata("audio", file);
  return { duration: seconds(duration), ...(await songNames(file)) };
}

/** A film that was streamed to its file does not say how long it is. */
const seconds = (duration) => (Number.isFinite(duration) ? Math.round(duration) : 0);

/** Load what a film or a song says of itself. */
async function metadata(tag, file) {
  const url = URL.createObjectURL(file);
  const player = Object.assign(document.createElement(tag), { preload: "metadata", muted: true });
  try {
    await new Promise((resolve, reject) => {
      player.onloadedmetadata = resolve;
      player.onerror = reject;
      setTimeout(reject, PATIENCE_MS);
      player.src = url;
    });
    return { duration: player.duration, videoWidth: player.videoWidth, videoHeight: player.videoHeight };
  } finally {
    player.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}
