import { act, createElement } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "research-socket";
import { useResearch } from "research-socket/react";
import { Progress, follow } from "../subject.js";

jest.mock("research-socket");
jest.mock("research-socket/react");

test("the package is mocked by its name", async () => {
  const research = { on: jest.fn() };
  connect.mockResolvedValue({ subscribe: () => research });
  const show = jest.fn();
  await follow("research-1", show);
  const [[event, hear]] = research.on.mock.calls;
  expect(event).toBe("update");
  hear({ message: "Searching" });
  expect(show).toHaveBeenCalledWith("Searching");
});

test("so is the hook", async () => {
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  useResearch.mockReturnValue({ state: { progress: 40 }, connection: { name: "connected" } });
  const place = document.createElement("div");
  const root = createRoot(place);
  await act(async () => root.render(createElement(Progress, { id: "research-1" })));
  expect(place.textContent).toBe("connected: 40");
  await act(async () => root.unmount());
});
