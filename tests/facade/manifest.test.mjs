// What custom-elements.json says of the elements is what they have: editors and catalogues read it instead of the code.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { FILTERS, LEVELS } from "../../pkg-template/element/lines.js";
import { createResearchList } from "../../pkg-template/element/list.js";
import { createResearchProgress } from "../../pkg-template/element/progress.js";

const FOLDER = new URL("../../pkg-template/", import.meta.url);
const read = (name) => readFile(new URL(name, FOLDER), "utf8");
const manifest = JSON.parse(await read("custom-elements.json"));
const sorted = (names) => [...new Set(names)].sort();
const names = (all) => all.map(({ name }) => name);

/** A module with all that it imports, now or later. */
async function sourceOf(name, found = new Map()) {
  if (found.has(name)) return found;
  found.set(name, await read(name));
  for (const [, other] of found.get(name).matchAll(/(?:from |import\()"(\.\/[\w-]+\.js)"/g)) await sourceOf(new URL(other, new URL(name, "file:///")).pathname.slice(1), found);
  return found;
}

/** The members of an interface in a declaration. */
function membersOf(text, name) {
  const [, body] = text.match(new RegExp(`export interface ${name}(?: extends \\w+)? \\{\n([^]*?)\n\\}`));
  return Array.from(body.matchAll(/^  (?:readonly )?"?([\w-]+)"?\??:/gm), ([, member]) => member);
}

for (const [path, main, create] of [["element", "progress", createResearchProgress], ["list", "list", createResearchList]]) {
  const Class = create(async () => {});
  const { declarations, exports } = manifest.modules.find((module) => module.path === `${path}.js`);
  const [declared] = declarations;
  const source = [...(await sourceOf(`element/${main}.js`)).values()].join("\n");
  const types = await read(`${path}.d.ts`);

  test(`the manifest names what ${path}.js exports and defines`, async () => {
    const text = await read(`${path}.js`);
    assert.deepEqual(names(exports), [declared.name, declared.tagName]);
    assert.match(text, new RegExp(`export const ${declared.name} =`));
    assert.match(text, new RegExp(`customElements\\.define\\("${declared.tagName}", ${declared.name}\\)`));
    assert.ok(exports.every(({ declaration }) => declaration.name === declared.name && declaration.module === `${path}.js`));
  });

  test(`the manifest has the attributes of ${declared.tagName}, and so have its types`, async () => {
    const attributes = names(declared.attributes);
    const asked = Array.from(source.matchAll(/(?:(?:get|has)Attribute\(|addressOf\(this, )"([\w-]+)"/g), ([, name]) => name).filter((name) => !name.startsWith("aria-"));
    const links = Array.from(source.matchAll(/link\("([\w-]+)"/g), ([, name]) => name);
    const styled = Array.from(source.matchAll(/:host\(\[(\w+)=/g), ([, name]) => name);
    assert.deepEqual(sorted(attributes), sorted([...Class.observedAttributes, ...asked, ...links, ...styled]));
    const typed = [...membersOf(types, `${declared.name}Attributes`), ...membersOf(await read("element.d.ts"), "ConnectionAttributes")];
    assert.deepEqual(sorted(attributes), sorted([...typed, "lang"]));
    for (const { fieldName } of declared.attributes) if (fieldName) assert.ok(names(declared.members).includes(fieldName), fieldName);
  });

  test(`the manifest has the members of ${declared.tagName}`, () => {
    const own = Object.getOwnPropertyNames(Class.prototype).filter((name) => !/^constructor$|Callback$/.test(name));
    assert.deepEqual(sorted(names(declared.members)), sorted(own));
    for (const { name, kind } of declared.members) {
      const { value } = Object.getOwnPropertyDescriptor(Class.prototype, name);
      assert.equal(kind, value ? "method" : "field", name);
    }
  });

  test(`the manifest has the events of ${declared.tagName}, and so have its types`, () => {
    const told = Array.from(source.matchAll(/tell\(this, "(research-\w+)"/g), ([, name]) => name);
    const ofRows = Array.from(source.matchAll(/=> tell\("(\w+)"|\btell\("(\w+)", /g), ([, one, other]) => `research-${one ?? other}`);
    assert.deepEqual(sorted(names(declared.events)), sorted([...told, ...ofRows]));
    assert.deepEqual(sorted(names(declared.events)), sorted(membersOf(types, `${declared.name}Events`)));
  });

  test(`the manifest has the slots and parts of ${declared.tagName}`, () => {
    const slots = Array.from(source.matchAll(/make\("slot", "", \{ name: "([\w-]+)"/g), ([, name]) => name);
    assert.deepEqual(sorted(names(declared.slots)), sorted(slots));
    const given = source.matchAll(/(?:make\("\w+", |button\(|step\(|part: (?:\w+ \? )?)["`]([^"`]+)["`]/g);
    const parts = Array.from(given, ([, all]) => all.split(" ")).flat().flatMap((name) => {
      if (!name.includes("${")) return name;
      const variants = name.startsWith("row-") ? LEVELS : Object.keys(FILTERS);
      return variants.map((variant) => name.replace(/\$\{\w+\}/, variant));
    });
    assert.deepEqual(sorted(names(declared.cssParts)), sorted(parts));
  });

  test(`the manifest has the CSS custom properties of ${declared.tagName} that it uses`, () => {
    const defined = Object.fromEntries(Array.from(source.matchAll(/--_(\w+): var\((--research-[\w-]+)/g), ([, name, property]) => [name, property]));
    const used = Array.from(source.matchAll(/var\(--_(\w+)\)/g), ([, name]) => defined[name]);
    const direct = Array.from(source.matchAll(/(?<!--_\w+: )var\((--research-[\w-]+)/g), ([, property]) => property);
    assert.deepEqual(sorted(names(declared.cssProperties)), sorted([...used, ...direct]));
  });
}

test("the package says where the manifest is, and has it", async () => {
  const { customElements, exports, files } = JSON.parse(await read("package.json"));
  assert.equal(customElements, "custom-elements.json");
  assert.equal(exports["./custom-elements.json"], "./custom-elements.json");
  assert.ok(files.includes("custom-elements.json"));
});
