// How the element looks. Constructed, so that a policy without 'unsafe-inline' for styles allows it.

// A browser without light-dark() shows the page's own colours.
const CSS = `
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
  --_mark: var(--research-mark, light-dark(#fff1a8, #5c4a00));
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
.head { display: grid; gap: .5rem; padding-block-end: .75rem }
.line { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: center; min-block-size: 2rem }
.state { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline }
.status { font-weight: 600 }
.status[data-status=completed] { color: var(--_good) }
.status[data-status=failed], .status[data-status=error] { color: var(--_bad) }
.percent { font-variant-numeric: tabular-nums }
.queue, .engine, .end-words { color: var(--_muted) }
.connection { display: flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center }
.connection-words { font-variant-numeric: tabular-nums }
.connection-dot { inline-size: .6em; block-size: .6em; border-radius: 50%; background: var(--_warn); forced-color-adjust: none }
[data-tone=good] > .connection-dot { background: var(--_good) }
[data-tone=bad] > .connection-dot { background: var(--_bad); border-radius: 0 }
.track { block-size: .75rem; border: 1px solid var(--_control); border-radius: 1rem; overflow: hidden; background: var(--_raised) }
.bar { block-size: 100%; inline-size: 0; background: var(--_accent); transition: inline-size .3s }
[data-end=completed] > .bar { background: var(--_good) }
[data-end=failed] > .bar, [data-end=error] > .bar { background: var(--_bad) }
.doing { flex: 1 1 12rem; min-inline-size: 0; overflow-wrap: anywhere }
.task { min-block-size: 1.5em }
.engine { font-size: .875em }
.actions, .question, .end, .quiet { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
.failure { border: 1px solid var(--_bad); border-inline-start-width: .3rem; border-radius: .25rem; padding: .5rem .75rem; overflow-wrap: anywhere }
.failure-title, .cancel-error { color: var(--_bad) }
.quiet { color: var(--_warn) }
.end-words { flex: 1 1 100%; overflow-wrap: anywhere }
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
button[aria-pressed=true] { background: var(--_accent); border-color: var(--_accent); color: var(--_back) }
.cancel-yes { border-color: var(--_bad); color: var(--_bad) }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px }
.log { border: 1px solid var(--_border); border-radius: .5rem; overflow: clip }
.tools { display: flex; flex-wrap: wrap; gap: .4rem .6rem; padding: .4rem .5rem; background: var(--_raised); align-items: center }
.filters, .finder, .downloads { display: flex; flex-wrap: wrap; gap: .25rem; align-items: center }
.filter { display: inline-flex; gap: .4em }
.count { font-variant-numeric: tabular-nums; opacity: .85 }
.finder { flex: 1 1 14rem; justify-content: end }
.search { flex: 1 1 8rem; min-inline-size: 0; max-inline-size: 20rem }
.hits { font-size: .875em; font-variant-numeric: tabular-nums; min-inline-size: 4em; text-align: end }
.downloads { margin-inline-start: auto; font-size: .875em }
.downloads button { font-size: 1em }
.frame { position: relative; border-block: 1px solid var(--_border) }
.view {
  position: relative;
  block-size: var(--research-log-height, 24rem);
  overflow: auto;
  overflow-x: hidden;
  overflow-anchor: none;
  overscroll-behavior: contain;
  contain: strict;
  font: var(--research-log-font, .8125rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace);
}
.view:focus-visible { outline-offset: -2px }
.empty { position: absolute; inset: 1rem 1rem auto; color: var(--_muted); pointer-events: none }
.sizer { position: relative; overflow: clip }
.layer { position: absolute; inset-inline: 0 }
.row {
  position: absolute;
  inset-inline: 0;
  display: flex;
  gap: 1ch;
  block-size: var(--research-row-height, 1.7em);
  line-height: var(--research-row-height, 1.7em);
  padding-inline: .5rem;
  white-space: pre;
  overflow: hidden;
  user-select: none;
  -webkit-user-select: none;
  cursor: default;
  contain: strict;
}
.probe { visibility: hidden }
.row > span { flex: none; overflow: hidden; text-overflow: ellipsis }
.number { inline-size: calc(var(--digits, 3) * 1ch); text-align: end; color: var(--_muted) }
.time { inline-size: 8ch; color: var(--_muted) }
.level { inline-size: 11ch }
.row > .text { flex: 1; min-inline-size: 0 }
.repeats { color: var(--_muted) }
[data-level=trace], [data-level=debug] { color: var(--_muted) }
[data-level=success] { color: var(--_good) }
[data-level=warning], [data-level=gap] { color: var(--_warn) }
[data-level=error], [data-level=critical] { color: var(--_bad) }
[data-level=milestone] { font-weight: 700 }
:is([data-level=warning], [data-level=gap], [data-level=error], [data-level=critical], [data-level=milestone]) {
  border-inline-start: 3px solid;
  padding-inline-start: calc(.5rem - 3px);
}
[data-level=gap] { font-style: italic; background: var(--_raised) }
.row[aria-selected=true] { background: var(--_chosen) }
.view:focus-visible .row[data-current] { outline: 2px solid var(--_accent); outline-offset: -2px }
.mark { background: var(--_mark); color: inherit; outline: 1px solid var(--_control) }
.detail { padding: .5rem; background: var(--_raised) }
.detail-head { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; font-size: .875em }
.detail-title { font-weight: 600; margin-inline-end: auto }
.detail-head button { font-size: 1em }
.detail-text {
  max-block-size: 14rem;
  overflow: auto;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  font: var(--research-log-font, .8125rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace);
}
@container (max-width: 40rem) {
  .time { display: none }
  .level { inline-size: 4ch }
}
@container (max-width: 24rem) {
  .level { display: none }
  .downloads { margin-inline-start: 0 }
}
@media (prefers-reduced-motion: reduce) {
  .bar { transition: none }
}
@media (forced-colors: active) {
  .bar { background: Highlight; forced-color-adjust: none }
  .connection-dot { background: CanvasText }
  button[aria-pressed=true], .row[aria-selected=true], .mark { background: Highlight; color: HighlightText; forced-color-adjust: none }
  .row[aria-selected=true] * { color: HighlightText }
}
`;

/** One for all elements of a page. @type {CSSStyleSheet | undefined} */
let sheet;

export function styleSheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
