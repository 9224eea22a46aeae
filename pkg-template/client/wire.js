// Turns the arguments of an emit into what the module takes: JSON text, and the binary parts beside it.

import { ResearchSocketError } from "./error.js";
import { stringify } from "./json.js";

/** @returns {[json: string, attachments: (Uint8Array | Blob)[]]} a `Blob` is to be read before it can be sent: {@link read} */
export function pack(args) {
  const attachments = [];
  const json = stringify(args, (value) => {
    if (typeof value === "function") {
      throw new TypeError("A function cannot be sent. Only the last argument may be one: it is called with the server's answer.");
    }
    const bytes = isBlob(value) ? value : binary(value);
    // Socket.IO's own form of a binary part inside of JSON.
    return bytes ? { _placeholder: true, num: attachments.push(bytes) - 1 } : value;
  });
  return [json, attachments];
}

function binary(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** A `File` is one too. */
export function isBlob(value) {
  return typeof Blob !== "undefined" && value instanceof Blob;
}

/** The bytes of all of them, as they were when it was called. */
export async function read(attachments) {
  const bytes = attachments.map(async (part) => (isBlob(part) ? new Uint8Array(await part.arrayBuffer()) : part));
  try {
    return await Promise.all(bytes);
  } catch (cause) {
    throw new ResearchSocketError("INVALID_ARGUMENT", `A Blob that was to be sent cannot be read: ${cause?.message ?? cause}`, { cause });
  }
}
