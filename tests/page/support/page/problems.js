// What a page complains of, where a driver does not tell it: errors, rejections, what it writes on the console, and breaches of its policy.

globalThis.problems = [];
{
  const note = (kind, what) => problems.push(`${kind}: ${what?.stack || what?.message || what}`);
  addEventListener("error", ({ error, message, target }) => note("error", target instanceof Element ? target.outerHTML : (error ?? message)), true);
  addEventListener("unhandledrejection", ({ reason }) => note("rejection", reason));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => note("policy", `${violatedDirective} ${blockedURI}`));
  for (const level of ["error", "warn"]) {
    const write = console[level];
    console[level] = (...words) => {
      note(level, words.join(" "));
      write.apply(console, words);
    };
  }
}
