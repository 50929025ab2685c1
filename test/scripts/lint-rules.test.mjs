import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lint-rules-"));
  await mkdir(join(folder, "src/services"), { recursive: true });
  const config = JSON.parse(await readFile(".oxlintrc.json", "utf8"));
  config.$schema = undefined;
  config.jsPlugins = [resolve("scripts/quality/oxlint-plugin.js")];
  await writeFile(join(folder, ".oxlintrc.json"), JSON.stringify(config));
});
after(() => rm(folder, { recursive: true }));

/** Returns what the linter prints for a use case with this body. */
async function lint(body) {
  await writeFile(join(folder, "src/services/example.ts"), body);
  try {
    return execFileSync(resolve("node_modules/.bin/oxlint"), ["src"], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    return error.stdout;
  }
}

void test("a use case that runs a batch of its own fails the linter", async () => {
  const output = await lint(
    'import { runBatch } from "../storage/database.ts";\nexport const run = runBatch;\n',
  );
  assert.match(output, /house\(commit\)/);
});

void test("a use case that awaits a writing statement fails the linter", async () => {
  for (const chain of ["insert(users).values(row)", "update(users).set(row).returning()", "delete(users)"]) {
    const output = await lint(
      `export async function change(ctx, users, row) {\n  await ctx.db.${chain};\n}\n`,
    );
    assert.match(output, /house\(commit\)/, chain);
  }
});

void test("a use case that runs a writing statement after the response fails the linter", async () => {
  const output = await lint(
    "export const change = (ctx, t) => ctx.defer(ctx.db.delete(t).where(true).run());\n",
  );
  assert.match(output, /house\(commit\)/);
});

void test("a use case that only builds statements passes the linter", async () => {
  const output = await lint("export const statement = (db, t, row) => db.insert(t).values(row);\n");
  assert.doesNotMatch(output, /house\(commit\)/);
});
