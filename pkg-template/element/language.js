// The language that an element speaks: English is there, and others are files that only a page in them loads.

/** @type {Record<string, () => Promise<{ WORDS: Record<string, string> }>>} */
const FILES = { de: () => import("./words-de.js") };

/** What is there. @type {Record<string, Record<string, string>>} */
const found = { en: {} };

/** The language of what is around an element, its own first. @param {Element} element */
export function languageOf(element) {
  return element.closest("[lang]")?.getAttribute("lang") || document.documentElement.lang || "en";
}

/**
 * The words that a language has instead of the English ones. Undefined as long as they are not there: `then` is called once they are.
 * @param {string} lang @param {() => void} then
 */
export function wordsOf(lang, then) {
  const [name] = lang.toLowerCase().split(/[-_]/);
  if (!Object.hasOwn(FILES, name)) return found.en;
  // Where the file cannot be had, English says more than nothing; the browser says of the file that it failed.
  if (!found[name]) FILES[name]().then(({ WORDS }) => WORDS, () => found.en).then((words) => ((found[name] ??= words), then()));
  return found[name];
}
