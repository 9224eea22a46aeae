// The balancers: which program runs which of the configurations, and how it is told to read it again.

import path from "node:path";

const nginx = () => process.env.RESEARCH_SOCKET_NGINX ?? "/usr/sbin/nginx";
const haproxy = () => process.env.RESEARCH_SOCKET_HAPROXY ?? "/usr/sbin/haproxy";

/**
 * @typedef {{ port: number, workers: number[], folder: string, times: "real" | "short" }} Places `workers`: their ports, of which the configurations have 5001 to 5003
 * @typedef {object} Proxy
 * @property {() => string} program
 * @property {string} file the configuration
 * @property {(file: string, folder: string) => string[]} words its command line
 * @property {(text: string, places: Places) => string} render the configuration with the places and times of a test
 * @property {NodeJS.Signals} reload
 * @property {RegExp} reloaded what it says when that is done
 */

/** @type {Pick<Proxy, "program" | "words" | "reload" | "reloaded">} */
const NGINX = {
  program: nginx,
  words: (file, folder) => ["-p", folder, "-c", file, "-e", "stderr"],
  reload: "SIGHUP",
  // One of the old processes has ended, so the new ones are there.
  reloaded: /start worker process/,
};

export const PROXIES = {
  /** @type {Proxy} */
  "nginx-cookie": { ...NGINX, file: "nginx-cookie.conf", render: wholeNginx },
  /** @type {Proxy} */
  "nginx-ip-hash": { ...NGINX, file: "nginx-ip-hash.conf", render: wholeNginx },
  /** Without stickiness. @type {Proxy} */
  "round-robin": { ...NGINX, file: "nginx-ip-hash.conf", render: (text, places) => wholeNginx(text.replace("    ip_hash;\n", ""), places) },
  /** @type {Proxy} */
  haproxy: {
    program: haproxy,
    file: "haproxy.cfg",
    words: (file) => ["-W", "-f", file],
    reload: "SIGUSR2",
    reloaded: /New worker .*forked|Loading success/,
    render: (text, places) => `global\n    maxconn 1000\n\n${here(text, places)}`,
  },
};

/** What the times of the configurations are with short ones, whose ping interval is 2 s and not 5 s. @type {Record<string, string>} */
const SHORT = { 10: "4s", 5: "2s", 2: "1s" };

/** @param {string} text @param {Places} places */
function wholeNginx(text, places) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${places.folder}/${name};`);
  return `daemon off; worker_processes 1; pid ${path.join(places.folder, "nginx.pid")}; error_log stderr notice;
events {}
http {
access_log off; ${temporary.join(" ")}
${here(text, places)}}
`;
}

/**
 * The ports and times of the test.
 * @param {string} text @param {Places} places
 */
function here(text, { port, workers, times }) {
  return text
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace("bind :80", `bind 127.0.0.1:${port}`)
    .replace(/\b(10|5|2)s\b/g, (own, seconds) => (times === "short" ? SHORT[seconds] : own))
    .replace(/^.*127\.0\.0\.1:(500\d).*\n/gm, (line, own) => {
      const worker = workers[Number(own) - 5001];
      return worker ? line.replace(own, String(worker)) : "";
    });
}
