// What is minified has a map, which leads a browser's tools and a user's report back to the source.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { SourceMap } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { packageFolder } from "../page/support/places.mjs";

const MINIFIED = ["index.js", "compat.js", "compat-element.js", "doctor.js", "element.js", "groups.js", "list.js", "log-tools.js", "page-mark.js", "steps.js", "strip.js", "timeline.js", "words-de.js", "wrap.js", "react.js", "vue.js", "svelte.js", "inline.js", "research-socket.compat.js"];
/** @param {string} name */
const text = (name) => readFile(path.join(packageFolder(), name), "utf8");

test("each module that pages load has a map with the source of what people have written", async () => {
  const mapped = (await readdir(packageFolder())).filter((name) => name.endsWith(".map"));
  assert.deepEqual(mapped.sort(), MINIFIED.map((name) => `${name}.map`).sort());
  for (const name of MINIFIED) {
    assert.ok((await text(name)).endsWith(`\n//# sourceMappingURL=${name}.map\n`), name);
    const { sources, sourcesContent } = JSON.parse(await text(`${name}.map`));
    for (const [at, source] of sources.entries()) {
      assert.match(source, /^(\w+\/)?[\w-]+\.\w+$/, `${name}: ${source}`);
      assert.equal(sourcesContent[at] === null, source.startsWith("research_socket"), `${name}: ${source}`);
    }
  }
});

test("maps lead to the place in the source, also behind the comments that the build puts back", async () => {
  for (const name of ["index.js", "inline.js"]) {
    const place = await find(name, "@vite-ignore */");
    assert.equal(place.source, "core/core.js");
    assert.match(place.rest, /^address\.href/);
    const later = await find(name, '"./research_socket_core.js"');
    assert.equal(later.source, "core/core.js");
    assert.match(later.rest, /^(\(?await )?(import\()?"\.\/research_socket_core\.js"/);
  }
  const first = await find("index.js", '"ResearchSocketError"');
  assert.equal(first.source, "client/error.js");
});

/**
 * Where the map of a script says that it has a text from, or what follows it if that is a comment.
 * @param {string} name @param {string} words
 */
async function find(name, words) {
  const script = await text(name);
  const from = script.indexOf(words) + (words.endsWith("*/") ? words.length : 0);
  assert.ok(from >= words.length, `${name} has no ${words}`);
  const before = script.slice(0, from).split("\n");
  const map = JSON.parse(await text(`${name}.map`));
  const entry = new SourceMap(map).findEntry(before.length - 1, before.at(-1).length);
  const lines = map.sourcesContent[map.sources.indexOf(entry.originalSource)].split("\n");
  return { source: entry.originalSource, rest: lines[entry.originalLine].slice(entry.originalColumn) };
}
