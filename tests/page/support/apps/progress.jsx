// A page that shows researches with `useResearch`, and writes down what it rendered.

import { Component, StrictMode, useState } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { useResearch } from "research-socket/react";

const app = { seen: [], roots: [], thrown: null, show: undefined };
window.app = app;

export function Progress({ id, options }) {
  const snapshot = useResearch(id, options);
  app.snapshot = snapshot;
  const { state, connection, end } = snapshot;
  app.seen.push({ at: performance.now(), progress: state.progress, lines: state.logs.length, connection: connection.name, end: end?.status ?? null });
  return <p>{`${id}: ${state.progress ?? "unknown"}, ${state.logs.length} lines, ${connection.name}, ${end?.status ?? "not over"}`}</p>;
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

app.mount = (given) => {
  const root = createRoot(document.querySelector("main"), { onCaughtError() {} });
  app.roots.push(root);
  root.render(app.page(given));
};

app.hydrate = (given) => app.roots.push(hydrateRoot(document.querySelector("main"), app.page(given)));

app.unmount = () => app.roots.splice(0).forEach((root) => root.unmount());

app.edit = () => app.show(() => edited());
