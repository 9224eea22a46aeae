// What runs the core: WebAssembly, or the same core as JavaScript in a page that forbids WebAssembly. The build puts what this
// file exports as `WebAssembly` in the place of the global in the glue, which then need not know which one it is.

/** A module without content: the magic number and the version. */
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/**
 * Whether the page may run WebAssembly. `WebAssembly.validate` does not say: it is not asked whether it may, only whether it
 * could. Chromium and Firefox refuse to compile a module, WebKit compiles it and refuses to make an instance of it.
 */
export function allowsWebAssembly() {
  try {
    const { Instance, Module } = globalThis.WebAssembly;
    return Boolean(new Instance(new Module(EMPTY)));
  } catch {
    return false;
  }
}

/** A module as JavaScript. */
export class Script {
  /** @param {(imports: object) => Record<string, any>} instantiate makes an instance and returns its exports */
  constructor(instantiate) {
    this.instantiate = instantiate;
  }
}

/**
 * An instance of a {@link Script}. As with one of WebAssembly, what the functions that it calls throw comes out of it as it is,
 * and all else that goes wrong in it is a trap.
 */
class ScriptInstance {
  /** @param {Script} script @param {Record<string, Record<string, Function>>} imports */
  constructor(script, imports) {
    /** What is on its way from an import to the page. */
    let passing;
    const imported = (call) => (...args) => {
      try {
        return call(...args);
      } catch (error) {
        passing = { error };
        throw error;
      }
    };
    const exported = (call) => (...args) => {
      try {
        return call(...args);
      } catch (error) {
        const own = passing?.error !== error;
        passing = undefined;
        throw own ? trap(error) : error;
      }
    };
    const modules = Object.entries(imports).map(([name, module]) => [name, mapFunctions(module, imported)]);
    this.exports = mapFunctions(script.instantiate(Object.fromEntries(modules)), exported);
  }
}

function mapFunctions(object, change) {
  const entries = Object.entries(object);
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "function" ? change(value) : value]));
}

function trap(cause) {
  const { RuntimeError = NoRuntimeError } = globalThis.WebAssembly ?? {};
  return new RuntimeError(cause.message, { cause });
}

/** Where there is no WebAssembly that has one. */
class NoRuntimeError extends Error {
  name = "RuntimeError";
}

let engine = globalThis.WebAssembly;

/** From now on the glue makes instances of scripts. */
export function useScripts() {
  engine = { Module: Script, Instance: ScriptInstance };
}

export { engine as WebAssembly };
