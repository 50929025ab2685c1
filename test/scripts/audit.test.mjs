import assert from "node:assert/strict";
import { test } from "node:test";
import { missingReportReason } from "../../scripts/quality/audit.ts";

void test("an audit report is recognized whether it lists advisories or not", () => {
  const report = { auditReportVersion: 2, vulnerabilities: {}, metadata: {} };
  assert.equal(missingReportReason(JSON.stringify(report)), undefined);
  const vulnerabilities = { hono: { name: "hono", severity: "high", via: [] } };
  assert.equal(missingReportReason(JSON.stringify({ ...report, vulnerabilities })), undefined);
});

void test("a registry that refuses the audit is reported with its own message", () => {
  const refusal = { message: "405 Method Not Allowed", statusCode: 405, error: {} };
  assert.equal(missingReportReason(JSON.stringify(refusal)), "405 Method Not Allowed");
});

void test("output that is not a report is never taken for a clean audit", () => {
  for (const output of ["", "null", "[]", "{}", "npm error"]) {
    assert.match(missingReportReason(output) ?? "", /^npm printed no /, output);
  }
});
