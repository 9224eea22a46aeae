import { connect } from "research-socket";
import { doctor } from "research-socket/doctor";

test("connect() says what is missing, and what to mock", async () => {
  const error = await connect().catch((reason) => reason);
  expect(error.code).toBe("UNSUPPORTED");
  expect(error.message).toMatch(/ fetch,.*jest\.mock\("research-socket"\)/);
});

test("so does the doctor", async () => {
  await expect(doctor()).rejects.toThrow(/needs a page in a browser/);
});
