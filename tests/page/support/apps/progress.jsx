// A page that shows researches with the hooks, and writes down what it rendered.

import { Component, StrictMode, Suspense, useState } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { useConnection, useResearch, useResearchLog, useSuspenseResearch } from "research-socket/react";

const app = { seen: [], roots: [], thrown: null, show: undefined };
window.app = app;

export function Progress({ id, options }) {
  const snapshot = useResearch(id, options);
  app.snapshot = snapshot;
  const { state, connection, end } = snapshot;
  const lines = useResearchLog(id, { ...options, tail: Infinity });
  app.seen.push({ at: performance.now(), progress: state.progress, lines: lines.length, connection: connection.name, end: end?.status ?? null });
  return <p>{`${id}: ${state.progress ?? "unknown"}, ${lines.length} lines, ${connection.name}, ${end?.status ?? "not over"}`}</p>;
}

/** What a development server puts in its place when the file was edited: another component, with nothing of the old one's. */
function edited() {
  return function Progress(props) {
    return <ProgressOf {...props} />;
  };
}
const ProgressOf = Progress;

class Boundary extends Component {
  state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  componentDidCatch(error) {
    app.thrown = `${error.name}: ${error.message}`;
  }
  render() {
    return this.state.failed ? "failed" : this.props.children;
  }
}

/** Several that show the same; which component does can be changed from outside. */
function Page({ id, options, count }) {
  const [Shown, show] = useState(() => Progress);
  app.show = show;
  return Array.from({ length: count }, (_, n) => <Shown key={n} id={id} options={options?.()} />);
}

app.page = ({ id, strict = true, count = 1, options = undefined }) => {
  const page = <Boundary><Page id={id} options={options} count={count} /></Boundary>;
  return strict ? <StrictMode>{page}</StrictMode> : page;
};

/** How often each part was rendered, and what of it last. */
app.parts = {};

const PARTS = {
  research: ({ id }) => {
    const { state } = useResearch(id);
    app.historyRead = state.historyRead;
    return state.progress;
  },
  warnings: ({ id }) => useResearchLog(id, { tail: 2, level: "warning" }).map(({ message }) => message).join(),
  connection: () => useConnection().connection.name,
  suspense: ({ id }) => useSuspenseResearch(id).state.progress,
};

function Part({ name, id }) {
  const shown = PARTS[name]({ id });
  const { renders, all } = (app.parts[name] ??= { renders: 0, all: [] });
  app.parts[name] = { renders: renders + 1, all: all.at(-1) === shown ? all : [...all, shown] };
  return <p>{`${name} ${shown}`}</p>;
}

app.mountParts = (id, strict) => {
  const root = createRoot(document.querySelector("main"));
  app.roots.push(root);
  const parts = Object.keys(PARTS).map((name) => <Suspense key={name} fallback={`waits for ${name}`}><Part name={name} id={id} /></Suspense>);
  root.render(strict ? <StrictMode>{parts}</StrictMode> : parts);
};

app.mount = (given) => {
  const root = createRoot(document.querySelector("main"), { onCaughtError() {} });
  app.roots.push(root);
  root.render(app.page(given));
};

app.hydrate = (given) => app.roots.push(hydrateRoot(document.querySelector("main"), app.page(given)));

app.unmount = () => app.roots.splice(0).forEach((root) => root.unmount());

app.edit = () => app.show(() => edited());
