// Imports or requires an entry point and says what has changed in the process, and what `connect` says without a browser.

import { createRequire } from "node:module";

const before = new Set(Reflect.ownKeys(globalThis));
const touched = [];
for (const name of ["fetch", "setTimeout", "setInterval", "addEventListener", "queueMicrotask"]) {
  const own = globalThis[name];
  globalThis[name] = (...args) => {
    touched.push(name);
    return own?.(...args);
  };
}
const globals = () => Reflect.ownKeys(globalThis).filter((name) => !before.has(name));

const [name, how] = process.argv.slice(2);
const module = how === "require" ? createRequire(import.meta.url)(name) : await import(name);
const added = globals().filter((name) => name !== "addEventListener").map(String);
const rejected = await module.connect?.().catch(({ name, code, message }) => ({ name, code, message }));
console.log(JSON.stringify({ added, touched, rejected }));
