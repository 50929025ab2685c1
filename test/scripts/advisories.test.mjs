import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { test } from "node:test";
import { answeredIn, installedIn, knownIn, misfits, packagesIn } from "../../scripts/advisories.ts";

const page = readFileSync("docs/security.md", "utf8");
const lock = readFileSync("package-lock.json", "utf8");
const [first, second] = ["GHSA-8j4g-w8fx-2239", "GHSA-mrhx-c7xc-m3w5"];

/** A page that lists packages, and knows advisories as name, ids and the version that mended them. */
const pageOf = (packages, known) =>
  [
    "## Dependencies\n\nSome.\n\n| package | version |\n| --- | --- |",
    ...packages.map((cells) => `| ${cells.join(" | ")} | for something |`),
    "\n### Advisories found\n\n| package | advisories | what | mended in | used |\n| --- | --- | --- | --- | --- |",
    ...known.map(([name, ids, mendedIn]) => `| ${name} | ${ids} | time | ${mendedIn} | no |`),
    "\n## Another\n\n| jose | 1.0.0 | x | 9.9.9 |\n",
  ].join("\n");
const hono = { name: "hono", version: "4.12.34" };
const listed = [["hono", "4.12.34"]];

void test("no package is installed in a version older than the one that mended it", () => {
  assert.deepEqual(misfits(page, installedIn(lock)), []);
});

void test("the page lists the packages of the worker, those of package.json among them", () => {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const versions = Object.fromEntries(packagesIn(page).map(({ name, version }) => [name, version]));
  assert.deepEqual({ ...versions, ...dependencies }, versions);
  assert.ok(versions["yaml"], "what a dependency of a dependency brings is not listed");
});

void test("the advisories of the page are told by their ids, each once, and are as many as it says", () => {
  assert.match(page, /^\| package +\| advisories +\| what +\| mended in +\| used +\|$/m);
  const advisories = knownIn(page).flatMap((known) => known.advisories);
  const oddlyTold = advisories.filter(
    (one) => !/^(?:GHSA(?:-[2-9cfghjmpqrvwx]{4}){3}|AIKIDO-\d{4}-\d+)(?: \(CVE-\d{4}-\d{4,}\))?$/.test(one),
  );
  assert.deepEqual(oddlyTold, []);
  const ids = advisories.flatMap((one) => one.split(/[ ()]+/)).filter((id) => id !== "");
  assert.equal(new Set(ids).size, ids.length);
  const [, all, ofHono] =
    /the (\d+) advisories that a search .* About hono there are (\d+)\. /.exec(page.replace(/\s+/g, " ")) ??
    [];
  assert.equal(Number(all), advisories.length);
  const rowsOfHono = knownIn(page).filter(({ name }) => name === "hono");
  assert.equal(Number(ofHono), rowsOfHono.flatMap((known) => known.advisories).length);
});

void test("of hono the code imports what the page says, and nothing else", async () => {
  const imported = new Set();
  for await (const path of glob("src/**/*.{js,ts}")) {
    for (const [, name] of (await readFile(path, "utf8")).matchAll(/["'](hono(?:\/[^"']*)?)["']/g)) {
      imported.add(name);
    }
  }
  const [, told = ""] = /Of hono the code imports (.*?); this/s.exec(page) ?? [];
  assert.deepEqual(imported, new Set([...told.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));
});

void test("the version that mended an advisory may be installed, and a newer one, and no older one", () => {
  const versions = [
    "4.12.34",
    "4.12.100",
    "4.13.0",
    "10.0.0",
    "4.12.33",
    "4.9.99",
    "3.99.99",
    "4.12.34-rc.1",
  ];
  const wrong = versions.filter((version) => {
    const told = misfits(pageOf([["hono", version]], [["hono", first, "4.12.34"]]), [{ ...hono, version }]);
    assert.ok(told.every((one) => one === `hono ${version} is older than 4.12.34, which mended ${first}`));
    return told.length > 0;
  });
  assert.deepEqual(wrong, ["4.12.33", "4.9.99", "3.99.99", "4.12.34-rc.1"]);
});

void test("each copy of a package is looked at", () => {
  const older = { name: "hono", version: "4.1.0" };
  const both = pageOf([...listed, ["hono", "4.1.0"]], [["hono", `${first}, ${second}`, "4.12.34"]]);
  assert.deepEqual(misfits(both, [hono, older]), [
    `hono 4.1.0 is older than 4.12.34, which mended ${first}, ${second}`,
  ]);
});

void test("a row about a package that is not in the worker, or without a version, does not fit", () => {
  assert.deepEqual(misfits(pageOf(listed, [["left-pad", first, "1.0.0"]]), [hono]), [
    `${first}: left-pad is no production dependency`,
  ]);
  for (const mendedIn of ["4.12.34 and before", "", "not known", "4.12"]) {
    assert.deepEqual(misfits(pageOf(listed, [["hono", first, mendedIn]]), [hono]), [
      `${first}: not told which version of hono mended it`,
    ]);
  }
});

void test("a package that the page does not list in its version does not fit, and one that is not there", () => {
  const installed = [hono, { name: "yaml", version: "2.9.1" }];
  const told = misfits(pageOf([...listed, ["yaml", "2.9.0"], ["zod", "4.6.7"]], []), installed);
  assert.deepEqual(told, [
    "yaml 2.9.1 is installed, but not listed",
    "yaml 2.9.0 is listed, but not installed",
    "zod 4.6.7 is listed, but not installed",
  ]);
});

void test("a lock file tells what is installed for production, copies and all", () => {
  const packages = {
    "": { version: "0.1.0" },
    "node_modules/hono": { version: "4.13.19" },
    "node_modules/@hono/zod-openapi": { version: "1.6.3" },
    "node_modules/@hono/zod-openapi/node_modules/hono": { version: "4.10.0" },
    "node_modules/vitest": { version: "5.1.1", dev: true },
    "node_modules/fsevents": { version: "2.3.3", optional: true },
  };
  assert.deepEqual(installedIn(JSON.stringify({ packages })), [
    { name: "hono", version: "4.13.19" },
    { name: "@hono/zod-openapi", version: "1.6.3" },
    { name: "hono", version: "4.10.0" },
  ]);
});

void test("the answered advisories are those of their table, and of no other", () => {
  const one = `## Dependencies\n\n| hono ${first} | x |\n| ${first} | x |\n
### Answered advisories\n\n| advisory | package |\n| --- | --- |\n| ${second} | zod | why, see ${first} |\n
## Another\n\n| ${first} | x |\n`;
  assert.deepEqual(answeredIn(one), new Set([second]));
  assert.deepEqual(answeredIn("no table"), new Set());
  assert.match(page, /^### Answered advisories$/m);
});
