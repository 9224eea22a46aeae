// A picture that moves, of screenshots: an animated WebP, put together of stills that the browser itself has compressed. Each has only
// what has changed since the one before.

/** @typedef {{ x: number, y: number, width: number, height: number, still: Buffer, ms: number }} Frame */

/** How much is kept of a still, from 0 to 1. */
const QUALITY = 0.6;

/**
 * Cuts screenshots of one size down to what is new in each; what shows nothing new lengthens the one before.
 * @param {import("playwright-core").Page} page an empty one, whose canvas it is done on
 * @param {{ png: Buffer, ms: number }[]} shots `ms`: how long each is seen
 * @returns {Promise<{ width: number, height: number, frames: Frame[] }>}
 */
export async function cut(page, shots) {
  const size = shots[0].png;
  const [width, height] = [size.readUInt32BE(16), size.readUInt32BE(20)];
  /** @type {Frame[]} */
  const frames = [];
  for (const { png, ms } of shots) {
    const found = await page.evaluate(changed, /** @type {const} */ ([png.toString("base64"), frames.length === 0, QUALITY]));
    const last = frames.at(-1);
    if (!found && last) last.ms += ms;
    else if (found) frames.push({ ...found, still: Buffer.from(found.still, "base64"), ms });
  }
  return { width, height, frames };
}

/**
 * In the page: the part of a picture that is not as in the one before. @param {readonly [string, boolean, number]} given
 * @returns {Promise<{ x: number, y: number, width: number, height: number, still: string } | undefined>}
 */
async function changed([png, isFirst, quality]) {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const { width, height } = image;
  /** Without transparency, which would make the stills larger. @param {number} width @param {number} height */
  const canvas = (width, height) => /** @type {CanvasRenderingContext2D} */ (Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", { alpha: false, willReadFrequently: true }));
  const now = canvas(width, height);
  now.drawImage(image, 0, 0);
  const pixels = new Uint32Array(now.getImageData(0, 0, width, height).data.buffer);
  const before = /** @type {Uint32Array | undefined} */ (isFirst ? undefined : Reflect.get(window, "before"));
  Reflect.set(window, "before", pixels);
  let [left, top, right, bottom] = before ? [width, height, 0, 0] : [0, 0, width, height];
  before?.forEach((pixel, at) => {
    if (pixel === pixels[at]) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  });
  if (right <= left) return undefined;
  // The format counts places in twos.
  [left, top] = [left - (left % 2), top - (top % 2)];
  const part = canvas(right - left, bottom - top);
  part.drawImage(image, -left, -top);
  const url = part.canvas.toDataURL("image/webp", quality);
  return { x: left, y: top, width: right - left, height: bottom - top, still: url.slice(url.indexOf(",") + 1) };
}

/**
 * The file: https://developers.google.com/speed/webp/docs/riff_container
 * @param {{ width: number, height: number, frames: Frame[] }} picture @param {string} source what it was made of, which readers of pictures pass over
 */
export function animation({ width, height, frames }, source) {
  const canvas = Buffer.concat([Buffer.from([2, 0, 0, 0]), uint24(width - 1), uint24(height - 1)]);
  const moving = frames.map(({ x, y, width, height, still, ms }) => {
    const head = Buffer.concat([uint24(x / 2), uint24(y / 2), uint24(width - 1), uint24(height - 1), uint24(ms), Buffer.from([2])]);
    return chunk("ANMF", Buffer.concat([head, ...chunksOf(still).filter(({ name }) => /^(VP8 |VP8L|ALPH)$/.test(name)).map(({ name, content }) => chunk(name, content))]));
  });
  // Endlessly, on white.
  const ever = chunk("ANIM", Buffer.from([255, 255, 255, 255, 0, 0]));
  const body = Buffer.concat([Buffer.from("WEBP"), chunk("VP8X", canvas), ever, ...moving, chunk("MADE", Buffer.from(source))]);
  return chunk("RIFF", body);
}

/** @param {Buffer} file @returns {{ name: string, content: Buffer }[]} */
export function chunksOf(file) {
  const chunks = [];
  for (let at = 12; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    chunks.push({ name: file.toString("latin1", at, at + 4), content: file.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/** @param {string} name @param {Buffer} content */
function chunk(name, content) {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** @param {number} value */
function uint24(value) {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(value, 0, 3);
  return bytes;
}
