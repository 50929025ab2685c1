/** Requests repeated with an Idempotency-Key get the first response and change nothing. */
import { describe, expect, it } from "vitest";

import {
  countEverything,
  type CreateOperation,
  createOperations,
  isOrganizationsPath,
  keyReusedResponse,
  postWithKey,
  withIdempotencyKey,
} from "../../support/create-operations.ts";
import { execute, setAccount } from "../../support/database.ts";
import { createAccount, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import { sendRaw } from "../../support/organizations.ts";

const hour = 60 * 60 * 1000;

async function start() {
  const owner = await createUser();
  return { owner, account: await createAccount(owner), key: unique("key") };
}

/** Returns the same values as JSON with reversed keys and additional white space. */
function otherwise(body: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(body).toReversed()), undefined, "\t ");
}

async function age(key: string, by: number): Promise<void> {
  await execute("UPDATE idempotency_keys SET created_at = created_at - ? WHERE key = ?", by, key);
}

describe.each(Object.entries<CreateOperation>(createOperations))(
  "an Idempotency-Key with %s",
  (_, creation) => {
    it("a repeated request gets the first response and changes nothing", async () => {
      const { owner, account, key } = await start();
      const [path, body, before] = [creation.path(account), creation.body(), await countEverything()];
      const first = await postWithKey(owner, path, body, key);
      expect([first.status, first.text]).toEqual([creation.status, first.text]);
      const after = await countEverything();
      expect([after["audit"], after["keys"]]).toEqual([
        Number(before["audit"]) + 1,
        Number(before["keys"]) + 1,
      ]);
      for (let again = 0; again < 3; again += 1) {
        const repeated = await postWithKey(owner, path, body, key);
        expect([repeated.status, repeated.text]).toEqual([first.status, first.text]);
        expect(repeated.headers.get("Content-Type")).toBe(first.headers.get("Content-Type"));
        expect(repeated.headers.get("X-Request-Id")).not.toBe(first.headers.get("X-Request-Id"));
      }
      expect(await countEverything()).toEqual(after);
    });

    it("a repeated request is compared by its values, not its bytes", async () => {
      const { owner, account, key } = await start();
      const [path, body] = [creation.path(account), creation.body()];
      const first = await postWithKey(owner, path, body, key);
      const after = await countEverything();
      const again = await owner.send("POST", path, undefined, {
        raw: otherwise(body),
        ...withIdempotencyKey(key, { "Content-Type": "application/json" }),
      });
      expect(statusAndBody(again)).toEqual(statusAndBody(first));
      expect(await countEverything()).toEqual(after);
    });

    it("a request with the same key and another body is 422 and changes nothing", async () => {
      const { owner, account, key } = await start();
      const [path, body] = [creation.path(account), creation.body()];
      const first = await postWithKey(owner, path, body, key);
      const after = await countEverything();
      expect(statusAndBody(await postWithKey(owner, path, creation.body(), key))).toEqual(keyReusedResponse);
      expect(statusAndBody(await postWithKey(owner, path, { ...body, more: "than before" }, key))).toEqual(
        keyReusedResponse,
      );
      const pairs = Object.entries(body).toSorted(([left], [right]) => (left < right ? -1 : 1));
      expect([400, 422]).toContain((await postWithKey(owner, path, pairs, key)).status);
      expect(await countEverything()).toEqual(after);
      expect(statusAndBody(await postWithKey(owner, path, body, key))).toEqual(statusAndBody(first));
    });

    it("a key belongs to one user [R5]", async () => {
      const { owner, account, key } = await start();
      const other = await start();
      const first = await postWithKey(owner, creation.path(account), creation.body(), key);
      const before = await countEverything();
      const theirs = await postWithKey(other.owner, creation.path(other.account), creation.body(), key);
      expect([first.status, theirs.status]).toEqual([creation.status, creation.status]);
      expect((await countEverything())["audit"]).toBe(Number(before["audit"]) + 1);
      if (theirs.body !== null) expect(theirs.body).not.toEqual(first.body);
    });

    it.each([
      { name: "empty", key: "" },
      { name: "blank", key: "   " },
      { name: "of 256 characters", key: "k".repeat(256) },
      { name: "of no UTF-8", key: "k\ufffd" },
    ])("a key that is $name is rejected", async ({ key }) => {
      const { owner, account } = await start();
      const path = creation.path(account);
      const before = await countEverything();
      const detail = "Idempotency-Key must have 1 to 255 characters and be valid UTF-8.";
      expect(statusAndBody(await postWithKey(owner, path, creation.body(), key))).toEqual({
        status: 400,
        body: { detail },
      });
      expect(await countEverything()).toEqual(before);
    });

    it("an invalid key is reported after permission errors and missing resources", async () => {
      const { account } = await start();
      const path = creation.path(account);
      const outsider = await createUser();
      const status = async (key: string) => (await postWithKey(outsider, path, creation.body(), key)).status;
      // Only the organizations API reports an invalid key together with the body's errors.
      const expected = isOrganizationsPath(path) ? await status(unique("key")) : 400;
      expect(await status("")).toBe(expected === creation.status ? 400 : expected);
    });

    it.each([1, 255])("a key may have %d characters", async (length) => {
      const { owner, account } = await start();
      const [path, body, key] = [creation.path(account), creation.body(), "k".repeat(length)];
      const first = await postWithKey(owner, path, body, key);
      expect(first.status).toBe(creation.status);
      expect(statusAndBody(await postWithKey(owner, path, body, key))).toEqual(statusAndBody(first));
    });

    it("a key is stored for a day", async () => {
      const { owner, account, key } = await start();
      const [path, body] = [creation.path(account), creation.body()];
      const first = await postWithKey(owner, path, body, key);
      await age(key, 24 * hour - 60_000);
      expect(statusAndBody(await postWithKey(owner, path, body, key))).toEqual(statusAndBody(first));
      expect(statusAndBody(await postWithKey(owner, path, creation.body(), key))).toEqual(keyReusedResponse);
      await age(key, 60_000);
      const before = await countEverything();
      const next = creation.body();
      const second = await postWithKey(owner, path, next, key);
      expect(second.status).toBe(creation.status);
      expect(await countEverything()).toMatchObject({
        audit: Number(before["audit"]) + 1,
        keys: Number(before["keys"]),
      });
      expect(statusAndBody(await postWithKey(owner, path, next, key))).toEqual(statusAndBody(second));
      expect(statusAndBody(await postWithKey(owner, path, body, key))).toEqual(keyReusedResponse);
    });

    it("a rejected request does not use up its key", async () => {
      const { owner, account, key } = await start();
      const path = creation.path(account);
      const before = await countEverything();
      for (const odd of [{}, { slug: 5, name: [], email: "nobody", invitee_identifier: "" }]) {
        if (creation.action === "user.created" && Object.keys(odd).length === 0) continue;
        expect([400, 422]).toContain((await postWithKey(owner, path, odd, key)).status);
      }
      expect(await countEverything()).toEqual(before);
      expect((await postWithKey(owner, path, creation.body(), key)).status).toBe(creation.status);
    });

    it("a repeated request gets the first response even if the resource has changed or was deleted", async () => {
      const { owner, account, key } = await start();
      const [path, body] = [creation.path(account), creation.body()];
      const first = await postWithKey(owner, path, body, key);
      await owner.patch(`/api/v1/account/${account.id}`, { title: "Another" });
      await setAccount(account, { max_users: 0 });
      const id = first.body?.uuid ?? first.body?.id;
      if (creation.action === "account.created") {
        await owner.patch(`/api/v1/account/${id}`, { title: "Another", slug: unique("moved") });
      }
      expect(statusAndBody(await postWithKey(owner, path, body, key))).toEqual(statusAndBody(first));
      if (creation.action === "account.created") await owner.delete(`/api/v1/account/${id}`);
      else
        await execute(
          "DELETE FROM invites WHERE account_id = (SELECT id FROM accounts WHERE uuid = ?)",
          account.id,
        );
      expect(statusAndBody(await postWithKey(owner, path, body, key))).toEqual(statusAndBody(first));
    });
  },
);

it("five operations may use the same key, because a key belongs to one operation", async () => {
  const { owner, account, key } = await start();
  for (const { path, body, status } of Object.values<CreateOperation>(createOperations)) {
    expect((await postWithKey(owner, path(account), body(), key)).status).toBe(status);
  }
});

describe("a key used for another account", () => {
  it.each(["an invite", "a user", "an invitation"] as const)(
    "a key used for another account is rejected: %s",
    async (name) => {
      const { path, body, status } = createOperations[name];
      const { owner, account, key } = await start();
      const other = await createAccount(owner);
      const values = body();
      expect((await postWithKey(owner, path(account), values, key)).status).toBe(status);
      const after = await countEverything();
      expect(statusAndBody(await postWithKey(owner, path(other), values, key))).toEqual(keyReusedResponse);
      expect(await countEverything()).toEqual(after);
    },
  );

  it.each(["/accounts/users/", "/accounts/invite/"])(
    "a key used for another account named by the header is rejected: %s",
    async (path) => {
      const { owner, account, key } = await start();
      const other = await createAccount(owner);
      const body = { email: "ada@example.com", invitee_identifier: `${key}@example.com` };
      const to = ({ id }: { id: string }) =>
        owner.post(path, body, withIdempotencyKey(key, { "X-Organization": id }));
      const first = await to(account);
      expect(first.status).toBe(201);
      expect(statusAndBody(await to(other))).toEqual(keyReusedResponse);
      expect(statusAndBody(await to(account))).toEqual(statusAndBody(first));
    },
  );
});

it("a form and JSON with the same values are the same request", async () => {
  const { owner, key } = await start();
  const body = { name: "Form & Söhne", slug: unique("form") };
  const path = createOperations["an organization"].path();
  const first = await owner.send("POST", path, undefined, {
    raw: new URLSearchParams(body).toString(),
    ...withIdempotencyKey(key, { "Content-Type": "application/x-www-form-urlencoded" }),
  });
  expect(first.status).toBe(201);
  expect(statusAndBody(await postWithKey(owner, path, body, key))).toEqual(statusAndBody(first));
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) form.set(name, value);
  const multipart = await owner.send("POST", path, undefined, { raw: form, ...withIdempotencyKey(key) });
  expect(statusAndBody(multipart)).toEqual(statusAndBody(first));
  expect(statusAndBody(await postWithKey(owner, path, { ...body, name: "Form" }, key))).toEqual(
    keyReusedResponse,
  );
  expect((await sendRaw(owner, "POST", path, "{", "application/json")).status).toBe(400);
});
