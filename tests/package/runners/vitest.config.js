const url = process.env.RESEARCH_SERVER;
const include = ["tests/{everywhere,follows,mocked.vitest}.test.js"];
const project = (environment, environmentOptions) => ({ test: { name: environment, environment, environmentOptions, include, globals: true } });

export default { test: { projects: [project("jsdom", { jsdom: { url } }), project("happy-dom", { happyDOM: { url } })] } };
