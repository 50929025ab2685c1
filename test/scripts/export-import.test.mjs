import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import {
  callerOf,
  createData,
  exportAll,
  isSettled,
  linesOf,
  runScript,
  withTwoServices,
} from "./two-services.mjs";

/** Longest wait for background work, in milliseconds. */
const backgroundTimeout = 60_000;
const incomplete = "The export is incomplete";
const notEmpty = "The service is not empty. Import into a new service.";

void test("a service is exported and imported into another one", { timeout: 5 * 60_000 }, () =>
  withTwoServices(async (source, target) => {
    const data = await createData(source);
    const text = await exportSettled(source, data.usage);
    const lines = linesOf(text);
    await exportIsComplete(source, data, lines);
    await exportRejectsBadArguments(source);
    await importRejectsBadInput(target, text);
    await importRejectsServiceWithData(source, text);
    await interruptedImportResumes(target, text, lines);
    await targetEqualsSource({ source, target, lines, data });
  }),
);

async function exportIsComplete(source, { acme, logo }, lines) {
  const count = (kind) => lines.filter((line) => line.kind === kind).length;
  assert.deepEqual(lines.at(-1), { kind: "end", row: count("row"), logo: 1, usage: count("usage") });
  assert.deepEqual(
    lines.filter(({ kind }) => kind === "logo"),
    [{ kind: "logo", account: acme.id, base64: logo.toString("base64") }],
  );
  const tables = (kind) => new Set(lines.flatMap((line) => (line.kind === kind ? [line.table] : [])));
  for (const table of ["accounts", "memberships", "invites", "users", "audit_rows", "mailed_addresses"]) {
    assert.ok(tables("row").has(table), table);
  }
  assert.deepEqual(
    tables("usage"),
    new Set(["meta", "knowledge_boxes", "hours", "days", "answers", "seen_events"]),
  );

  const { code, stdout, stderr } = await runScript("export", source, ["--account", "acme"]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const accountLines = linesOf(stdout);
  assert.equal(accountLines.at(-1).kind, "end");
  const members = accountLines.flatMap((line) => (line.kind === "member" ? [line.email] : []));
  assert.deepEqual(members.sort(), ["ada@example.com", "bob@example.com"]);
  assert.ok(!stdout.includes("third"), "the export contains another account");
}

async function exportRejectsBadArguments(source) {
  const { ada } = source.tokens;
  const url = source.address.href;
  await Promise.all(
    [
      [[], "usage: npm run --silent export"],
      [["--all", "--account", "acme"], "usage: npm run --silent export"],
      [["--everything"], "'--everything'"],
      [["--account", "nowhere"], "/api/v1/account/nowhere/export returned 404"],
      [["--all", "--url", url], "--url needs --token"],
      [["--all", "--url", url, "--token", "no-token"], 'returned 401: {"detail":"Invalid or expired token"}'],
      [["--all", "--url", url, "--token", ada], "returned 403"],
      // No service listens on port 1.
      [["--all", "--url", "http://127.0.0.1:1", "--token", ada], "http://127.0.0.1:1 does not respond"],
    ].map(async ([args, message]) => assertFailed(await runScript("export", source, args), message)),
  );
}

/** None of these inputs stores a row: all are rejected before the first one. */
async function importRejectsBadInput(target, text) {
  const url = target.address.href;
  const [head, ...rest] = text.trimEnd().split("\n");
  const otherFormat = JSON.stringify({ ...JSON.parse(head), form: 2 });
  await Promise.all(
    [
      [["--file", "x"], text, "'--file'"],
      [["--url", url], text, "--url needs --token"],
      [["--url", url, "--token", "no-token"], text, "returned 401"],
      [[], "", incomplete],
      [[], `${head}\n`, incomplete],
      [[], "PRAGMA foreign_keys=OFF;\n", "a line is not valid JSON"],
      [[], `${head}\n${rest[0].slice(0, -9)}`, "a line is not valid JSON"],
      [[], "null\n", "a line has an unknown kind"],
      [[], `${head}\n{"kind":"another"}\n`, "a line has an unknown kind"],
      [[], `${otherFormat}\n${rest.join("\n")}\n`, "The export has format 2, not 1"],
      [[], `${rest.join("\n")}\n`, "must start with exactly one line of kind export"],
      [[], `${head}\n${head}\n`, "must start with exactly one line of kind export"],
      [[], `${head}\n{"kind":"row","table":"zones","row":{"id":1}}\n${rest.at(-1)}\n`, "returned 409"],
    ].map(async ([args, input, message]) =>
      assertFailed(await runScript("import", target, args, input), message),
    ),
  );
}

async function importRejectsServiceWithData(source, text) {
  assertFailed(await runScript("import", source, [], text), notEmpty);
}

/** An interrupted import resumes with the same file, whatever was stored. It rejects another file. */
async function interruptedImportResumes(target, text, lines) {
  const rows = lines.flatMap(({ kind, table, row }) => (kind === "row" ? [{ table, row }] : []));
  await callerOf(target, "root")("POST", "/api/manage/@import", {
    export: lines[0].id,
    position: 0,
    rows: rows.slice(0, 10),
    end: false,
  });
  const texts = text.trimEnd().split("\n");
  const firstUsage = texts.findIndex((line) => line.startsWith('{"kind":"usage"'));
  const usageRows = lines.filter(({ kind }) => kind === "usage").length;
  const oneLineMissing = texts.toSpliced(-2, 1);
  const otherExport = [JSON.stringify({ ...lines[0], id: crypto.randomUUID() }), ...texts.slice(1)];
  for (const [input, message] of [
    [otherExport, notEmpty],
    [texts.slice(0, firstUsage + 2), `${incomplete}: its end is missing`],
    [oneLineMissing, `${incomplete}: it has ${usageRows - 1} of ${usageRows} lines of kind usage`],
    [[...texts, texts[1]], "The export has lines after its end"],
    [[...texts, texts.at(-1)], "The export has lines after its end"],
  ]) {
    assertFailed(await runScript("import", target, [], `${input.join("\n")}\n`), message);
  }
  // An editor may add an empty line or remove the last line break.
  const { code, stdout, stderr } = await runScript("import", target, [], `\n${text.trimEnd()}`);
  const summary = `imported ${rows.length} rows, 1 logos, ${usageRows} rows of usage\n`;
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: summary });
  assertFailed(await runScript("import", target, [], text), notEmpty);
}

async function targetEqualsSource({ source, target, lines, data }) {
  const imported = linesOf(await exportAll(target));
  assert.notEqual(imported[0].id, lines[0].id);
  // If an hour ended meanwhile, the usage objects have moved its counts to another row.
  const later = linesOf(await exportAll(source));
  const expected = isDeepStrictEqual(imported.slice(1), lines.slice(1)) ? lines : later;
  assert.deepEqual(imported.slice(1), expected.slice(1));

  const ada = callerOf(target, "ada");
  const increment = async (usage, key) => {
    const path = `/accounts/organizations/${data.acme.id}/increment/`;
    return (await (await ada("POST", path, { usage }, { "idempotency-key": key })).json()).usage;
  };
  assert.deepEqual([await increment(5, "job-5"), await increment(1, "job-1")], [5, 13]);
  const logo = await ada("GET", `/api/v1/account/acme/logo.png?account_id=${data.acme.id}`);
  assert.deepEqual(Buffer.from(await logo.arrayBuffer()), data.logo);
}

/** Exports a service when its background work is done. */
async function exportSettled(service, usage) {
  for (const deadline = Date.now() + backgroundTimeout; ; await sleep(1000)) {
    const text = await exportAll(service);
    if (isSettled(linesOf(text), usage)) return text;
    assert.ok(Date.now() < deadline, "a mail was not sent, or usage was not synced to the database");
  }
}

function assertFailed({ code, stderr }, message) {
  assert.ok(stderr.includes(message), `${JSON.stringify(message)} is not in ${JSON.stringify(stderr)}`);
  assert.equal(code, 1);
  // A message without a stack trace.
  assert.doesNotMatch(stderr, /^ {4}at /m);
}
