// What a person must know, and can do something about: said once, in words, and taken back when it is well again.

/** A gap that begins so soon after a research was subscribed to is about lines from before, which the page loads itself. */
const BEFORE_MS = 1000;

const SIGN_IN = "sign-in";
const CONNECTION = "connection";

export class Notices {
  #page;
  #lines;
  #researches;
  /** What is not well, and was said. */
  #troubles = new Set();
  /** What else was said since the connection was up. */
  #said = new Set();
  /** Whether the connection itself is refused. */
  #refused = false;

  /**
   * @param {import("./page.js").Page} page
   * @param {import("./lines.js").Lines} lines
   * @param {Map<string, import("./followed.js").Followed>} researches
   */
  constructor(page, lines, researches) {
    this.#page = page;
    this.#lines = lines;
    this.#researches = researches;
  }

  /** There are no live updates, for want of a sign-in or of something else. */
  connection(title, text, isSignIn = false) {
    if (isSignIn) this.#signIn(title, text);
    else this.#trouble(CONNECTION, title, text);
    this.#refused ||= isSignIn;
  }

  /** It is up: what was said of the one before is over. */
  connected() {
    this.#said.clear();
    this.#refused = false;
    this.#takeBack(CONNECTION, "Live Updates Are Back", "The page is connected to the server again.");
    if (!this.#isRefused()) this.#signedIn();
  }

  /** The server refuses one more research, or shows it again. */
  refusal(followed, refusal) {
    const { id } = followed;
    // A page can do nothing about one that the server does not know, and some are not known on purpose.
    const isRefused = refusal === "unauthorized";
    followed.refused = false;
    const others = this.#isRefused();
    followed.refused = isRefused;
    if (isRefused && !others) {
      // What was said of a research that is over, or let go of, is another sign-in.
      this.#troubles.delete(SIGN_IN);
      const text = "The server does not show you this research, or its log, any more: your sign-in has ended. Sign in again, in another tab; this page then goes on by itself.";
      this.#signIn("Sign In Again", text, id);
    } else if (!isRefused && !others) {
      this.#signedIn(id);
    }
  }

  /** Lines of the log were lost. */
  gap(id, { from, to, missing }, since) {
    if (missing) {
      const text = `The log has lines that came faster than this page could show them: ${missing} so far. Reload the page to see what the server has stored.`;
      return this.#once(`slow ${id}`, "Log Lines Are Missing", text, id);
    }
    // Of one message that was too large another notice tells.
    if (missing === 0 || from === to || from - since < BEFORE_MS) return;
    const text = `Lines of the log may be missing here, from ${timeOf(from)} to ${timeOf(to)}: the connection was lost, and the server's own log cannot tell. Reload the page to see what the server has stored.`;
    this.#once(text, "Log Lines May Be Missing", text, id);
  }

  /** @param {import("../index.js").Warning} warning */
  warning({ code, message, research }) {
    // Of one research its own event tells.
    if (code === "unauthorized" && !research) this.connection("Not Allowed", `${message}. Sign in again, in another tab.`, true);
    if (code !== "too-large") return;
    const text = `Something that the server sent was left out, since it is too large to be shown (${message}). Reload the page to see what the server has stored.`;
    this.#once(`${code} ${research}`, "A Message Was Too Large", text, research ?? undefined);
  }

  clear() {
    this.#troubles.clear();
    this.#said.clear();
    this.#refused = false;
  }

  #isRefused() {
    return this.#refused || [...this.#researches.values()].some(({ refused, ended }) => refused && !ended);
  }

  #signIn(title, text, id) {
    if (this.#trouble(SIGN_IN, title, text)) this.#lines.notice(id, `${title}: ${text}`, "error");
  }

  #signedIn(id) {
    const [title, text] = ["Signed In Again", "The server shows you this research again."];
    if (this.#takeBack(SIGN_IN, title, text)) this.#lines.notice(id, `${title}: ${text}`, "success");
  }

  /** Says what lasts, once; whether that is news. */
  #trouble(kind, title, text) {
    if (this.#troubles.has(kind)) return false;
    this.#troubles.add(kind);
    this.#say(title, text);
    return true;
  }

  #takeBack(kind, title, text) {
    if (!this.#troubles.delete(kind)) return false;
    console.info(`research-socket: ${title}: ${text}`);
    this.#page.notify(title, text, "success");
    return true;
  }

  /** Says what has happened, and cannot be taken back. */
  #once(key, title, text, id) {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#say(title, text);
    this.#lines.notice(id, `${title}: ${text}`, "warning");
  }

  #say(title, text) {
    console.error(`research-socket: ${title}: ${text}`);
    this.#page.notify(title, text);
  }
}

const timeOf = (at) => new Date(at).toLocaleTimeString();
