import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import { addToGroup, type Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";

/** Sends a request whose body arrives after another change. */
async function held(
  caller: Caller,
  method: string,
  path: string,
  body: unknown,
  meanwhile: () => Promise<unknown>,
) {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  let happened = false;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await scheduler.wait(150);
      if (!happened) await meanwhile();
      happened = true;
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const answer = await caller.send(method, path, undefined, {
    raw: stream,
    headers: { "Content-Type": "application/json", "Content-Length": String(bytes.byteLength) },
  });
  expect(happened).toBe(true);
  return answer;
}

async function uuidOf(caller: Caller): Promise<string> {
  return (await caller.get("/api/v1/user")).body.id;
}

const leaveGroups = (uuid: string) =>
  env.DB.prepare("DELETE FROM user_groups WHERE user_id = (SELECT id FROM users WHERE uuid = ?)")
    .bind(uuid)
    .run();

it("an administrator who lost the group while sending the body can assign no groups [R6]", async () => {
  const administrator = await createUser();
  const uuid = await uuidOf(administrator);
  await addToGroup(administrator, 1);
  const own = await held(administrator, "PATCH", `/accounts/users/${uuid}/`, { groups: [1, 2] }, () =>
    leaveGroups(uuid),
  );
  expect([own.status, own.body]).toEqual([
    403,
    { detail: "You do not have permission to perform this action." },
  ]);
  expect((await administrator.get(`/accounts/users/${uuid}/`)).body.groups).toEqual([]);

  await addToGroup(administrator, 1);
  const email = `${unique("puppet")}@example.com`;
  const made = await held(administrator, "POST", "/accounts/users/", { email, groups: [1] }, () =>
    leaveGroups(uuid),
  );
  expect(made.status).toBe(400);
  const { results } = await env.DB.prepare("SELECT 1 FROM users WHERE email = ?").bind(email).all();
  expect(results).toEqual([]);
});

it("a title and its search form stay consistent", async () => {
  const owner = await createUser();
  const word = unique("foo");
  const account = await createAccount(owner, { title: word });
  const path = `/accounts/organizations/${account.id}/`;
  const late = await held(owner, "PATCH", path, { name: word.toUpperCase() }, () =>
    owner.patch(path, { name: "Bar" }),
  );
  expect(late.status).toBe(200);
  const { body } = await owner.get(`/accounts/organizations/?name=${word.toUpperCase()}`);
  expect(body.count).toBe(1);
  const row = await env.DB.prepare("SELECT title, title_key FROM accounts WHERE uuid = ?")
    .bind(account.id)
    .first();
  expect(row).toEqual({ title: word.toUpperCase(), title_key: word });
});

it("the seat limit counts at the time when the seat is taken [R28]", async () => {
  const owner = await createUser();
  const account = await createAccount(owner);
  const answer = await held(
    owner,
    "POST",
    `/accounts/invite/?organization=${account.slug}`,
    { invitee_identifier: "late@example.com" },
    () => env.DB.prepare("UPDATE accounts SET max_users = 1 WHERE uuid = ?").bind(account.id).run(),
  );
  expect([answer.status, answer.body]).toEqual([
    400,
    { non_field_errors: ["Seat limit reached. Remove a member, revoke an invitation or raise the limit."] },
  ]);
});

it.each<{ value: unknown }>([
  { value: { toString: 1 } },
  { value: [{ toString: 1 }] },
  { value: { valueOf: null, toString: null } },
  { value: ["AOWNER"] },
  { value: [true] },
])("an object in place of text is rejected in its field: $value", async ({ value }) => {
  const owner = await createUser();
  await createAccount(owner);
  const uuid = await uuidOf(owner);
  for (const answer of [
    await owner.patch("/accounts/analysts/current/", { consent_given: value }),
    await owner.patch(`/accounts/users/${uuid}/`, { is_active: value }),
    await owner.patch(`/accounts/users/${uuid}/`, { groups: [value] }),
    await owner.post("/accounts/invite/", { invitee_identifier: "a@b.example", role: value }),
  ]) {
    expect([answer.status, typeof answer.body]).toEqual([400, "object"]);
  }
});

it("an outsider's request reads no rows of the organization's members and invitations", async () => {
  const { CostMeter } = await import("../../support/cost-meter.ts");
  const counter = new CostMeter({});
  const owner = await createUser();
  const account = await createAccount(owner);
  await env.DB.prepare(
    `INSERT INTO invites (uuid, account_id, email, email_key, role, sent_at, valid_until, created_at)
     WITH RECURSIVE made (left) AS (SELECT 300 UNION ALL SELECT left - 1 FROM made WHERE left > 1)
     SELECT lower(hex(randomblob(16))), accounts.id, left || '@x.example', left || '@x.example', 'AMEMBER', 0, ?1 + (left % 2) * 9e12, 0
     FROM made, accounts WHERE accounts.uuid = ?2`,
  )
    .bind(0, account.id)
    .run();
  const outsider = await createUser();
  await outsider.get("/api/v1/user");
  const read = async (path: string) => {
    const { status } = await counter.meter(outsider).get(path);
    return { status, read: counter.read().rowsRead };
  };
  for (const list of ["invite", "analysts"]) {
    const there = await read(`/accounts/${list}/?organization=${account.slug}`);
    expect(there.status).toBe(404);
    expect(there.read).toBeLessThanOrEqual(12);
  }
});
