// The decoder and the encoder of the glue, which makes one of each as soon as it is imported. In their place the build puts those
// of this file into it, which are made when they are used: documents of test runners have none, and importing is to do nothing.

class LateDecoder {
  #given;
  #decoder;

  constructor(...given) {
    this.#given = given;
  }

  decode(bytes) {
    // The glue's first call, which is to warm it up.
    if (!bytes) return "";
    this.#decoder ??= new globalThis.TextDecoder(...this.#given);
    return this.#decoder.decode(bytes);
  }
}

class LateEncoder {
  #encoder;

  encode(text) {
    return this.#own.encode(text);
  }

  encodeInto(text, view) {
    return this.#own.encodeInto(text, view);
  }

  get #own() {
    return (this.#encoder ??= new globalThis.TextEncoder());
  }
}

export { LateDecoder as TextDecoder, LateEncoder as TextEncoder };
