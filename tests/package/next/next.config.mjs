import { fileURLToPath } from "node:url";

// The frameworks are installed one folder above, for all consumers.
export default { turbopack: { root: fileURLToPath(new URL("..", import.meta.url)) } };
