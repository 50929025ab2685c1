/** The same key again is answered the same, and done once. */
import { describe, expect, it } from "vitest";

import { run, setAccount } from "./accounts/rows.ts";
import { creations, everythingMade, isThere, reused, send, withKey, type Creation } from "./creations.ts";
import { answered, sendRaw } from "./organizations/requests.ts";
import { makeAccount, someone, unique } from "./world.ts";

const hour = 60 * 60 * 1000;

async function start() {
  const owner = await someone();
  return { owner, account: await makeAccount(owner), key: unique("key") };
}

/** The same values, the last key first and with white space wherever it may be. */
function otherwise(body: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(body).toReversed()), undefined, "\t ");
}

async function age(key: string, by: number): Promise<void> {
  await run("UPDATE idempotency_keys SET created_at = created_at - ? WHERE key = ?", by, key);
}

describe.each(Object.entries<Creation>(creations))("a key with %s", (_, creation) => {
  it("that comes again is answered the same, and nothing is done", async () => {
    const { owner, account, key } = await start();
    const [path, body, before] = [creation.path(account), creation.body(), await everythingMade()];
    const first = await send(owner, path, body, key);
    expect([first.status, first.text]).toEqual([creation.status, first.text]);
    const after = await everythingMade();
    expect([after["audit"], after["keys"]]).toEqual([
      Number(before["audit"]) + 1,
      Number(before["keys"]) + 1,
    ]);
    for (let again = 0; again < 3; again += 1) {
      const repeated = await send(owner, path, body, key);
      expect([repeated.status, repeated.text]).toEqual([first.status, first.text]);
      expect(repeated.headers.get("Content-Type")).toBe(first.headers.get("Content-Type"));
      expect(repeated.headers.get("X-Request-Id")).not.toBe(first.headers.get("X-Request-Id"));
    }
    expect(await everythingMade()).toEqual(after);
  });

  it("compares values, not bytes", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    const first = await send(owner, path, body, key);
    const after = await everythingMade();
    const again = await owner.send("POST", path, undefined, {
      raw: otherwise(body),
      ...withKey(key, { "Content-Type": "application/json" }),
    });
    expect(answered(again)).toEqual(answered(first));
    expect(await everythingMade()).toEqual(after);
  });

  it("with another body is refused, and nothing is done", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    const first = await send(owner, path, body, key);
    const after = await everythingMade();
    expect(answered(await send(owner, path, creation.body(), key))).toEqual(reused(path));
    expect(answered(await send(owner, path, { ...body, more: "than before" }, key))).toEqual(reused(path));
    const pairs = Object.entries(body).toSorted(([left], [right]) => (left < right ? -1 : 1));
    expect([400, 422]).toContain((await send(owner, path, pairs, key)).status);
    expect(await everythingMade()).toEqual(after);
    expect(answered(await send(owner, path, body, key))).toEqual(answered(first));
  });

  it("is each user's own [R5]", async () => {
    const { owner, account, key } = await start();
    const other = await start();
    const first = await send(owner, creation.path(account), creation.body(), key);
    const before = await everythingMade();
    const theirs = await send(other.owner, creation.path(other.account), creation.body(), key);
    expect([first.status, theirs.status]).toEqual([creation.status, creation.status]);
    expect((await everythingMade())["audit"]).toBe(Number(before["audit"]) + 1);
    if (theirs.body !== null) expect(theirs.body).not.toEqual(first.body);
  });

  it.each([
    ["empty", ""],
    ["blank", "   "],
    ["of 256 characters", "k".repeat(256)],
    ["of no UTF-8", "k\ufffd"],
  ])("that is %s is refused", async (__, key) => {
    const { owner, account } = await start();
    const path = creation.path(account);
    const before = await everythingMade();
    const detail = "Idempotency-Key must have 1 to 255 characters, in UTF-8";
    expect(answered(await send(owner, path, creation.body(), key))).toEqual({
      status: 400,
      body: { detail: isThere(path) ? `${detail}.` : detail },
    });
    expect(await everythingMade()).toEqual(before);
  });

  it("that is none is told behind what stands in the way of the request", async () => {
    const { account } = await start();
    const path = creation.path(account);
    const outsider = await someone();
    const status = async (key: string) => (await send(outsider, path, creation.body(), key)).status;
    // The framework's order is that of the organizations face alone.
    const told = isThere(path) ? await status(unique("key")) : 400;
    expect(await status("")).toBe(told === creation.status ? 400 : told);
  });

  it.each([1, 255])("may have %d characters", async (length) => {
    const { owner, account } = await start();
    const [path, body, key] = [creation.path(account), creation.body(), "k".repeat(length)];
    const first = await send(owner, path, body, key);
    expect(first.status).toBe(creation.status);
    expect(answered(await send(owner, path, body, key))).toEqual(answered(first));
  });

  it("is kept for a day", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    const first = await send(owner, path, body, key);
    await age(key, 24 * hour - 60_000);
    expect(answered(await send(owner, path, body, key))).toEqual(answered(first));
    expect(answered(await send(owner, path, creation.body(), key))).toEqual(reused(path));
    await age(key, 60_000);
    const before = await everythingMade();
    const next = creation.body();
    const second = await send(owner, path, next, key);
    expect(second.status).toBe(creation.status);
    expect(await everythingMade()).toMatchObject({
      audit: Number(before["audit"]) + 1,
      keys: Number(before["keys"]),
    });
    expect(answered(await send(owner, path, next, key))).toEqual(answered(second));
    expect(answered(await send(owner, path, body, key))).toEqual(reused(path));
  });

  it("of a request that was refused is free", async () => {
    const { owner, account, key } = await start();
    const path = creation.path(account);
    const before = await everythingMade();
    for (const odd of [{}, { slug: 5, name: [], email: "nobody", invitee_identifier: "" }]) {
      if (creation.action === "user.created" && Object.keys(odd).length === 0) continue;
      expect([400, 422]).toContain((await send(owner, path, odd, key)).status);
    }
    expect(await everythingMade()).toEqual(before);
    expect((await send(owner, path, creation.body(), key)).status).toBe(creation.status);
  });

  it("is answered the same when what was made has changed, or is gone", async () => {
    const { owner, account, key } = await start();
    const [path, body] = [creation.path(account), creation.body()];
    const first = await send(owner, path, body, key);
    await owner.patch(`/api/v1/account/${account.id}`, { title: "Another" });
    await setAccount(account, { max_users: 0 });
    const id = first.body?.uuid ?? first.body?.id;
    if (creation.action === "account.created") {
      await owner.patch(`/api/v1/account/${id}`, { title: "Another", slug: unique("moved") });
    }
    expect(answered(await send(owner, path, body, key))).toEqual(answered(first));
    if (creation.action === "account.created") await owner.delete(`/api/v1/account/${id}`);
    else
      await run(
        "DELETE FROM invites WHERE account_id = (SELECT id FROM accounts WHERE uuid = ?)",
        account.id,
      );
    expect(answered(await send(owner, path, body, key))).toEqual(answered(first));
  });
});

it("a key is of one operation: five may share it", async () => {
  const { owner, account, key } = await start();
  for (const { path, body, status } of Object.values<Creation>(creations)) {
    expect((await send(owner, path(account), body(), key)).status).toBe(status);
  }
});

describe("a key with another account", () => {
  it.each(["an invite", "a user", "an invitation"] as const)("is refused: %s", async (name) => {
    const { path, body, status } = creations[name];
    const { owner, account, key } = await start();
    const other = await makeAccount(owner);
    const values = body();
    expect((await send(owner, path(account), values, key)).status).toBe(status);
    const after = await everythingMade();
    expect(answered(await send(owner, path(other), values, key))).toEqual(reused(path(other)));
    expect(await everythingMade()).toEqual(after);
  });

  it.each(["/accounts/users/", "/accounts/invite/"])(
    "named by the header is refused too: %s",
    async (path) => {
      const { owner, account, key } = await start();
      const other = await makeAccount(owner);
      const body = { email: "ada@example.com", invitee_identifier: `${key}@example.com` };
      const to = ({ id }: { id: string }) => owner.post(path, body, withKey(key, { "X-Organization": id }));
      const first = await to(account);
      expect(first.status).toBe(201);
      expect(answered(await to(other))).toEqual(reused(path));
      expect(answered(await to(account))).toEqual(answered(first));
    },
  );
});

it("a form and JSON with the same values are the same", async () => {
  const { owner, key } = await start();
  const body = { name: "Form & Söhne", slug: unique("form") };
  const path = creations["an organization"].path();
  const first = await owner.send("POST", path, undefined, {
    raw: new URLSearchParams(body).toString(),
    ...withKey(key, { "Content-Type": "application/x-www-form-urlencoded" }),
  });
  expect(first.status).toBe(201);
  expect(answered(await send(owner, path, body, key))).toEqual(answered(first));
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) form.set(name, value);
  const multipart = await owner.send("POST", path, undefined, { raw: form, ...withKey(key) });
  expect(answered(multipart)).toEqual(answered(first));
  expect(answered(await send(owner, path, { ...body, name: "Form" }, key))).toEqual(reused(path));
  expect((await sendRaw(owner, "POST", path, "{", "application/json")).status).toBe(400);
});
