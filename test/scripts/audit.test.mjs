import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { answeredIn, findingsOf, judge } from "../../scripts/advisories.ts";

const advisory = (id, more = {}) => ({
  source: 1,
  name: "hono",
  title: "Something is wrong",
  url: `https://github.com/advisories/${id}`,
  severity: "moderate",
  range: "<4.12.34",
  ...more,
});
/** What npm prints, of packages with what each is affected by. */
const reportOf = (vias) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: Object.fromEntries(Object.entries(vias).map(([name, via]) => [name, { name, via }])),
    metadata: {},
  });
const none = new Set();
const [first, second] = ["GHSA-8j4g-w8fx-2239", "GHSA-mrhx-c7xc-m3w5"];

void test("a clean report passes", () => {
  assert.deepEqual(findingsOf(reportOf({})), []);
  assert.deepEqual(judge([], none, false), {
    code: 0,
    lines: ["No advisory is about the production dependencies."],
  });
});

void test("an advisory is told once for each package, and not again for who depends on it", () => {
  const report = reportOf({
    hono: [advisory(first), advisory(second, { name: "hono", severity: "high" })],
    "@hono/zod-openapi": ["hono", advisory(first)],
    zod: [advisory(second, { name: "zod", range: "<4.6.6", title: "Lists" })],
  });
  const findings = findingsOf(report);
  assert.deepEqual(
    findings.map(({ id, name }) => [id, name]),
    [
      [first, "hono"],
      [second, "hono"],
      [second, "zod"],
    ],
  );
  const { code, lines } = judge(findings, none, true);
  assert.equal(code, 1);
  assert.equal(lines.length, 3);
  assert.equal(lines[2], `${second} moderate zod <4.6.6: Lists`);
});

void test("an advisory of no known form is told by its number, and nobody can have answered it", () => {
  const findings = findingsOf(reportOf({ hono: [advisory(first, { url: undefined, source: 1_130_733 })] }));
  assert.deepEqual(
    findings.map(({ id }) => id),
    ["1130733"],
  );
  assert.equal(judge(findings, new Set([first]), false).code, 1);
});

void test("what is answered may stand, and only that", () => {
  const findings = findingsOf(reportOf({ hono: [advisory(first), advisory(second)] }));
  assert.deepEqual(judge(findings, new Set([first]), false), {
    code: 1,
    lines: [`${second} moderate hono <4.12.34: Something is wrong`],
  });
  assert.deepEqual(judge(findings, new Set([first, second]), false), {
    code: 0,
    lines: ["Advisories about the production dependencies: 2, each of them answered."],
  });
});

void test("a registry that does not tell is no clean report, and passes only where it is optional", () => {
  const refusal = JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405, error: {} });
  const unknown = JSON.stringify({ auditReportVersion: 3, vulnerabilities: {} });
  for (const report of ["", "npm error", "null", "[]", "{}", refusal, unknown]) {
    assert.equal(findingsOf(report), undefined, report);
  }
  for (const [optional, code] of [
    [false, 2],
    [true, 0],
  ]) {
    const judged = judge(undefined, none, optional);
    assert.equal(judged.code, code);
    assert.match(judged.lines[0], /does not tell advisories/);
  }
});

void test("the answered advisories are those of their table, and of no other", () => {
  const page = `## Dependencies\n\n| hono ${first} | x |\n| ${first} | x |\n
### Answered advisories\n\n| advisory | package |\n| --- | --- |\n| ${second} | zod | why, see ${first} |\n
## Another\n\n| ${first} | x |\n`;
  assert.deepEqual(answeredIn(page), new Set([second]));
  assert.deepEqual(answeredIn("no table"), none);
});

void test("the page on security has the table, and the versions that are installed", () => {
  const page = readFileSync("docs/security.md", "utf8");
  assert.match(page, /^### Answered advisories$/m);
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const production = Object.entries(packages).filter(
    ([path, { dev, optional, peer, devOptional }]) =>
      path !== "" && !dev && !optional && !peer && !devOptional,
  );
  const named = new Map(
    [...page.matchAll(/^\| (\S+) +\| (\d+\.\d+\.\d+) /gm)].map(([, name, version]) => [name, version]),
  );
  assert.deepEqual(Object.fromEntries(named), dependencies);
  for (const [path, { version }] of production) {
    const name = path.replace(/^.*node_modules\//, "");
    assert.ok(named.get(name) === version || page.includes(`${name} ${version}`), `${name} ${version}`);
  }
});
