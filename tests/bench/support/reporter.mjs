// A bench prints its own table; of the runner only what failed is of interest.

export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type !== "test:fail" || data.details.error.failureType === "subtestsFailed") continue;
    const { error } = data.details;
    yield `FAILED: ${data.name}\n${error.cause?.stack ?? error.cause ?? error}\n`;
  }
}
