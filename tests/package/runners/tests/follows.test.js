import { connect } from "research-socket";

test("connect() follows a research over Node's fetch, and says what to mock", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const client = await connect();
  const lines = [];
  const research = client.subscribe("research-1");
  research.on("log", ({ message }) => lines.push(message));
  const { status } = await research.done;
  client.close();
  expect(status).toBe("completed");
  expect(lines.length).toBeGreaterThanOrEqual(100);
  expect(warn.mock.calls.map(([words]) => words)).toEqual([expect.stringMatching(/runs as JavaScript.*vi\.mock\("research-socket"\)/)]);
}, 60_000);
