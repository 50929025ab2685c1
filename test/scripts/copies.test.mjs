import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import {
  callerOf,
  exportAll,
  fill,
  isSettled,
  linesOf,
  runScript,
  withTwoServices,
} from "./copied-services.mjs";

/** How long what is done after an answer may take, in milliseconds. */
const patience = 60_000;
const unwhole = "this export is not whole";

void test("a service is exported and imported", { timeout: 5 * 60_000 }, () =>
  withTwoServices(async (first, second) => {
    const filled = await fill(first);
    const whole = await exportSettled(first, filled.usage);
    const lines = linesOf(whole);
    await theExport(first, filled, lines);
    await itsRefusals(first);
    await theRefusals(second, whole);
    await anotherInTheWay(first, whole);
    await breakingOff(second, whole, lines);
    await theSame({ first, second, lines, filled });
  }),
);

async function theExport(first, { acme, logo }, lines) {
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

  const { code, stdout, stderr } = await runScript("export", first, ["--account", "acme"]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const own = linesOf(stdout);
  assert.equal(own.at(-1).kind, "end");
  const people = own.flatMap((line) => (line.kind === "member" ? [line.email] : []));
  assert.deepEqual(people.sort(), ["ada@example.com", "bob@example.com"]);
  assert.ok(!stdout.includes("third"), "nothing of another account");
}

async function itsRefusals(first) {
  const { ada } = first.tokens;
  const url = first.address.href;
  await Promise.all(
    [
      [[], "usage: npm run --silent export"],
      [["--all", "--account", "acme"], "usage: npm run --silent export"],
      [["--everything"], "'--everything'"],
      [["--account", "nowhere"], "/api/v1/account/nowhere/export was answered 404"],
      [["--all", "--url", url], "--url needs --token"],
      [
        ["--all", "--url", url, "--token", "no-token"],
        'was answered 401: {"detail":"Invalid or expired token"}',
      ],
      [["--all", "--url", url, "--token", ada], "was answered 403"],
      // Nothing of a service listens on the first port there is.
      [["--all", "--url", "http://127.0.0.1:1", "--token", ada], "http://127.0.0.1:1 does not answer"],
    ].map(async ([args, said]) => refused(await runScript("export", first, args), said)),
  );
}

/** None of these leaves anything: what is seen before the first row is asked for, or is not taken. */
async function theRefusals(second, whole) {
  const url = second.address.href;
  const [head, ...rest] = whole.trimEnd().split("\n");
  const form = JSON.stringify({ ...JSON.parse(head), form: 2 });
  await Promise.all(
    [
      [["--file", "x"], whole, "'--file'"],
      [["--url", url], whole, "--url needs --token"],
      [["--url", url, "--token", "no-token"], whole, "was answered 401"],
      [[], "", unwhole],
      [[], `${head}\n`, unwhole],
      [[], "PRAGMA foreign_keys=OFF;\n", "a line of it is no JSON"],
      [[], `${head}\n${rest[0].slice(0, -9)}`, "a line of it is no JSON"],
      [[], "null\n", "a line of it is none of an export's"],
      [[], `${head}\n{"kind":"another"}\n`, "a line of it is none of an export's"],
      [[], `${form}\n${rest.join("\n")}\n`, "this export has the form 2, not 1"],
      [[], `${rest.join("\n")}\n`, "this is not one whole export"],
      [[], `${head}\n${head}\n`, "this is not one whole export"],
      [[], `${head}\n{"kind":"row","table":"zones","row":{"id":1}}\n${rest.at(-1)}\n`, "was answered 409"],
    ].map(async ([args, input, said]) => refused(await runScript("import", second, args, input), said)),
  );
}

async function anotherInTheWay(first, whole) {
  refused(await runScript("import", first, [], whole), "Only an empty service can be imported into");
}

/** What broke off goes on with the same file, whatever of it is there; another file does not. */
async function breakingOff(second, whole, lines) {
  const rows = lines.flatMap(({ kind, table, row }) => (kind === "row" ? [{ table, row }] : []));
  await callerOf(second, "root")("POST", "/api/manage/@import", {
    export: lines[0].id,
    position: 0,
    rows: rows.slice(0, 10),
    end: false,
  });
  const texts = whole.trimEnd().split("\n");
  const usage = texts.findIndex((text) => text.startsWith('{"kind":"usage"'));
  const counted = lines.filter(({ kind }) => kind === "usage").length;
  const without = texts.toSpliced(-2, 1);
  const other = [JSON.stringify({ ...lines[0], id: crypto.randomUUID() }), ...texts.slice(1)];
  for (const [input, said] of [
    [other, "Only an empty service can be imported into"],
    [texts.slice(0, usage + 2), `${unwhole}: its end is missing`],
    [without, `${unwhole}: of ${counted} lines of kind usage ${counted - 1} are there`],
    [[...texts, texts[1]], "this export goes on behind its end"],
    [[...texts, texts.at(-1)], "this export goes on behind its end"],
  ]) {
    refused(await runScript("import", second, [], `${input.join("\n")}\n`), said);
  }
  // The empty line and the missing last end of line are an editor's.
  const { code, stdout, stderr } = await runScript("import", second, [], `\n${whole.trimEnd()}`);
  const brought = `imported ${rows.length} rows, 1 logos, ${counted} rows of usage\n`;
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: brought });
  refused(await runScript("import", second, [], whole), "Only an empty service can be imported into");
}

async function theSame({ first, second, lines, filled }) {
  const again = linesOf(await exportAll(second));
  assert.notEqual(again[0].id, lines[0].id);
  // An hour may have ended meanwhile, and what was counted in it stands elsewhere then.
  const later = linesOf(await exportAll(first));
  const expected = isDeepStrictEqual(again.slice(1), lines.slice(1)) ? lines : later;
  assert.deepEqual(again.slice(1), expected.slice(1));

  const ada = callerOf(second, "ada");
  const count = async (usage, key) => {
    const path = `/accounts/organizations/${filled.acme.id}/increment/`;
    return (await (await ada("POST", path, { usage }, { "idempotency-key": key })).json()).usage;
  };
  assert.deepEqual([await count(5, "job-5"), await count(1, "job-1")], [5, 13]);
  const logo = await ada("GET", `/api/v1/account/acme/logo.png?account_id=${filled.acme.id}`);
  assert.deepEqual(Buffer.from(await logo.arrayBuffer()), filled.logo);
}

/** Exports once nothing is under way any more. */
async function exportSettled(service, usage) {
  for (const until = Date.now() + patience; ; await sleep(1000)) {
    const whole = await exportAll(service);
    if (isSettled(linesOf(whole), usage)) return whole;
    assert.ok(Date.now() < until, "a mail has not left, or the database was not told what is counted");
  }
}

function refused({ code, stderr }, said) {
  assert.ok(stderr.includes(said), `${JSON.stringify(said)} is not in ${JSON.stringify(stderr)}`);
  assert.equal(code, 1);
  // In words, and not as a program's failure.
  assert.doesNotMatch(stderr, /^ {4}at /m);
}
