import { describe, expect, it } from "vitest";

import { deactivate, execute } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  anonymous,
  type ApiResponse,
  Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { missingPermission, noAccess } from "../../support/members.ts";

/** A valid request to each operation on an account. */
const onAccount: Readonly<Record<string, (caller: Caller, name: string) => Promise<ApiResponse>>> = {
  "reading it": (caller, name) => caller.get(`/api/v1/account/${name}`),
  "changing it": (caller, name) => caller.patch(`/api/v1/account/${name}`, { title: "Taken over" }),
  "renaming it": (caller, name) => caller.patch(`/api/v1/account/${name}`, { slug: unique("taken") }),
  "deleting it": (caller, name) => caller.delete(`/api/v1/account/${name}`),
  "reading its zones": (caller, name) => caller.get(`/api/v1/account/${name}/zones`),
};

describe("requests without a token", () => {
  it.each([
    { name: "no Authorization", authorization: undefined },
    { name: "another scheme", authorization: "Basic dXNlcjpwYXNz" },
    { name: "a scheme alone", authorization: "Bearer" },
    { name: "an empty token", authorization: "Bearer   " },
    { name: "no scheme", authorization: "some-token" },
  ])("a request without a token is 401 with $name", async ({ authorization }) => {
    const answer = await anonymous.get("/api/v1/user", {
      headers: authorization === undefined ? {} : { Authorization: authorization },
    });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ detail: "Not authenticated" });
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
  });
});

it("an invalid token is 401, whatever else is wrong", async () => {
  const caller = new Caller("not-a-token");
  const answers = [
    await caller.get("/api/v1/user"),
    await caller.post("/api/v1/accounts", {}),
    await caller.post("/api/v1/accounts", undefined, { raw: "{" }),
    await caller.delete("/api/v1/account/nobody"),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ detail: "Invalid or expired token" });
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
  }
});

it("the authorization scheme is case-insensitive", async () => {
  const { token } = await createUser();
  const answer = await anonymous.get("/api/v1/user", { headers: { Authorization: `bEARER ${token}` } });
  expect(answer.status).toBe(200);
});

it("an inactive user gets only 401, whatever else is wrong", async () => {
  const owner = await createUser();
  const account = await createAccount(owner);
  const user = await createUser();
  await addMember(account, user);
  await deactivate(user);
  const answers = [
    await user.get("/api/v1/user"),
    await user.get("/api/v1/user/welcome"),
    await user.get("/api/v1/accounts"),
    await user.get("/api/v1/zones"),
    await user.get(`/api/v1/account/${account.slug}`),
    await user.get("/api/v1/account/nobody/zones"),
    await user.get(`/api/v1/account/${account.slug}/status`),
    await user.post("/api/v1/accounts", { slug: unique("free") }),
    await user.post("/api/v1/accounts", { slug: account.slug }),
    await user.post("/api/v1/accounts", {}),
    await user.post("/api/v1/accounts", undefined, {
      raw: "{",
      headers: { "Content-Type": "application/json" },
    }),
    await user.post("/api/v1/accounts", undefined, {
      raw: new Uint8Array([0xff]),
      headers: { "Content-Type": "application/json" },
    }),
    await user.patch(`/api/v1/account/${account.slug}`, { slug: 5 }),
    await user.delete(`/api/v1/account/${account.slug}`),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ detail: "User inactive or deleted" });
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
  }
});

it("a reactivated user is accepted again", async () => {
  const user = await createUser();
  await deactivate(user);
  expect((await user.get("/api/v1/user")).status).toBe(401);
  await execute("UPDATE users SET is_active = 1 WHERE email = ?", user.email);
  expect((await user.get("/api/v1/user")).status).toBe(200);
});

describe.each(Object.entries(onAccount))("%s", (_, ask) => {
  it("existing and missing accounts look the same to an outsider [R3]", async () => {
    const account = await createAccount(await createUser());
    const outsider = await createUser();
    // An owner of one account is an outsider to every other.
    await createAccount(outsider);
    const answers = [
      await ask(outsider, account.slug),
      await ask(outsider, account.id),
      await ask(outsider, unique("free")),
      await ask(outsider, crypto.randomUUID()),
      await ask(outsider, "not%20a%20slug"),
      await ask(outsider, "admin"),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(403);
      expect(answer.body).toEqual(noAccess.body);
      expect(comparable(answer)).toEqual(comparable(answers[0] ?? answer));
    }
    await expectUnchanged(account);
  });

  it("a missing account is 404 for callers who may read every account", async () => {
    const everything = await createOperator();
    const administrator = await createUser();
    await addToGroup(administrator, 1);
    for (const caller of [everything, administrator]) {
      for (const name of [unique("free"), crypto.randomUUID()]) {
        const answer = await ask(caller, name);
        expect(answer.status).toBe(404);
        expect(answer.body).toEqual({ detail: "Account not found" });
      }
    }
  });
});

it("a member gets 403 for what only owners may do", async () => {
  const owner = await createUser();
  const account = await createAccount(owner);
  const member = await createUser();
  await addMember(account, member);
  const answers = [
    await member.patch(`/api/v1/account/${account.slug}`, { title: "Mine" }),
    await member.patch(`/api/v1/account/${account.id}`, {}),
    await member.delete(`/api/v1/account/${account.slug}`),
  ];
  const [byChange, byEmptyChange, byDeletion] = answers.map(statusAndBody);
  expect(byChange).toEqual(missingPermission("account:write"));
  expect(byEmptyChange).toEqual(missingPermission("account:write"));
  expect(byDeletion).toEqual(missingPermission("account:delete"));
  await expectUnchanged(account);
});

it("groups grant their permissions on every account", async () => {
  const account = await createAccount(await createUser());
  const administrator = await createUser();
  const metering = await createUser();
  const support = await createUser();
  await addToGroup(administrator, 1);
  await addToGroup(metering, 2);
  await addToGroup(support, 3);
  const path = `/api/v1/account/${account.slug}`;
  for (const reader of [administrator, metering, support]) {
    expect((await reader.get(path)).status).toBe(200);
    expect((await reader.get(`${path}/zones`)).status).toBe(200);
  }
  for (const reader of [metering, support]) {
    const change = await reader.patch(path, { title: "No" });
    expect(statusAndBody(change)).toEqual(missingPermission("account:write"));
    expect(statusAndBody(await reader.delete(path))).toEqual(missingPermission("account:delete"));
  }
  expect((await administrator.patch(path, { title: account.title })).status).toBe(200);
  expect((await administrator.delete(path)).status).toBe(204);
});

/** Removes what differs in every response. */
function comparable({ status, text, headers }: ApiResponse) {
  return { status, text, headers: [...headers].filter(([name]) => name !== "x-request-id") };
}

async function expectUnchanged({ id, slug, title }: TestAccount): Promise<void> {
  const answer = await (await createOperator()).get(`/api/v1/account/${id}`);
  expect(answer.body).toMatchObject({ id, slug, title });
}
