/** `npm start`: its errors, its end, and what it leaves to other starts of the same checkout. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, globSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { copyAssets } from "../../scripts/dev/assets.ts";
import { assertFreePort, lockStateDirectory } from "../../scripts/dev/locks.ts";
import { findGroups, findMembers } from "../../scripts/quality/processes.ts";

const folder = mkdtempSync(join(tmpdir(), "roster-start-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs the start script until it ends; returns its exit code and output. */
async function start(environment, cwd = process.cwd()) {
  const env = { ...process.env, STATE_DIR: join(folder, "state"), PORT: "0", ...environment };
  const child = spawn(process.execPath, ["scripts/dev/start.js"], { cwd, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  return { code, lines: output.trim().split("\n") };
}

async function unusedPort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return String(port);
}

void test("a wrong variable stops the start with its name and the reason", async () => {
  const { code, lines } = await start({ PORT: await unusedPort(), RATE_LIMITS: "maybe" });
  assert.deepEqual(
    { code, lines },
    { code: 1, lines: ["Starting Roster ...", "RATE_LIMITS must be on or off"] },
  );
});

void test("a wrong port stops the start with the name of the variable", async () => {
  const { code, lines } = await start({ PORT: "http" });
  assert.equal(code, 1);
  assert.match(lines.at(-1), /^PORT must be a whole number/);
});

void test("a port in use stops the start with the port and the variable to change", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const { code, lines } = await start({ PORT: String(port) });
  server.close();
  assert.equal(code, 1);
  assert.match(lines.at(-1), new RegExp(`^Port ${port} is in use .*PORT=`));
});

void test("a state folder in use stops the start with the folder and the variable to change", async () => {
  const state = join(folder, "in-use");
  const unlock = await lockStateDirectory(state);
  const { code, lines } = await start({ PORT: await unusedPort(), STATE_DIR: state });
  unlock();
  assert.equal(code, 1);
  assert.ok(lines.at(-1).startsWith(`Another service is running with STATE_DIR ${state}.`), lines.at(-1));
});

void test("a state folder that cannot be written is named, under /proc too", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  for (const state of [file, join(file, "state"), "/proc/roster/state"]) {
    const { code, lines } = await start({ PORT: await unusedPort(), STATE_DIR: state });
    assert.equal(code, 1, state);
    assert.ok(lines.at(-1).startsWith(`STATE_DIR ${state} cannot be written (`), lines.at(-1));
  }
});

void test("a start without installed packages says how to install them", async () => {
  const checkout = join(folder, "checkout");
  cpSync("scripts", join(checkout, "scripts"), { recursive: true });
  cpSync("package.json", join(checkout, "package.json"));
  const { code, lines } = await start({}, checkout);
  assert.deepEqual(
    { code, lines },
    {
      code: 1,
      lines: ["The packages are not installed. Run npm ci, then npm start."],
    },
  );
});

void test("a second start writes no file that the first one's Worker watches", () => {
  const timestamps = () => globSync("dist/assets/**").map((path) => [path, statSync(path).mtimeMs]);
  copyAssets();
  const before = timestamps();
  copyAssets();
  assert.ok(before.length > 5, "there are assets");
  assert.deepEqual(timestamps(), before);
});

void test("SIGTERM ends the service and all its processes, and frees the port and the state folder", async () => {
  const [PORT, STATE_DIR] = [await unusedPort(), join(folder, "terminated")];
  const child = spawn(process.execPath, ["scripts/dev/start.js"], {
    env: { ...process.env, PORT, STATE_DIR },
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  await new Promise((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (output.includes("Roster is ready")) resolve();
    });
    child.once("exit", resolve);
  });
  assert.match(output, /^Starting Roster [^]*Applying the migrations [^]*Building the Worker /);
  const groups = findGroups(child.pid);
  assert.ok(findMembers(groups).length > 2, "wrangler and workerd run");
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  assert.deepEqual([code, findMembers(groups)], [0, []]);
  await assertFreePort(Number(PORT));
  (await lockStateDirectory(STATE_DIR))();
  assert.equal(existsSync(join(STATE_DIR, "tmp")), false);
});
