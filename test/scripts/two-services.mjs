/** Two running services, and the export and import scripts. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { withService } from "../../scripts/quality/service.ts";
import { createTokens } from "../../scripts/dev/token.ts";
import { ihdr, pixels, pngChunk, pngOf } from "../support/images.ts";

const knowledgeBox = "8f4f5e6a-3d1c-4b4e-9a55-0b1f6d7c2e10";

/** Starts two services. Each is passed with its address, state folder and the tokens of three users. */
export function withTwoServices(run) {
  return withService({ limits: "off" }, async (first, firstState) => {
    const one = await describe(first, firstState);
    await withService({ limits: "off" }, async (second, secondState) =>
      run(one, await describe(second, secondState)),
    );
  });
}

async function describe({ address }, state) {
  const emails = ["ada@example.com", "bob@example.com", "root@example.com"];
  const [ada, bob, root] = await createTokens(state, ...emails);
  return { address, state, tokens: { ada, bob, root } };
}

/** Runs the export or import script for a service. Returns its exit code and output. */
export async function runScript(name, { address, state }, args = [], input = "") {
  const child = spawn(process.execPath, [`scripts/release/${name}.ts`, ...args], {
    env: { ...process.env, PORT: address.port, STATE_DIR: state },
  });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
  }
  // A script that rejects its input does not read it to the end.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, ...output };
}

/** Returns the export of a whole service as text. Fails if the script fails. */
export async function exportAll(service) {
  const { code, stdout, stderr } = await runScript("export", service, ["--all"]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

export function linesOf(text) {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Creates three accounts, a member, an invitation, a logo, increments and events. */
export async function createData(service) {
  const [ada, bob] = [callerOf(service, "ada"), callerOf(service, "bob")];
  const createAccount = async (caller, slug) =>
    (await caller("POST", "/api/v1/accounts", { slug, zone: "europe-1" })).json();
  const acme = await createAccount(ada, "acme");
  await createAccount(ada, "other");
  await createAccount(bob, "third");
  const path = `/api/v1/account/${acme.id}`;
  const { id: member } = await (await bob("GET", "/api/v1/user")).json();
  await ada("PATCH", path, { title: "Acme ünd Söhne", description: "two\nlines \u{1F600} \u2028 \u2029" });
  await ada("PATCH", `${path}/users`, { add: [{ id: member, role: "AMEMBER" }] });
  await ada("POST", `${path}/invite`, { email: "carol@example.com" });
  const logo = pngOf(ihdr(), pngChunk("IDAT", pixels()), pngChunk("IEND"));
  const form = new FormData();
  form.append("file", new File([logo], "logo.png"));
  await ada("PATCH", `/api/v1/account/acme/logo.png?account_id=${acme.id}`, form);
  for (const usage of [5, 7]) {
    const key = { "idempotency-key": `job-${usage}` };
    await ada("POST", `/accounts/organizations/${acme.id}/increment/`, { usage }, key);
  }
  const threeDaysAgo = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const event = (id, more) => ({
    id,
    metric: "pages_processed",
    value: 3,
    knowledgebox: knowledgeBox,
    ...more,
  });
  const events = [event("a"), event("b", { timestamp: threeDaysAgo })];
  await ada("POST", `${path}/usage`, { events });
  return { acme, logo: Buffer.from(logo), usage: 12 };
}

/** Returns whether background work is done: the mail was sent, and the usage object has synced to the database. */
export function isSettled(lines, usage) {
  const rows = (table) => lines.flatMap((line) => (line.table === table ? [line.row] : []));
  const synced = rows("accounts").some((row) => row.usage === usage && row.current_kbs === 1);
  return synced && rows("invites").every((row) => row.mailed_at !== null);
}

/** Returns a function that sends requests as one of the three users. Each response must be a success. */
export function callerOf({ address, tokens: tokenOf }, user) {
  return async (method, path, body, more = {}) => {
    const headers = { authorization: `Bearer ${tokenOf[user]}`, ...more };
    const init = { method, headers };
    if (body instanceof FormData) init.body = body;
    else if (body !== undefined) {
      init.body = JSON.stringify(body);
      headers["content-type"] = "application/json";
    }
    const response = await fetch(new URL(path, address), init);
    if (!response.ok) assert.fail(`${method} ${path} returned ${response.status}: ${await response.text()}`);
    return response;
  };
}
