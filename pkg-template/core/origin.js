// Where the page is: documents without an address of their own, such as `<iframe srcdoc>` and `about:blank`, are where the page is
// that made them.

/** An address of the page, to resolve others with. */
export function pageHref() {
  if (/^https?:/.test(location.href)) return location.href;
  // Not the base first, which a page may have set to another host. Not the document's: that may be an element of the page.
  if (/^https?:/.test(globalThis.origin)) return `${globalThis.origin}/`;
  // A worker has no document.
  return (typeof document !== "undefined" && Reflect.get(Node.prototype, "baseURI", document)) || location.href;
}

/** The origin that the page's requests come from; for browsers it may be `null` all the same. */
export function pageOrigin() {
  const { origin } = location;
  return origin === "null" ? new URL(pageHref()).origin : origin;
}
