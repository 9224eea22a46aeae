// Turns the arguments of an emit into what the module takes: JSON text, and the binary parts beside it.

/** @returns {[json: string, attachments: Uint8Array[]]} */
export function pack(args) {
  const attachments = [];
  const json = JSON.stringify(args, (_key, value) => {
    if (typeof value === "function") {
      throw new TypeError("A function cannot be sent. For an answer of the server use emitWithAck().");
    }
    const bytes = binary(value);
    // Socket.IO's own form of a binary part inside of JSON.
    return bytes ? { _placeholder: true, num: attachments.push(bytes) - 1 } : value;
  });
  return [json, attachments];
}

function binary(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (typeof Blob !== "undefined" && value instanceof Blob) {
    throw new TypeError("A Blob cannot be sent directly: send await blob.arrayBuffer().");
  }
}
