// The documents: that their links lead somewhere, and that the guides have every word that a person can meet.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { CODES } from "../../pkg-template/doctor/findings.js";
import { COMMON, PROGRESS, TOOLS } from "../../pkg-template/element/words.js";
import { anchorsOf, blocksOf, DOCUMENTS, linksOf, nameOf, proseOf, read, rowsOf } from "../page/support/documents.mjs";
import { ROOT } from "../page/support/places.mjs";

const GUIDE = "docs/guides/what-now.md";

/** The members of a union of strings in the types. @param {string} file @param {string} name */
function union(file, name) {
  const [, body] = read(`pkg-template/${file}`).match(new RegExp(`export type ${name} =([^;]+);`)) ?? assert.fail(`no ${name}`);
  return Array.from(body.matchAll(/"([^"]+)"/g), ([, member]) => member);
}

/** What stands under a heading of the guide, up to the next one of its level. @param {string} heading */
function section(heading) {
  const text = read(GUIDE);
  const [before, level] = text.match(new RegExp(`^(#+) ${heading}$`, "m")) ?? assert.fail(`no section ${heading}`);
  const from = text.indexOf(`${before}\n`) + before.length;
  const length = text.slice(from).search(new RegExp(`^#{1,${level.length}} `, "m"));
  return text.slice(from, length < 0 ? undefined : from + length);
}

/** The codes in the first column of a section's tables, or in another one. @param {string} heading */
const codesOf = (heading, column = 0) => rowsOf(section(heading)).flatMap((cells) => Array.from(cells[column].matchAll(/`"?([^`"]+)"?`/g), ([, code]) => code));

for (const document of DOCUMENTS) {
  test(`the links of ${document} lead somewhere`, () => {
    for (const link of linksOf(document)) {
      if (/^https?:/.test(link)) continue;
      const [file, anchor] = link.split("#");
      const target = path.join(path.dirname(document), file || path.basename(document));
      assert.ok(existsSync(path.join(ROOT, target)), `${link}: no such file`);
      if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${link}: no such heading`);
    }
  });
}

/** What runs the code of a document, by the words behind its fence. */
const RUN_BY = {
  "tests/page/documents": ["diff", "html", "http", "js", "jsx", "python", "python part", "svelte", "vue"],
  "tests/package/documents": ["js jest", "sh"],
  "tests/page/nginx": ["nginx"],
  "tests/cluster": ["haproxy"],
};

/** What the cluster of the tests is run with. */
const CLUSTER = ["gunicorn.conf.py", "haproxy.cfg", "nginx-cookie.conf", "nginx-ip-hash.conf", "tell.py"];

test("the guide to several workers shows the files that the cluster of the tests is run with", () => {
  const blocks = blocksOf("docs/guides/several-workers.md");
  const files = CLUSTER.map((name) => read(`tests/cluster/${name}`).trimEnd());
  for (const [n, file] of files.entries()) assert.ok(blocks.some(({ code }) => code === file), CLUSTER[n]);
  for (const block of blocks.filter(({ language }) => ["haproxy", "nginx"].includes(language))) assert.ok(files.includes(block.code), nameOf(block));
});

test("all code of the documents is run by a test", () => {
  const known = Object.values(RUN_BY).flat();
  for (const block of DOCUMENTS.flatMap(blocksOf)) assert.ok(known.includes(`${block.language} ${block.mark}`.trim()), `${nameOf(block)} ${block.mark}`);
});

for (const [heading, file, name] of [
  ["States", "index.d.ts", "StateName"],
  ["Error codes", "index.d.ts", "ErrorCode"],
  ["Warnings", "index.d.ts", "WarningCode"],
  ["Findings of the doctor", "doctor.d.ts", "FindingCode"],
]) {
  test(`"It says … what now" has each ${name}, once and no other`, () => {
    assert.deepEqual(codesOf(heading).toSorted(), union(file, name).toSorted());
  });
}

test('"It says … what now" has each reason of a refusal and of a disconnect', () => {
  const told = section("Other events");
  for (const refusal of union("index.d.ts", "Refusal")) assert.ok(told.includes(`\`refusal\` with \`"${refusal}"\``), refusal);
  for (const reason of union("index.d.ts", "DisconnectReason")) assert.match(told, new RegExp(`\`disconnect\`.*\`${reason}\``), reason);
});

test('"It says … what now" has each finding of the doctor in the words of the doctor', () => {
  const values = new Proxy({}, { get: () => "…" });
  const said = Object.fromEntries(rowsOf(section("Findings of the doctor")).slice(1).map(([code, words]) => [code.slice(1, -1), words]));
  const expected = Object.fromEntries(Object.entries(CODES).map(([code, { message }]) => [code, message(values)]));
  // A server of Socket.IO 2 is one of two things that it can say.
  assert.deepEqual(said, expected);
});

test('"It says … what now" has each message of the core\'s failures', () => {
  const source = read("src/failure.rs");
  const [, body] = source.match(/pub fn message\(&self\) -> String \{([^]*?)\nimpl fmt::Display/) ?? assert.fail("no messages");
  // A line that ends with a backslash goes on without its indentation.
  const messages = Array.from(body.replace(/\\\n\s*/g, "").matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, words]) => words.trim()).filter((words) => words.length > 8);
  assert.ok(messages.length > 30, String(messages.length));
  const guide = section("Error codes");
  assert.deepEqual(messages.filter((words) => !guide.includes(words)), []);
});

test('"It says … what now" has what the elements say of the connection, of gaps and of what fails', () => {
  const said = rowsOf(section("In the element")).map(([words]) => words);
  // Statuses, percentages and the names of buttons say themselves.
  const plain = /^(progress|percent|sign_in|retry|live|status_(?!unknown))/;
  const own = ["empty", "gap_missing", "gap_recovered", "gap_unknown", "cancel_failed", "copy_too_many"];
  const keys = [...Object.keys(COMMON).filter((key) => !plain.test(key)), ...own];
  const missing = keys.filter((key) => {
    const [words] = ({ ...COMMON, ...PROGRESS, ...TOOLS })[key].split("|").slice(-1);
    return !said.includes(words.replace(/\{\w+\}/g, "…"));
  });
  assert.deepEqual(missing, []);
});

test('"Coming from socket.io-client" says "the same" of what there is', () => {
  const types = read("pkg-template/index.d.ts");
  const rows = rowsOf(proseOf("docs/guides/socket-io-client.md")).filter(([, here]) => here === "the same");
  assert.ok(rows.length > 10);
  for (const [theirs] of rows) {
    for (const [, code] of theirs.matchAll(/`([^`]+)`/g)) {
      const name = code.replace(/^socket\./, "").match(/^(?:timeout\(ms\)\.|volatile\.)?(\w+)/)?.[1] ?? code;
      assert.ok(new RegExp(`^  (?:readonly )?${name}\\b|"${code}"|\`${name}\``, "m").test(types), code);
    }
  }
});

test("the CHANGELOG has what is coming first, then the version of Cargo.toml with its date", () => {
  const [, version] = read("Cargo.toml").match(/^version = "(.+)"$/m) ?? assert.fail("no version");
  const [coming, newest] = Array.from(read("CHANGELOG.md").matchAll(/^## (.+)$/gm), ([, heading]) => heading);
  assert.equal(coming, "[Unreleased]");
  assert.match(newest ?? "", new RegExp(`^\\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d{2}-\\d{2}$`));
});
