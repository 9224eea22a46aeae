// What the doctor can find, in words for people, and the report that it gives.

/** In the order in which they matter: the first ones hide the others. */
export const CODES = {
  CSP_CONNECT: {
    severity: "error",
    message: ({ origin }) => `The Content-Security-Policy of this page forbids requests to ${origin}.`,
    setting: ({ origin }) => `Add ${origin} to connect-src in the page's policy.`,
    fine: "The page's policy allows requests to the server.",
  },
  UNREACHABLE: {
    severity: "error",
    message: ({ where, what }) => `${where} cannot be reached: ${what}.`,
    setting: ({ silent }) =>
      "Start the server, or set `url` to where it is; a proxy before it may have another idea of where that is." +
      (silent ? " If the site is open in other tabs and works there, close some of its tabs: they may hold all connections." : ""),
    fine: "The server answers.",
  },
  CORS: {
    severity: "error",
    message: ({ origin, page }) => `${origin} answers, but does not let pages of ${page} read the answers.`,
    setting: ({ page, withCredentials }) =>
      `Allow ${page} in the server: \`cors_allowed_origins\` in Flask-SocketIO and python-socketio, \`cors.origin\` in socket.io` +
      (withCredentials ? ", with `credentials: true` there, and not as `*`, since `withCredentials` is set." : "."),
    fine: "The page may read the server's answers.",
  },
  LOGIN_REDIRECT: {
    severity: "error",
    message: ({ where, what }) => `${where} ${what}: the server, or a proxy before it, wants people to sign in.`,
    setting: ({ path, foreign, withCredentials }) =>
      "Sign in before connect()" +
      (foreign && !withCredentials ? ", and set `withCredentials: true`, without which no cookie goes to another origin" : "") +
      `; or let ${path}/ pass without signing in. If it is no sign-in, set \`url\` and \`path\` to where the redirect leads.`,
    fine: "No sign-in stands in the way.",
  },
  PATH_404: {
    severity: "error",
    message: ({ where, other }) => `Nothing is at ${where}${other ? `, but a Socket.IO server answers at ${other}/` : ""}.`,
    setting: ({ other }) =>
      other ? `connect({ path: "${other}" })` : "Set `path` to where the server answers, and see that a proxy before it passes that path on.",
    fine: "The path is right.",
  },
  PROTOCOL_V3: {
    severity: "error",
    message: ({ where, old }) =>
      old
        ? `${where} is a server of Socket.IO 2, and this package speaks to those of Socket.IO 3 and 4.`
        : `${where} does not take Engine.IO 4, the protocol of Socket.IO 3 and 4.`,
    setting: ({ old }) =>
      `Update the server: socket.io 3, Flask-SocketIO 5 or python-socketio 5, or newer${old ? "" : "; or let a proxy before it pass on the query of the address"}.`,
    fine: "The server speaks the protocol of Socket.IO 3 and 4.",
  },
  POLLING_REFUSED: {
    severity: "error",
    message: ({ where }) => `${where} has long-polling switched off, with which the connections of this page begin.`,
    setting: () => "Add `polling` to the server's `transports`, or connect with `transports: [\"websocket\"]`.",
    fine: "The server takes long-polling.",
  },
  NOT_SOCKET_IO: {
    severity: "error",
    message: ({ where, what }) => `What answers at ${where} is no Socket.IO server: ${what}.`,
    setting: () => "See to `url` and `path`, or to a proxy that answers in the server's place.",
    fine: "What answers is a Socket.IO server.",
  },
  ORIGIN_REFUSED: {
    severity: "error",
    message: ({ page }) => `The server opens a session, and then does not accept the origin of this page, ${page}: it is not the one that it knows itself by.`,
    setting: ({ page }) =>
      `Name ${page} in the server's \`cors_allowed_origins\`, or let the proxy before it pass on what it was asked for (nginx: \`proxy_set_header Host $host;\` and \`X-Forwarded-Proto $scheme\`).`,
    fine: "The server accepts the page's origin.",
  },
  STICKY_SESSION: {
    severity: "error",
    message: ({ what }) => `The server does not know the session that it has just opened (${what}): several workers answer, and each knows only its own.`,
    setting: () => "Let all requests of a client go to the same worker (nginx: `ip_hash;` in the upstream), or run one worker (`gunicorn -w 1 --threads 100`), or connect with `transports: [\"websocket\"]`.",
    fine: "All requests of a session reach the worker that knows it.",
  },
  REFUSED: {
    severity: "error",
    message: ({ what }) => `The server refuses the connection: ${what}.`,
    setting: () => "Sign in, or give in `auth` what the server asks for; see to `namespace`.",
    fine: "The server grants the connection.",
  },
  WEBSOCKET: {
    severity: "warning",
    message: ({ where, forbidden, silent, offered }) =>
      forbidden
        ? "The Content-Security-Policy of this page forbids WebSockets to the server."
        : offered === false
          ? `${where} offers no WebSocket.`
          : `A WebSocket to ${where} ${silent ? "is not answered" : "cannot be opened"}: a proxy on the way does not pass it on, or the server has none.`,
    setting: ({ forbidden, origin, offered }) =>
      forbidden
        ? `Add ${origin.replace(/^http/, "ws")} to connect-src in the page's policy.`
        : offered === false
          ? "Install `simple-websocket` beside Flask-SocketIO with threads, or add `websocket` to the server's `transports`."
          : "Let the proxy pass on the change of protocol (nginx: `proxy_http_version 1.1;`, `proxy_set_header Upgrade $http_upgrade;` and `proxy_set_header Connection \"upgrade\";`), or leave `transports` as it is by default.",
    fine: "WebSockets reach the server.",
  },
  PROXY_TIMEOUT: {
    severity: "warning",
    message: ({ interval, what }) => `The server's ping, which comes every ${interval} s, does not get through: ${what}. So the connection is lost again and again.`,
    setting: ({ interval }) =>
      `Raise the time-out of the proxy to more than ${interval} s (nginx: \`proxy_read_timeout\`; HAProxy: \`timeout server\`, and \`timeout tunnel\` for WebSockets; others: that of a silent connection), or set \`ping_interval\` of the server (\`pingInterval\` in socket.io) to less than the proxy waits.`,
    fine: "A connection on which nothing happens lasts until the server's ping.",
  },
  CSP_WASM: {
    severity: "warning",
    message: () => "The Content-Security-Policy of this page forbids WebAssembly, so the same core runs as JavaScript, which is larger and slower.",
    setting: () => "Add 'wasm-unsafe-eval' to script-src in the page's policy.",
    fine: "The page may use WebAssembly.",
  },
  PROXY_BUFFERING: {
    severity: "warning",
    message: ({ what }) => `Something keeps answers back that are ready: one ${what}. So updates come in gusts.`,
    setting: ({ path }) =>
      `Switch buffering off for ${path}/ in the proxy (nginx: \`proxy_buffering off;\`). Without a proxy: see that \`async_mode\` of the server fits its worker.`,
    fine: "Answers come as soon as they are ready.",
  },
  CONNECTION_BUDGET: {
    severity: "warning",
    message: ({ seconds }) =>
      `A request had to wait ${seconds} s for a free connection: over HTTP/1.1 browsers have six to one server, and other tabs or requests hold them.`,
    setting: () => "Let its tabs share a connection (`connect({ share: true })`, or `share` under a name where the page gives credentials), serve the site over HTTP/2 (nginx: `http2 on;`), or close some of its tabs.",
    fine: "There is a free connection to the server.",
  },
  CLOCK_SKEW: {
    severity: "warning",
    message: ({ by }) => `The clock of this machine is ${by} that of the server, so times are wrong, and tokens may have run out.`,
    setting: () => "Let both keep the time by NTP (`timedatectl set-ntp true`).",
    fine: "The clocks agree.",
  },
};

/** Those that say that a session was opened, or could have been. */
export const REACHED = ["CSP_CONNECT", "UNREACHABLE", "CORS", "LOGIN_REDIRECT", "PATH_404", "PROTOCOL_V3", "POLLING_REFUSED", "NOT_SOCKET_IO"];

export class Diagnosis {
  #visit;
  #found = new Map();
  #fine = new Set();
  #skipped = new Set();

  /** @param {import("./visit.js").Visit} visit which knows where and from where */
  constructor(visit) {
    this.#visit = visit;
  }

  find(code, details = {}) {
    const { message, setting } = CODES[code];
    const about = { severity: CODES[code].severity, ...this.#visit.about, ...details };
    const { severity } = about;
    this.#found.set(code, Object.freeze({ code, severity, message: message(about), setting: setting(about) }));
  }

  /** Whether it was found. */
  has(code) {
    return this.#found.has(code);
  }

  /** Whether it was looked at and is in order. */
  isFine(code) {
    return this.#fine.has(code) && !this.#found.has(code);
  }

  fine(...codes) {
    for (const code of codes) this.#fine.add(code);
  }

  /** What such a page has no use for: it is not looked at, and not missing either. */
  skip(...codes) {
    for (const code of codes) this.#skipped.add(code);
  }

  report() {
    const codes = Object.keys(CODES).filter((code) => !this.#skipped.has(code) || this.#found.has(code));
    const findings = codes.filter((code) => this.#found.has(code)).map((code) => this.#found.get(code));
    const fine = codes.filter((code) => this.isFine(code));
    return Object.freeze({
      ok: findings.length === 0,
      findings: Object.freeze(findings),
      fine: Object.freeze(fine.map((code) => Object.freeze({ code, message: CODES[code].fine }))),
      unchecked: Object.freeze(codes.filter((code) => !this.#found.has(code) && !this.#fine.has(code))),
    });
  }
}
