import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, judgeUntold } from "../../scripts/advisories.ts";
import { findingsOf } from "../../scripts/audit-report.ts";

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
  assert.deepEqual(judge([], none), {
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
  const { code, lines } = judge(findings, none);
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
  assert.equal(judge(findings, new Set([first])).code, 1);
});

void test("what is answered may stand, and only that", () => {
  const findings = findingsOf(reportOf({ hono: [advisory(first), advisory(second)] }));
  assert.deepEqual(judge(findings, new Set([first])), {
    code: 1,
    lines: [`${second} moderate hono <4.12.34: Something is wrong`],
  });
  assert.deepEqual(judge(findings, new Set([first, second])), {
    code: 0,
    lines: ["Advisories about the production dependencies: 2, each of them answered."],
  });
});

void test("a registry that does not tell is no clean report", () => {
  const refusal = JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405, error: {} });
  const unknown = JSON.stringify({ auditReportVersion: 3, vulnerabilities: {} });
  for (const report of ["", "npm error", "null", "[]", "{}", refusal, unknown]) {
    assert.equal(findingsOf(report), undefined, report);
  }
});

const page = `## Dependencies

| package | version |
| --- | --- |
| hono | 4.12.34 |

### Advisories found

| package | advisories | what | mended in |
| --- | --- | --- | --- |
| hono | ${first} (CVE-2026-1), ${second} | time | 4.12.34 |
`;

void test("what nobody told passes only where that is optional, and says what was held against the versions", () => {
  const installed = [{ name: "hono", version: "4.12.34" }];
  for (const [optional, code] of [
    [false, 2],
    [true, 0],
  ]) {
    const judged = judgeUntold(page, installed, optional);
    assert.equal(judged.code, code);
    assert.match(judged.lines[0], /does not tell advisories/);
    assert.match(judged.lines[1], /^The 2 advisories .* held against the installed versions/);
    assert.equal(judged.lines.length, 2);
  }
});

void test("what nobody told fails for a version older than the one that mended it, optional or not", () => {
  const installed = [{ name: "hono", version: "4.12.33" }];
  const older = page.replace("| 4.12.34 |\n\n", "| 4.12.33 |\n\n");
  for (const optional of [false, true]) {
    const { code, lines } = judgeUntold(older, installed, optional);
    assert.equal(code, 1);
    assert.deepEqual(lines.slice(1), [
      `hono 4.12.33 is older than 4.12.34, which mended ${first} (CVE-2026-1), ${second}`,
    ]);
  }
});
