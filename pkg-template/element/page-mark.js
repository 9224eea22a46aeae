// The progress in the page's title and on its icon, at most once a second, and what was there before afterwards; and a notification at
// the end, for who asks for it, or a toast for who cannot have any.

import { button, say, set } from "./dom.js";
import { statusWords } from "./status.js";
import { Toast } from "./toast.js";
import { NOTICE } from "./words.js";

const EVERY_MS = 1000;
const SIZE = 32;

/** Of several elements in a page one has the title, and one the icon. */
const owners = { title: undefined, icon: undefined };

export class Part {
  #wish;
  #timer;
  /** @type {{ before: string, own: string } | undefined} */
  #title;
  /** @type {HTMLLinkElement | undefined} */
  #icon;
  #shown;
  /** The page's policy does not let it have an icon of its own. */
  #refused = false;
  #watch = (event) => {
    if (event.effectiveDirective !== "img-src" || !event.blockedURI.startsWith("data")) return;
    this.#refused = true;
    this.#restoreIcon();
  };

  #notice;

  /** @param {ShadowRoot} root */
  constructor(root) {
    this.#notice = new Notice(root);
  }

  /**
   * @param {string[]} marks the attributes that say what is wanted @param {import("../index.js").Research | null} research
   * @param {import("../index.js").End | null} end @param {import("./texts.js").Texts} texts
   */
  show(marks, research, end, texts) {
    const [title, icon, notify] = ["page-title", "page-icon", "notify"].map((name) => marks.includes(name));
    this.#notice.show(notify, research, end, texts);
    if (!(title || icon) || !research || end) return this.restore();
    const { progress, status } = research.state;
    const percent = progress === null ? null : Math.floor(progress);
    const words = percent === null ? statusWords(status, texts) : texts.get("percent", { n: percent });
    this.#wish = { title, icon, percent, words };
    this.#timer ??= setTimeout(() => this.#paint(), 0);
  }

  /** Whether who listens is told of the end by it, if it is now. */
  get tells() {
    return this.#notice.tells;
  }

  restore() {
    clearTimeout(this.#timer);
    this.#timer = this.#wish = undefined;
    this.#restoreTitle();
    this.#restoreIcon();
  }

  #paint() {
    const { title, icon, words, percent } = this.#wish;
    // What was wished for in this second is shown at its end.
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#wish && this.#wish.words !== words) this.#paint();
    }, EVERY_MS);
    if (title) this.#setTitle(words);
    else this.#restoreTitle();
    if (icon && !this.#refused) this.#setIcon(percent);
    else this.#restoreIcon();
  }

  #setTitle(words) {
    owners.title ??= this;
    if (owners.title !== this) return;
    // The page has another one by now.
    if (document.title !== this.#title?.own) this.#title = { before: document.title, own: "" };
    document.title = words === "" ? this.#title.before : `${words} · ${this.#title.before}`;
    this.#title.own = document.title;
  }

  #restoreTitle() {
    if (owners.title !== this) return;
    owners.title = undefined;
    if (this.#title && document.title === this.#title.own) document.title = this.#title.before;
    this.#title = undefined;
  }

  #setIcon(percent) {
    owners.icon ??= this;
    if (owners.icon !== this || percent === null || this.#shown === percent) return;
    this.#shown = percent;
    if (!this.#icon) {
      document.addEventListener("securitypolicyviolation", this.#watch);
      this.#icon = Object.assign(document.createElement("link"), { rel: "icon", type: "image/png" });
    }
    this.#icon.href = drawn(percent);
    // The last one in the document counts.
    if (!this.#icon.isConnected) document.head.append(this.#icon);
  }

  #restoreIcon() {
    if (owners.icon === this) owners.icon = undefined;
    this.#icon?.remove();
    this.#icon = this.#shown = undefined;
    document.removeEventListener("securitypolicyviolation", this.#watch);
  }
}

/** The button with which somebody asks for a notification, and the notification. */
class Notice {
  #button = button("button notify", () => void this.#ask());
  /** What somebody has asked it for. */
  #asked;
  #wanted = false;
  #research;
  /** One that was seen before its end, until that. */
  #running;
  #texts;
  #toast;

  /** @param {ShadowRoot} root */
  constructor(root) {
    root.querySelector(".actions").append(this.#button);
    this.#button.hidden = true;
    this.#toast = new Toast(root);
  }

  /** A browser may have none, and lets insecure pages have none. */
  get #can() {
    return isSecureContext && typeof Notification !== "undefined";
  }

  get tells() {
    return this.#wanted && this.#running !== undefined && !(this.#can && Notification.permission !== "denied");
  }

  show(wanted, research, end, texts) {
    if (!wanted || research !== this.#research) this.#toast.hide();
    if (research !== this.#running) this.#running = undefined;
    this.#wanted = wanted;
    this.#research = research;
    this.#texts = texts;
    if (end && this.#running && (this.tells || (this.#asked === research && !this.#notify(end)))) this.#say(end);
    if (this.#asked !== research || end) this.#asked = undefined;
    const runs = research !== null && end === null && research.state.status !== null;
    this.#running = runs ? research : undefined;
    this.#button.hidden = !wanted || !this.#can || !runs;
    if (!this.#button.hidden) this.#paint();
  }

  #paint() {
    const words = this.#texts.over(NOTICE);
    const isDenied = Notification.permission === "denied";
    say(this.#button, words.get(isDenied ? "notify_denied" : "notify"));
    // Not `disabled`: whoever is on it would be nowhere.
    set(this.#button, { "aria-disabled": isDenied ? "true" : null, "aria-pressed": String(this.#asked !== undefined) });
  }

  /** Only a click gets here: nobody is asked who has not asked. */
  async #ask() {
    const research = this.#research;
    const isOn = this.#asked !== undefined;
    const permission = isOn ? "" : await Notification.requestPermission();
    // Another one is followed by now, or it has ended.
    if (research !== this.#research || this.#button.hidden) return;
    this.#asked = permission === "granted" ? research : undefined;
    this.#paint();
  }

  /** Whether a notification is shown. */
  #notify({ status, message }) {
    let notice;
    try {
      // In each tab that asks for the same one it is the same.
      notice = new Notification(statusWords(status, this.#texts), { body: message ?? this.#research.id, tag: `research ${this.#research.id}`, lang: this.#texts.lang });
    } catch {
      // Chrome on Android lets only service workers do it.
      return false;
    }
    notice.addEventListener("click", () => {
      focus();
      notice.close();
    });
    return true;
  }

  #say({ status, message }) {
    this.#toast.show(statusWords(status, this.#texts), message ?? this.#research.id, this.#texts.over(NOTICE).get("notify_close"));
  }
}

function drawn(percent) {
  const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
  const context = canvas.getContext("2d");
  const arc = (share, colour) => {
    context.beginPath();
    context.strokeStyle = colour;
    context.arc(SIZE / 2, SIZE / 2, SIZE / 2 - 5, -Math.PI / 2, (share - 0.25) * 2 * Math.PI);
    context.stroke();
  };
  context.lineWidth = 8;
  arc(1, "#9ca3af");
  arc(percent / 100, "#2563eb");
  return canvas.toDataURL();
}
