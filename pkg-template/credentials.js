// Asks the page for `auth`, `headers` and `query`, anew at each attempt, so that a token that has expired is never sent twice.

/** Rejects when one of the page's functions fails or gives something that cannot be sent. */
export async function credentials({ auth, headers, query }) {
  const [a, h, q] = await Promise.all([ask("auth", auth), ask("headers", headers), ask("query", query)]);
  return {
    auth: a === undefined ? undefined : JSON.stringify(a),
    headers: pairs(h),
    query: pairs(q),
  };
}

async function ask(name, given) {
  const value = (typeof given === "function" ? await given() : given) ?? undefined;
  if (value !== undefined && typeof value !== "object") throw new TypeError(`The function "${name}" must return an object.`);
  return value;
}

/** Of a plain object, `Headers`, `URLSearchParams`, a `Map` or a list of pairs. */
function pairs(value = []) {
  const entries = typeof value[Symbol.iterator] === "function" ? [...value] : Object.entries(value);
  return entries.filter(([, v]) => v !== undefined && v !== null).map(([k, v]) => [String(k), String(v)]);
}
