// What has ended, in a corner of the page, for who cannot have a notification of the browser: until somebody has seen it.

import { sheetOf } from "./course.js";
import { button, make, say } from "./dom.js";

const CSS = `
.toasts { position: absolute }
.toast {
  position: fixed;
  inset: auto;
  inset-block-end: 1rem;
  inset-inline-end: 1rem;
  display: flex;
  gap: .75rem;
  align-items: start;
  margin: 0;
  padding: .75rem;
  max-inline-size: min(26rem, calc(100% - 2rem));
  max-block-size: calc(100% - 2rem);
  overflow: auto;
  color: var(--_text);
  background: var(--_back);
  border: 1px solid var(--_control);
  border-inline-start: .3rem solid var(--_accent);
  border-radius: .35rem;
  box-shadow: 0 .25rem 1rem rgb(0 0 0 / .25);
}
.toast:not([popover]) { position: static; max-inline-size: none }
.toast-text { flex: 1; min-inline-size: 0; overflow-wrap: anywhere }
.toast-text > * { display: block }
@media (prefers-reduced-motion: no-preference) {
  .toast { animation: toast .25s ease-out }
}
@keyframes toast {
  from { opacity: 0; transform: translateY(1rem) }
}
`;

/** It stays for so long while the page is seen and nobody is at it, in milliseconds. */
const SEEN_MS = 10_000;

/** One at a time, so that each is seen: the first is shown. @type {Toast[]} */
const waiting = [];

export class Toast {
  #root;
  /** There before it says something, so that who listens hears it. */
  #region = make("div", "toasts", { role: "status" });
  #words = make("div", "toast-text");
  #close = button("button toast-close", () => this.hide());
  #toast = make("div", "toast", {}, this.#words, this.#close);
  #timer;
  /** Somebody points at it, or is in it. */
  #isHeld = false;
  #count = () => {
    clearTimeout(this.#timer);
    if (!this.#isHeld && document.visibilityState === "visible") this.#timer = setTimeout(() => this.hide(), SEEN_MS);
  };

  /** @param {ShadowRoot} root */
  constructor(root) {
    sheetOf(root, CSS);
    this.#root = root;
    root.querySelector(".head").append(this.#region);
    // Above everything in the page, wherever the element is. In a browser without it, it stands in the element.
    if (this.#toast.showPopover) this.#toast.popover = "manual";
    else this.#region.style.position = "static";
    const hold = (types, isHeld) => types.forEach((type) => this.#toast.addEventListener(type, () => {
      this.#isHeld = isHeld;
      this.#count();
    }));
    hold(["pointerenter", "focusin"], true);
    hold(["pointerleave", "focusout"], false);
    this.#toast.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  }

  /** Says something, after what others say. @param {string} title @param {string} text @param {string} close what the button says */
  show(title, text, close) {
    this.hide();
    this.#words.replaceChildren(make("strong", "toast-title", { dir: "auto" }, title), make("span", "", { dir: "auto" }, text));
    say(this.#close, close);
    if (waiting.push(this) === 1) this.#open();
  }

  #open() {
    this.#isHeld = false;
    this.#region.append(this.#toast);
    if (this.#toast.popover && this.#toast.isConnected) this.#toast.showPopover();
    document.addEventListener("visibilitychange", this.#count);
    this.#count();
  }

  hide() {
    const place = waiting.indexOf(this);
    if (place < 0) return;
    waiting.splice(place, 1);
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#count);
    const isWithin = this.#toast.contains(this.#root.activeElement);
    this.#toast.remove();
    // Whoever was in it is at what one does next.
    if (isWithin) Array.from(this.#root.querySelectorAll(".result, .another, .collapse")).find((next) => next.checkVisibility())?.focus();
    if (place === 0) waiting[0]?.#open();
  }
}
