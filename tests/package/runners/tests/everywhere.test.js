import { act, createElement } from "react";
import { createRoot } from "react-dom/client";
import "research-socket/compat";
import * as index from "research-socket";
import * as doctor from "research-socket/doctor";
import * as inline from "research-socket/inline";
import * as react from "research-socket/react";
import { Progress } from "../subject.js";

test("each entry point has what it is imported for", () => {
  for (const { connect, ResearchSocketError } of [index, inline]) {
    expect(typeof connect).toBe("function");
    expect(new ResearchSocketError("CLOSED", "closed").code).toBe("CLOSED");
  }
  expect(typeof doctor.doctor).toBe("function");
  expect(typeof react.useResearch).toBe("function");
  expect(typeof window.socket.subscribeToResearch).toBe("function");
});

test("a component that uses the hook is rendered, without a mock", async () => {
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  const place = document.createElement("div");
  const root = createRoot(place);
  await act(async () => root.render(createElement(Progress, { id: "research-2" })));
  expect(place.textContent).toMatch(/^(connecting|stopped): \?$/);
  await act(async () => root.unmount());
});
