/** Accounts in zones. */
import { describe, expect, it } from "vitest";

import { runStatements } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { effort } from "../../support/effort.ts";
import { accountPath, createZone, getBody, zonePath } from "../../support/operator.ts";

const inUse = {
  status: 409,
  body: { detail: "Accounts are placed in this zone. It cannot be deleted or change its location." },
};

/** Returns whether a caller's list of zones at this path has the zone. */
async function shows(caller: Caller, path: string, { id }: { id: string }): Promise<boolean> {
  const list: { id: string }[] = await getBody(caller, path);
  return list.some((zone) => zone.id === id);
}

const create = (caller: Caller, zone: string) =>
  caller.post("/api/v1/accounts", { slug: unique("acme"), zone });
const unknown = (zone: string) => ({
  status: 422,
  body: {
    detail: [
      {
        type: "value_error",
        loc: ["body", "zone"],
        msg: "Value error, This zone does not exist.",
        input: zone,
        ctx: { error: {} },
      },
    ],
  },
});

describe("the location hint of a zone", () => {
  it("the location hint can be changed until an account is in the zone", async () => {
    const root = await createOperator();
    const zone = await createZone(root, { location_hint: "apac" });
    const path = zonePath(zone);
    expect((await root.patch(path, { location_hint: "oc" })).status).toBe(200);
    const account = await createAccount(await createUser(), { zone: zone.slug });
    expect(await getBody(root, accountPath(account))).toMatchObject({ zone: zone.slug });
    const before = await getBody(root, path);
    for (const location_hint of ["sam", null]) {
      expect(statusAndBody(await root.patch(path, { location_hint, title: "No" }))).toEqual(inUse);
      expect(await getBody(root, path)).toEqual(before);
    }
    const rest = { title: "Yes", slug: unique("zone"), origin: "https://x.example", cloud_provider: "GCP" };
    const after = { ...before, ...rest, private: true };
    expect((await root.patch(path, { ...rest, private: true, location_hint: "oc" })).body).toEqual(after);
    expect(await getBody(root, accountPath(account))).toMatchObject({ zone: rest.slug });
    await root.delete(`/api/v1/account/${account.id}`);
    expect((await root.patch(path, { location_hint: null })).body).toEqual({ ...after, location_hint: null });
  });

  it("the location hint is fixed before or after a simultaneous creation of an account", async () => {
    const root = await createOperator();
    const user = await createUser();
    await user.get("/api/v1/user");
    for (let round = 0; round < effort(3, 10); round += 1) {
      const zone = await createZone(root, { location_hint: "apac" });
      const [made, moved] = await Promise.all([
        create(user, zone.slug),
        root.patch(zonePath(zone), { location_hint: "oc" }),
      ]);
      expect(made.status).toBe(201);
      expect([200, 409]).toContain(moved.status);
      const hint = (await getBody(root, zonePath(zone))).location_hint;
      expect(hint).toBe(moved.status === 200 ? "oc" : "apac");
    }
  });
});

describe("a private zone", () => {
  it("a private zone is visible to operators and to the accounts in it", async () => {
    const root = await createOperator();
    const zone = await createZone(root, { private: true, location_hint: "oc" });
    const [member, administrator] = [await createUser(), await createUser()];
    await addToGroup(administrator, 1);
    const placed = await createAccount(root, { zone: zone.slug });
    await addMember(placed, member);
    const elsewhere = await createAccount(member);
    const zonesOf = ({ id }: { id: string }) => `/api/v1/account/${id}/zones`;
    for (const caller of [member, administrator]) {
      expect(await shows(caller, "/api/v1/zones", zone)).toBe(false);
      expect(await shows(caller, zonesOf(placed), zone)).toBe(true);
      expect(await shows(caller, zonesOf(elsewhere), zone)).toBe(false);
      const seen: Record<string, unknown>[] = await getBody(caller, zonesOf(placed));
      expect(seen.filter((one) => "location_hint" in one)).toEqual([]);
    }
    for (const path of ["/api/v1/zones", zonesOf(placed), zonesOf(elsewhere)])
      expect(await shows(root, path, zone)).toBe(true);
  });

  it("only operators can place new accounts in a private zone, by slug or id", async () => {
    const root = await createOperator();
    const zone = await createZone(root, { private: true });
    const [user, administrator] = [await createUser(), await createUser()];
    await addToGroup(administrator, 1);
    for (const name of [zone.slug, zone.id]) {
      for (const caller of [user, administrator])
        expect(statusAndBody(await create(caller, name))).toEqual(unknown(name));
      expect((await create(root, name)).status).toBe(201);
    }
  });

  it("a zone that becomes private closes to others, and opens again when it becomes public", async () => {
    const root = await createOperator();
    const zone = await createZone(root);
    const user = await createUser();
    const account = await createAccount(user, { zone: zone.slug });
    expect(await shows(user, "/api/v1/zones", zone)).toBe(true);
    await root.patch(zonePath(zone), { private: true });
    expect(await shows(user, "/api/v1/zones", zone)).toBe(false);
    expect(await shows(user, `/api/v1/account/${account.id}/zones`, zone)).toBe(true);
    expect(await getBody(user, `/api/v1/account/${account.id}`)).toMatchObject({ zone: zone.slug });
    expect(statusAndBody(await create(user, zone.slug))).toEqual(unknown(zone.slug));
    await root.patch(zonePath(zone), { private: false });
    expect(await shows(user, "/api/v1/zones", zone)).toBe(true);
    expect((await create(user, zone.slug)).status).toBe(201);
  });
});

describe("a change of a zone while accounts are created in it", () => {
  it.each([
    { what: "a zone is deleted", change: (root: Caller, path: string) => root.delete(path), done: 204 },
    {
      what: "a zone becomes private",
      change: (root: Caller, path: string) => root.patch(path, { private: true }),
      done: 200,
    },
    {
      what: "a zone is renamed",
      change: (root: Caller, path: string) => root.patch(path, { slug: unique("new") }),
      done: 200,
    },
  ] as const)("an account is created in its zone or rejected while $what", async ({ change, done }) => {
    const root = await createOperator();
    const users = [await createUser(), await createUser(), await createUser()];
    for (const user of [root, ...users]) await user.get("/api/v1/user");
    for (let round = 0; round < effort(4, 20); round += 1) {
      const zone = await createZone(root);
      const [changed, ...made] = await Promise.all([
        change(root, zonePath(zone)),
        ...users.map((user) => create(user, zone.slug)),
      ]);
      expect([done, 409]).toContain(changed.status);
      if (changed.status === 409) expect(statusAndBody(changed)).toEqual(inUse);
      for (const answer of made)
        if (answer.status !== 201) expect(statusAndBody(answer)).toEqual(unknown(zone.slug));
      const placed = made.filter(({ status }) => status === 201);
      const there = await root.get(zonePath(zone));
      expect(there.status).toBe(changed.status === 204 ? 404 : 200);
      if (placed.length > 0 && done === 204) expect(changed.status).toBe(409);
      for (const { body } of placed)
        expect(await getBody(root, accountPath(body))).toMatchObject({ zone: there.body.slug });
    }
    const [lost] = await runStatements([
      "SELECT id FROM accounts WHERE zone_id IS NOT NULL AND zone_id NOT IN (SELECT id FROM zones)",
    ]);
    expect(lost).toEqual([]);
  });
});
