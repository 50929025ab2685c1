import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { after, test } from "node:test";
import { placeholdersOf, problemsOf, readEnvironment } from "../../scripts/release/environments.ts";

const folder = mkdtempSync(join(tmpdir(), "roster-deploy-"));
after(() => rmSync(folder, { recursive: true }));

const project = readFileSync("wrangler.toml", "utf8");
const issuers = JSON.stringify([{ issuer: "https://id.acme.dev", audience: "roster" }]);
const filled = project
  .replaceAll("00000000-0000-0000-0000-000000000000", "5d1f4a52-6f0e-4d39-9b1f-0c7d5f3b2a10")
  .replaceAll("example.com", "acme.dev")
  .replaceAll('ISSUERS = "[]"', `ISSUERS = '${issuers}'`);

// Stands in for wrangler: records its arguments, and fails on the command that FAIL names.
const calls = join(folder, "calls");
writeFileSync(join(folder, "wrangler"), `#!/bin/sh\necho "$*" >> "${calls}"\ntest "$1" != "$FAIL"\n`);
chmodSync(join(folder, "wrangler"), 0o755);

/** Runs npm run deploy with a configuration. Returns its exit code, its errors, and what it ran of wrangler. */
function deploy(configuration, { args = [], fail = "" } = {}) {
  rmSync(calls, { force: true });
  writeFileSync(join(folder, "wrangler.toml"), configuration);
  const { status, stderr } = spawnSync(process.execPath, [resolve("scripts/release/deploy.ts"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, FAIL: fail, PATH: `${folder}${delimiter}${process.env.PATH}` },
  });
  const ran = existsSync(calls) ? readFileSync(calls, "utf8").trimEnd().split("\n") : [];
  return { status, stderr, ran };
}

void test("npm run deploy applies the migrations, then deploys the environment", () => {
  for (const [env, args] of Object.entries({ production: [], staging: ["--env", "staging"] })) {
    const { status, ran } = deploy(filled, { args });
    assert.deepEqual(ran, [`d1 migrations apply DB --remote --env ${env}`, `deploy --env ${env}`]);
    assert.equal(status, 0);
  }
});

void test("npm run deploy does not deploy if the migrations fail", () => {
  const { status, ran, stderr } = deploy(filled, { fail: "d1" });
  assert.equal(status, 1);
  assert.equal(ran.length, 1);
  assert.match(stderr, /d1 migrations apply/);
});

void test("npm run deploy names all placeholders of this project's wrangler.toml and runs nothing", () => {
  const { status, ran, stderr } = deploy(project);
  assert.equal(status, 1);
  assert.deepEqual(ran, []);
  for (const name of ["database_id of DB", "ISSUERS", "routes", "PUBLIC_URL"]) {
    assert.ok(stderr.includes(`- ${name} `), name);
  }
});

void test("npm run deploy refuses an environment that it does not know", () => {
  const { status, ran } = deploy(filled, { args: ["--env", "local"] });
  assert.deepEqual([status, ran], [1, []]);
});

/** Reads the production environment of a configuration. */
function production(configuration, env = "production") {
  const path = join(folder, "changed.toml");
  writeFileSync(path, configuration);
  return readEnvironment(path, env);
}

void test("each placeholder is reported by name, and similar values are not", () => {
  const config = production(filled);
  assert.deepEqual(placeholdersOf(config), []);
  const withVariable = (name, value) => ({ name, change: { vars: { ...config.vars, [name]: value } } });
  const zeros = "00000000-0000-0000-0000-000000000000";
  const cases = [
    { name: "DB", change: { d1_databases: [{ binding: "DB", database_id: zeros }] } },
    { name: "DB", change: { d1_databases: [{ binding: "DB" }] } },
    { name: "routes", change: { routes: [{ pattern: "accounts.example.net", custom_domain: true }] } },
    withVariable("ISSUERS", " [ ] "),
    withVariable("MAIL_FROM", "Acme <no-reply@example.com>"),
    withVariable("OPERATORS", "ops@acme.dev, root@EXAMPLE.org"),
    withVariable("SIGN_IN_URL", "https://app.example/login"),
  ];
  for (const { name, change } of cases) {
    const [first = "", ...others] = placeholdersOf({ ...config, ...change });
    assert.ok(first.includes(name), `${name}: ${first}`);
    assert.deepEqual(others, []);
  }
  for (const host of ["myexample.com", "example.com.br", "example.community", "an-example.com"]) {
    assert.deepEqual(
      placeholdersOf({ ...config, vars: { ...config.vars, X: `https://${host}/` } }),
      [],
      host,
    );
  }
});

void test("both environments of wrangler.toml have a route only and all bindings", () => {
  const local = readEnvironment("wrangler.toml", "");
  for (const env of ["staging", "production"]) {
    assert.deepEqual(problemsOf(readEnvironment("wrangler.toml", env), local), [], env);
  }
});

void test("an environment with another address, or without a binding, is reported", () => {
  const local = readEnvironment("wrangler.toml", "");
  const withoutMail = '[[env.production.send_email]]\nname = "MAIL"\n';
  const cases = [
    ["workers_dev = false", "workers_dev = true", "workers_dev"],
    ["workers_dev = false", "", "workers_dev"],
    ["preview_urls = false", "", "preview_urls"],
    ["custom_domain = true", "custom_domain = false", "routes"],
    ['pattern = "accounts.', 'pattern = "other.', "routes"],
    [withoutMail, "", "The binding MAIL"],
    ['name = "LIMIT_SLUGS"', 'name = "LIMIT_SLUG"', "The binding LIMIT_SLUGS"],
  ];
  const start = project.indexOf("[env.production]");
  for (const [text, replacement, problem] of cases) {
    const rest = project.slice(start);
    assert.ok(rest.includes(text), text);
    const problems = problemsOf(production(project.slice(0, start) + rest.replace(text, replacement)), local);
    assert.equal(problems.length, 1, `${text}: ${problems.join(" ")}`);
    assert.ok(problems[0].includes(problem), problems[0]);
  }
});
