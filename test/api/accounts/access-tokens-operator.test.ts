import { describe, expect, it } from "vitest";

import { createAccessToken } from "../../support/access-tokens.ts";
import { execute } from "../../support/database.ts";
import { Caller, createAccount, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";
import { noAccess } from "../../support/members.ts";

/** Returns the caller's type with this OPERATORS variable. */
async function typeOf(caller: Caller, operators: string): Promise<unknown> {
  const answer = await caller.via(workerWith({ OPERATORS: operators })).get("/api/v1/user");
  return answer.status === 200 ? answer.body.type : answer.status;
}

/** Signs a user in once with each of these addresses, in order. */
async function seenAs(sub: string, ...sights: Record<string, unknown>[]): Promise<Caller> {
  let caller = await createUser({ sub });
  for (const sight of sights) {
    caller = await createUser({ sub, ...sight });
    expect(await typeOf(caller, "")).toBe("USER");
  }
  return caller;
}

const address = () => `${unique("person")}@example.com`;

describe("tokens of users with a verified address", () => {
  it("a token is an operator's while OPERATORS lists the user's verified address, in any case", async () => {
    const user = await seenAs(unique("sub"), { email: "Grace.Hopper@Example.com" });
    const { bearer } = await createAccessToken(user);
    expect(await typeOf(bearer, "grace.hopper@example.com")).toBe("ROOT");
    expect(await typeOf(bearer, "other@example.com, GRACE.HOPPER@example.com")).toBe("ROOT");
    expect(await typeOf(bearer, "other@example.com")).toBe("USER");
    expect(await typeOf(bearer, "")).toBe("USER");
  });

  it("the verified address last seen decides", async () => {
    const [sub, before, now] = [unique("sub"), address(), address()];
    const { bearer } = await createAccessToken(await seenAs(sub, { email: before }));
    expect([await typeOf(bearer, before), await typeOf(bearer, now)]).toEqual(["ROOT", "USER"]);
    await seenAs(sub, { email: now });
    expect([await typeOf(bearer, before), await typeOf(bearer, now)]).toEqual(["USER", "ROOT"]);
  });

  it("an unverified address makes no operator", async () => {
    const [sub, verified, claimed] = [unique("sub"), address(), address()];
    const user = await seenAs(sub, { email: verified }, { email: claimed, email_verified: false });
    const { bearer } = await createAccessToken(user);
    expect([await typeOf(bearer, claimed), await typeOf(bearer, verified)]).toEqual(["USER", "ROOT"]);
    const untrusted = await createUser(
      { sub: unique("sub"), email: claimed },
      { issuer: "https://other.test" },
    );
    expect(await typeOf((await createAccessToken(untrusted)).bearer, claimed)).toBe("USER");
  });

  it("an address that users gave themselves makes no operator", async () => {
    const [user, wanted] = [await createUser(), address()];
    const { bearer } = await createAccessToken(user);
    const { id } = (await user.get("/api/v1/user")).body;
    expect((await bearer.patch("/api/v1/user", { email: wanted })).status).toBe(200);
    expect(await typeOf(bearer, wanted)).toBe("USER");
    expect((await bearer.patch(`/accounts/users/${id}/`, { email: address() })).status).toBe(200);
    expect((await user.patch(`/accounts/users/${id}/`, { email: wanted })).status).toBe(200);
    expect((await user.get("/api/v1/user")).body.email).toBe(wanted);
    expect(await typeOf(bearer, wanted)).toBe("USER");
  });

  it("the stored user type makes no operator", async () => {
    const user = await createUser();
    const { bearer } = await createAccessToken(user);
    const foreign = await createAccount(await createUser());
    await execute("UPDATE users SET type = 'ROOT' WHERE email = ?", user.email);
    expect((await bearer.get(`/api/v1/account/${foreign.slug}`)).status).toBe(403);
  });
});

describe("tokens of users listed by issuer and subject", () => {
  it("a user listed by issuer and subject is an operator, whatever their address", async () => {
    const sub = unique("sub");
    const user = await seenAs(sub, { email: address(), email_verified: false });
    const { bearer } = await createAccessToken(user);
    expect(await typeOf(bearer, `https://issuer.test|${sub}`)).toBe("ROOT");
    expect(await typeOf(bearer, `https://other.test|${sub}`)).toBe("USER");
    expect(await typeOf(bearer, `https://issuer.test|${sub}x`)).toBe("USER");
    expect(await typeOf(bearer, `https://issuer.test|x${sub}`)).toBe("USER");
  });

  it("a subject with a vertical bar can be listed", async () => {
    const user = await createUser();
    const { bearer } = await createAccessToken(user);
    expect(await typeOf(bearer, `https://issuer.test|sub|${user.email}`)).toBe("ROOT");
    expect(await typeOf(bearer, `https://issuer.test|sub`)).toBe("USER");
  });
});

it.each(["by address", "by issuer and subject"])(
  "an operator's token may do what an operator may: %s",
  async (how) => {
    const user = await createUser();
    const { bearer } = await createAccessToken(user);
    const operators = how === "by address" ? user.email : `https://issuer.test|sub|${user.email}`;
    const root = bearer.via(workerWith({ OPERATORS: operators }));
    const foreign = await createAccount(await createUser());
    const path = `/api/v1/account/${foreign.slug}`;
    expect((await root.get(path)).body).toMatchObject({ id: foreign.id, can_manage_account: true });
    expect((await root.patch(path, { title: "By the operator" })).status).toBe(200);
    expect((await root.patch(`/accounts/organizations/${foreign.id}/`, { name: "Again" })).status).toBe(200);
    const found = await root.get(`/accounts/organizations/?uuid=${foreign.id}`);
    expect(found.body).toMatchObject({ count: 1, results: [{ name: "Again" }] });
    const members = await root.get(`/accounts/analysts/?organization=${foreign.id}`);
    expect([members.status, members.body.count]).toEqual([200, 1]);
    const made = await root.post("/accounts/users/", { email: address(), groups: [2] });
    expect([made.status, made.body.groups]).toEqual([201, [2]]);
    const history = await root.get(`${path}/audit`);
    expect([history.status, history.body.items.length]).toEqual([200, 3]);
    expect((await root.post("/api/v1/user/pa_tokens", { description: "Another" })).status).toBe(403);

    for (const answer of [await bearer.get(path), await bearer.patch(path, { title: "No" })]) {
      expect(statusAndBody(answer)).toEqual(noAccess);
    }
    expect((await bearer.get(`/accounts/organizations/?uuid=${foreign.id}`)).body.count).toBe(0);
    expect((await root.delete(path)).status).toBe(204);
  },
);
