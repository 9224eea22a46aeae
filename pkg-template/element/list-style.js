// How a list of researches looks beside what all elements have.

export const CSS = `
.all, .list { display: grid; gap: .75rem; grid-template-columns: minmax(0, 1fr) }
.list { list-style: none; margin: 0; padding: 0 }
.connection { font-size: .875em; min-block-size: 2rem }
.research { display: grid; gap: .25rem; grid-template-columns: minmax(0, 1fr); border: 1px solid var(--_border); border-radius: .5rem; padding: .5rem .75rem }
.line { min-block-size: 0; align-items: baseline; flex-wrap: nowrap }
.title { font-weight: 600; min-inline-size: 0; overflow-wrap: anywhere }
.state, .fresh { flex: none; max-inline-size: 100% }
.state { justify-content: end; flex-wrap: nowrap }
.status { font-weight: 400 }
.percent:empty { display: none }
.doing { flex: 1; min-inline-size: 0; min-block-size: 1.5em; overflow-wrap: anywhere }
.task, .failure-text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; overflow: hidden }
.failure-text { color: var(--_bad) }
.fresh { font-size: .875em; color: var(--_muted); font-variant-numeric: tabular-nums }
.fresh.quiet { color: var(--_warn) }
.track { block-size: .5rem }
.empty { color: var(--_muted) }
@container (max-width: 30rem) {
  .line, .state { flex-wrap: wrap }
  .state { justify-content: start }
}
`;
