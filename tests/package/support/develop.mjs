// Vite's development server.

import { rm } from "node:fs/promises";
import path from "node:path";
import { freePort } from "../../page/support/servers.mjs";
import { tool } from "./places.mjs";
import { serve } from "./run.mjs";

/**
 * Starts a development server in a folder from nothing, and returns its address.
 * @param {import("node:test").TestContext} t @param {string} cwd @param {import("./server.mjs").Server} server
 * @param {string} vite the package with the version of Vite
 */
export async function develop(t, cwd, server, vite) {
  await rm(path.join(cwd, "node_modules/.vite"), { recursive: true, force: true });
  const args = [`--port=${await freePort()}`, "--host=127.0.0.1", "--strictPort", "--clearScreen=false"];
  const env = { RESEARCH_SERVER: server.url };
  return serve(t, tool(vite), args, { cwd, env, ready: /Local: +(http:\/\/127\.0\.0\.1:\d+\/)/ });
}
