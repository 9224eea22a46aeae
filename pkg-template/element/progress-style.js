// How a research looks beside what all elements have.

export const CSS = `
.head { display: grid; gap: .5rem; padding-block-end: .75rem }
.queue, .engine, .end-words { color: var(--_muted) }
.doing { flex: 1 1 12rem; min-inline-size: 0; overflow-wrap: anywhere }
.task { min-block-size: 1.5em }
.engine { font-size: .875em }
.actions, .question, .end, .quiet { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
.end-words { flex: 1 1 100%; overflow-wrap: anywhere }
button[aria-pressed=true] { background: var(--_accent); border-color: var(--_accent); color: var(--_back) }
.cancel-yes { border-color: var(--_bad); color: var(--_bad) }
.log { border: 1px solid var(--_border); border-radius: .5rem; overflow: clip }
.tools { display: flex; flex-wrap: wrap; gap: .4rem .6rem; padding: .4rem .5rem; background: var(--_raised); align-items: center }
.collapse::before { content: "− " / "" }
[data-collapsed] .collapse::before { content: "+ " / "" }
[data-collapsed] > :not(:first-child), [data-collapsed] > .tools > :not(.collapse) { display: none }
.filters, .finder, .downloads { display: flex; flex-wrap: wrap; gap: .25rem; align-items: center }
.filter { display: inline-flex; gap: .4em }
.count { font-variant-numeric: tabular-nums; opacity: .85 }
.finder { flex: 1 1 17rem; justify-content: end }
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
@container (max-width: 40rem) {
  .time { display: none }
  .level { inline-size: 4ch }
}
@container (max-width: 24rem) {
  .level { display: none }
  .downloads { margin-inline-start: 0 }
}
@media (forced-colors: active) {
  button[aria-pressed=true], .row[aria-selected=true], .mark { background: Highlight; color: HighlightText; forced-color-adjust: none }
  .row[aria-selected=true] * { color: HighlightText }
}
`;
