/** Services as `npm start` runs them, and the scripts that take them out and put them back. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { withService } from "../../scripts/quality/service.ts";
import { tokens } from "../../scripts/dev/tokens.ts";
import { ihdr, pixels, pngChunk, pngOf } from "../domain/images.ts";

const box = "8f4f5e6a-3d1c-4b4e-9a55-0b1f6d7c2e10";

/** Two services, each with its state folder, which a script finds by both, and tokens of three people. */
export function withTwoServices(use) {
  return withService({ limits: "off" }, async (first, firstState) => {
    const one = await describe(first, firstState);
    await withService({ limits: "off" }, async (second, secondState) =>
      use(one, await describe(second, secondState)),
    );
  });
}

async function describe({ address }, state) {
  const people = ["ada@example.com", "bob@example.com", "root@example.com"];
  const [ada, bob, root] = await tokens(state, ...people);
  return { address, state, tokens: { ada, bob, root } };
}

/** Runs one of the two scripts for a service, with this as its input; how it ended and what it wrote. */
export async function runScript(name, { address, state }, args = [], input = "") {
  const child = spawn(process.execPath, [`scripts/${name}.ts`, ...args], {
    env: { ...process.env, PORT: address.port, STATE_DIR: state },
  });
  const written = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => (written[stream] += text));
  }
  // Who refuses an input does not read it to its end.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, ...written };
}

/** Everything of a service, as the file's text; throws with what was said where it is refused. */
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

/** Something of everything: three accounts, a member, an invitation, a logo, increments and events. */
export async function fill(service) {
  const [ada, bob] = [callerOf(service, "ada"), callerOf(service, "bob")];
  const make = async (caller, slug) =>
    (await caller("POST", "/api/v1/accounts", { slug, zone: "europe-1" })).json();
  const acme = await make(ada, "acme");
  await make(ada, "other");
  await make(bob, "third");
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
  const event = (id, more) => ({ id, metric: "pages_processed", value: 3, knowledgebox: box, ...more });
  const events = [event("a"), event("b", { timestamp: threeDaysAgo })];
  await ada("POST", `${path}/usage`, { events });
  return { acme, logo: Buffer.from(logo), usage: 12 };
}

/** Whether nothing of it is still under way: the mail has left, and the database was told what is counted. */
export function isSettled(lines, usage) {
  const rows = (table) => lines.flatMap((line) => (line.table === table ? [line.row] : []));
  const told = rows("accounts").some((row) => row.usage === usage && row.current_kbs === 1);
  return told && rows("invites").every((row) => row.mailed_at !== null);
}

/** Asks as one of the three; every answer must be a success. */
export function callerOf({ address, tokens: known }, person) {
  return async (method, path, body, more = {}) => {
    const headers = { authorization: `Bearer ${known[person]}`, ...more };
    const init = { method, headers };
    if (body instanceof FormData) init.body = body;
    else if (body !== undefined) {
      init.body = JSON.stringify(body);
      headers["content-type"] = "application/json";
    }
    const answer = await fetch(new URL(path, address), init);
    if (!answer.ok) assert.fail(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
}
