// How the elements look. Constructed, so that a policy without 'unsafe-inline' allows it.

// A browser without light-dark() shows the page's own colours.
/** What all elements have. */
const BASE = `
:host {
  --_text: var(--research-text, light-dark(#1f2328, #e6edf3));
  --_muted: var(--research-muted, light-dark(#59636e, #9da7b3));
  --_back: var(--research-background, light-dark(#fff, #0d1117));
  --_raised: var(--research-raised, light-dark(#f6f8fa, #161b22));
  --_border: var(--research-border, light-dark(#d1d9e0, #3d444d));
  --_control: var(--research-control-border, #7d8590);
  --_accent: var(--research-accent, light-dark(#0b61d8, #6cb0ff));
  --_good: var(--research-good, light-dark(#116329, #4fcf63));
  --_warn: var(--research-warning, light-dark(#7d4e00, #e3b341));
  --_bad: var(--research-error, light-dark(#b3151f, #ff8a84));
  --_mark: var(--research-mark, light-dark(#fff1a8, #463800));
  --_chosen: var(--research-selected, light-dark(#ddeefe, #12365f));
  display: block;
  container-type: inline-size;
  color: var(--_text);
  background: var(--_back);
  font: var(--research-font, 1rem/1.5 system-ui, sans-serif);
  text-align: start;
}
:host([theme=light]) { color-scheme: light }
:host([theme=dark]) { color-scheme: dark }
:host([hidden]), [hidden] { display: none !important }
* { box-sizing: border-box }
p, pre { margin: 0 }
[dir=auto] { text-align: -webkit-match-parent; text-align: match-parent }
.spoken {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.line { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: center; min-block-size: 2rem }
.state { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline }
.status { font-weight: 600 }
.status[data-status=completed] { color: var(--_good) }
.status[data-status=failed], .status[data-status=error] { color: var(--_bad) }
.percent { font-variant-numeric: tabular-nums }
.connection { display: flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center }
.connection-words { font-variant-numeric: tabular-nums }
.connection-dot { inline-size: .6em; block-size: .6em; border-radius: 50%; background: var(--_warn); forced-color-adjust: none }
[data-tone=good] > .connection-dot { background: var(--_good) }
[data-tone=bad] > .connection-dot { background: var(--_bad); border-radius: 0 }
.track { block-size: .75rem; border: 1px solid var(--_control); border-radius: 1rem; overflow: hidden; background: var(--_raised) }
.bar { block-size: 100%; inline-size: 0; background: var(--_accent); transition: inline-size .3s }
[data-end=completed] > .bar { background: var(--_good) }
[data-end=failed] > .bar, [data-end=error] > .bar { background: var(--_bad) }
.failure { border: 1px solid var(--_bad); border-inline-start-width: .3rem; border-radius: .25rem; padding: .5rem .75rem; overflow-wrap: anywhere }
.failure-title, .cancel-error { color: var(--_bad) }
.quiet { color: var(--_warn) }
button, .button, input {
  font: inherit;
  font-size: .875em;
  color: inherit;
  background: var(--_back);
  border: 1px solid var(--_control);
  border-radius: .35rem;
  padding: .2rem .6rem;
  min-block-size: 1.75rem;
  min-inline-size: 1.75rem;
  max-inline-size: 100%;
}
a { color: var(--_accent) }
.button { text-decoration: none; cursor: pointer }
button { cursor: pointer }
button:hover, a.button:hover { background: var(--_raised) }
button:disabled, [aria-disabled=true] { color: var(--_muted); border-style: dashed; cursor: default }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px }
@media (prefers-reduced-motion: reduce) {
  .bar { transition: none }
}
@media (forced-colors: active) {
  .track > .bar { background: Highlight; forced-color-adjust: none }
  .connection-dot { background: CanvasText }
}
`;

/** One for all elements of a page. @type {Map<string, CSSStyleSheet>} */
const sheets = new Map();

/** @param {string} css what an element has besides */
export function styleSheets(css) {
  return [BASE, css].map((text) => {
    let sheet = sheets.get(text);
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      sheets.set(text, sheet);
    }
    return sheet;
  });
}
