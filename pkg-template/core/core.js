// The core as JavaScript, for the loader. Here and not in the glue, which is minified: bundlers need the comments.
// The import is relative to the entry points, which the build makes this a part of.

/** Where it is, once it could not be loaded from there. @type {URL | undefined} */
let address;
let failures = 0;

/** @returns {Promise<(imports: object) => Record<string, any>>} what makes an instance of it */
export async function importCore() {
  try {
    if (!address) return (await import("./research_socket_core.js")).default;
    // Firefox never asks again for a module that could not be had, but does for one with another address.
    address.searchParams.set("again", String(failures));
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ address.href)).default;
  } catch (error) {
    failures += 1;
    // Only the browser knows which address a bundler gave it. Chromium and Firefox say so; WebKit does not, and asks again.
    address ??= addressIn(error);
    throw error;
  }
}

function addressIn(error) {
  const [text] = /https?:\S+/.exec(error?.message) ?? [];
  return text ? new URL(text) : undefined;
}
