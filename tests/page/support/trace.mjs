// What of a run's requests can be compared, and which differences from socket.io-client are deliberate.

/**
 * @typedef {object} Trace
 * @property {object[]} handshakes
 * @property {object[]} polls each kind of poll once: how many there are depends on the moment
 * @property {string[]} posts the bodies in order, without pongs
 * @property {object[]} postKinds each kind of POST once
 * @property {string[]} received packets in order, without pings
 * @property {object[]} endpoints requests of the application's endpoints
 */

/** @param {import("./requests.mjs").Recorded[]} requests @returns {Trace} */
export function trace(requests) {
  const wire = requests.filter(({ path }) => path.endsWith("/socket.io/"));
  const polls = wire.filter(({ method, query }) => method === "GET" && query.sid);
  const posts = wire.filter(({ method }) => method === "POST");
  return {
    handshakes: wire.filter(({ query }) => !query.sid).map(kind),
    polls: unique(polls.map(kind)),
    posts: posts.map(({ body }) => without(body, "3")).filter((body) => body !== ""),
    postKinds: unique(posts.map(kind)),
    received: polls.flatMap(({ answer }) => (answer ?? "").split("\x1e")).filter((packet) => packet !== "" && packet !== "2").map(anonymous),
    endpoints: requests.filter(({ path }) => !path.endsWith("/socket.io/")).map(({ method, path }) => ({ method, path })),
  };
}

/** Everything about a request that does not change from run to run. */
function kind({ method, path, query, headers }) {
  const { t, sid, ...rest } = query;
  return {
    method,
    path,
    query: { ...rest, ...(sid && { sid: "<sid>" }), ...(t && { t }) },
    contentType: headers["content-type"],
    accept: headers.accept,
  };
}

const without = (body, packet) => body.split("\x1e").filter((one) => one !== packet).join("\x1e");
const anonymous = (packet) => packet.replace(/"sid":"[^"]+"/, '"sid":"<sid>"');
const unique = (kinds) => [...new Map(kinds.map((one) => [JSON.stringify(one), one])).values()];

/**
 * Each removes itself from both traces and says whether it was there.
 * @type {{ what: string, why: string, remove(traces: { ours: Trace, theirs: Trace }): boolean }[]}
 */
export const DIFFERENCES = [
  {
    what: "the value of `t`",
    why: "any value does that was not used before; theirs is the time and a count, ours comes from the seed",
    remove: ({ ours, theirs }) => {
      let found = false;
      for (const each of [ours, theirs]) {
        for (const list of /** @type {const} */ (["handshakes", "polls", "postKinds"])) {
          for (const one of /** @type {any[]} */ (each[list])) {
            found ||= one.query.t !== undefined;
            if (one.query.t !== undefined) one.query.t = "<any>";
          }
          /** @type {any} */ (each)[list] = unique(each[list]);
        }
      }
      return found;
    },
  },
  {
    what: "the goodbye is one POST",
    why: "41 and 1 together reach the server even when the page is going away and has no second request",
    remove: ({ theirs }) => {
      // As theirs is when a pong is under way.
      if (theirs.posts.at(-1) === "41\x1e1") return true;
      const last = theirs.posts.splice(-2);
      theirs.posts.push(last.join("\x1e"));
      return last.join() === "41,1";
    },
  },
  {
    what: "the status of the research is asked for after connecting",
    why: "nothing that the server sent while nobody was there is sent again",
    remove: ({ ours }) => removeEndpoint(ours, /\/status$/),
  },
  {
    what: "the stored log of the research is asked for once it is subscribed to",
    why: "lines from before the subscription are sent to nobody",
    remove: ({ ours }) => removeEndpoint(ours, /\/logs$/),
  },
];

/** @param {Trace} trace @param {RegExp} path */
function removeEndpoint(trace, path) {
  const others = trace.endpoints.filter((/** @type {any} */ one) => !path.test(one.path));
  const found = others.length < trace.endpoints.length;
  trace.endpoints = others;
  return found;
}
