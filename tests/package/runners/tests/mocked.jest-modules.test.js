import { jest } from "@jest/globals";

const research = { on: jest.fn() };
jest.unstable_mockModule("research-socket", () => ({ connect: async () => ({ subscribe: () => research }) }));
const { follow } = await import("../subject.js");

test("the package is mocked by its name", async () => {
  const show = jest.fn();
  await follow("research-1", show);
  const [[event, hear]] = research.on.mock.calls;
  expect(event).toBe("update");
  hear({ message: "Searching" });
  expect(show).toHaveBeenCalledWith("Searching");
});
