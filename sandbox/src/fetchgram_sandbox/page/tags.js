// Title and performer as an MP3 names them at its beginning: ID3v2.3 and ID3v2.4 (id3.org).

const HEAD_BYTES = 64 * 1024;
const HEADER_BYTES = 10;
const NAMES = { TIT2: "title", TPE1: "performer" };
const ENCODINGS = ["latin1", "utf-16le", "utf-16be", "utf-8"];
const BIG_END_FIRST = 0xfe;

/** Return what a song is called; nothing where it does not say so in this way. */
export async function songNames(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const [version] = bytes.subarray(3);
  if (ascii(bytes, 0, 3) !== "ID3" || version < 3) return {};
  const end = Math.min(bytes.length, HEADER_BYTES + number(bytes, 6, 7));
  const names = {};
  for (let at = HEADER_BYTES; at + HEADER_BYTES < end; ) {
    const [id, length] = [ascii(bytes, at, 4), number(bytes, at + 4, version > 3 ? 7 : 8)];
    at += HEADER_BYTES;
    if (id in NAMES) names[NAMES[id]] = words(bytes.subarray(at, Math.min(end, at + length)));
    at += length || end;
  }
  return names;
}

const ascii = (bytes, at, length) => String.fromCharCode(...bytes.subarray(at, at + length));

/** Read four bytes of so many bits each: sizes keep their highest bit free. */
const number = (bytes, at, bits) => bytes.subarray(at, at + 4).reduce((sum, byte) => sum * 2 ** bits + byte, 0);

/** The first byte of a text frame says how the rest is written; several values are parted by zeros. */
function words([encoding, ...rest]) {
  const name = encoding === 1 && rest[0] === BIG_END_FIRST ? "utf-16be" : ENCODINGS[encoding];
  const text = new TextDecoder(name ?? "latin1").decode(Uint8Array.from(rest));
  return text.split("\0")[0].trim();
}
