// The progress in the page's title and on its icon, at most once a second, and what was there before afterwards.

const EVERY_MS = 1000;
const SIZE = 32;

/** Of several elements in a page one has the title, and one the icon. */
const owners = { title: undefined, icon: undefined };

export class PageMark {
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

  /** @param {{ title: boolean, icon: boolean, words: string, percent: number | null } | undefined} wish without one all is as before */
  show(wish) {
    this.#wish = wish;
    if (!wish) return this.restore();
    this.#timer ??= setTimeout(() => this.#paint(), 0);
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
