// What the elements say, with values in it. `{name}` stands for one; of `one|many` the first is for one.

/** Words in one language, with the page's own in their place. */
export class Texts {
  lang;
  #texts;
  #numbers;
  #clock;
  #date;

  /** @param {string} lang @param {Record<string, string>} words in that language @param {Record<string, string>} [own] */
  constructor(lang, words, own) {
    this.lang = supported(lang) ?? "en";
    this.#texts = { ...words, ...own };
    this.#numbers = new Intl.NumberFormat(this.lang);
    this.#clock = new Intl.DateTimeFormat(this.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    this.#date = new Intl.DateTimeFormat(this.lang, { dateStyle: "medium", timeStyle: "medium" });
  }

  /** The same, with words that a part of an element has besides. @param {Record<string, string>} words */
  over(words) {
    return new Texts(this.lang, { ...words, ...this.#texts });
  }

  /** @param {string} key @param {Record<string, string | number>} [values] `n` says whether it is one or many */
  get(key, values = {}) {
    const forms = String(this.#texts[key] ?? "").split("|");
    const form = values.n === 1 ? forms[0] : forms.at(-1);
    return form.replace(/\{(\w+)\}/g, (all, name) => (Object.hasOwn(values, name) ? this.#value(values[name]) : all));
  }

  #value(value) {
    return typeof value === "number" ? this.#numbers.format(value) : String(value);
  }

  /** The time of day; nothing for NaN. @param {number} at */
  clock(at) {
    return isDate(at) ? this.#clock.format(at) : "";
  }

  date(at) {
    return isDate(at) ? this.#date.format(at) : "";
  }
}

// A server may write a year that no calendar has.
const isDate = (at) => Math.abs(at) <= 8.64e15;

/** A page may have anything for its language. */
function supported(lang) {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(lang)[0];
  } catch {
    return undefined;
  }
}
