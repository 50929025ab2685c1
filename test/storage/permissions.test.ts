import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { blockingStates } from "../../src/domain/account.ts";
import {
  builtInGroups,
  isRefusedWhenBlocked,
  operations,
  type Permission,
  permissions,
  roleGrants,
  rolesGranting,
} from "../../src/domain/permissions.ts";

/** Permissions of AOWNER, AMEMBER and the groups Administrators, Metering and Support. */
const table: Record<Permission, readonly [boolean, boolean, boolean, boolean, boolean]> = {
  "account:read": [true, true, true, true, true],
  "account:write": [true, false, true, false, false],
  "account:delete": [true, false, true, false, false],
  "members:read": [true, false, true, false, true],
  "members:search": [true, true, true, false, false],
  "members:write": [true, false, true, false, false],
  "invites:read": [true, true, true, false, true],
  "invites:write": [true, true, true, false, false],
  "usage:read": [true, true, true, true, true],
  "usage:write": [true, false, true, true, false],
  "logo:read": [true, true, true, false, true],
  "logo:write": [true, false, true, false, false],
  "saml:read": [true, false, true, false, true],
  "audit:read": [true, false, true, false, true],
  "account:export": [true, false, true, false, false],
  "users:read": [false, false, true, false, true],
  "users:write": [false, false, true, false, false],
  "groups:assign": [false, false, true, false, false],
  "analysts:read": [false, false, true, false, true],
  "login:read": [false, false, true, false, true],
  manage: [false, false, false, false, false],
};

describe("the permission table", () => {
  it("the permission table has every permission once", () => {
    expect([...permissions].toSorted()).toEqual(Object.keys(table).toSorted());
    expect(new Set(permissions).size).toBe(permissions.length);
  });

  it.each(permissions)("the roles and groups with %s are those of the table", async (permission) => {
    const [owner, member, ...groups] = table[permission];
    expect([roleGrants("AOWNER", permission), roleGrants("AMEMBER", permission)]).toEqual([owner, member]);
    expect(roleGrants(undefined, permission)).toBe(false);
    expect(rolesGranting(permission).toSorted()).toEqual([
      ...(member ? ["AMEMBER"] : []),
      ...(owner ? ["AOWNER"] : []),
    ]);
    const { results } = await env.DB.prepare(
      "SELECT g.id, count(p.permission) AS granted FROM groups g LEFT JOIN group_permissions p ON p.group_id = g.id AND p.permission = ? GROUP BY g.id ORDER BY g.id",
    )
      .bind(permission)
      .all<{ id: number; granted: number }>();
    expect(results).toEqual(groups.map((granted, at) => ({ id: at + 1, granted: granted ? 1 : 0 })));
    expect(
      builtInGroups.map((group) => (group.permissions as readonly Permission[]).includes(permission)),
    ).toEqual(groups);
  });

  it("the permission table has no unknown permission", async () => {
    const { results } = await env.DB.prepare("SELECT DISTINCT permission FROM group_permissions").all<{
      permission: string;
    }>();
    const known = new Set<string>(permissions);
    expect(results.filter(({ permission }) => !known.has(permission))).toEqual([]);
  });
});

describe("the built-in groups", () => {
  it("there are three built-in groups", async () => {
    const expected = [
      { id: 1, name: "Administrators" },
      { id: 2, name: "Metering" },
      { id: 3, name: "Support" },
    ];
    expect(builtInGroups.map(({ id, name }) => ({ id, name }))).toEqual(expected);
    const { results } = await env.DB.prepare("SELECT id, name FROM groups ORDER BY id").all();
    expect(results).toEqual(expected);
  });
});

describe("operations", () => {
  it("operations require the documented permissions", () => {
    expect(operations).toMatchObject({
      listOrganizations: "signed-in",
      createOrganization: "signed-in",
      retrieveOrganization: "account:read",
      updateOrganization: "account:write",
      partialUpdateOrganization: "account:write",
      deleteOrganization: "account:delete",
    });
  });

  it("every operation requires a known permission", () => {
    const known = new Set<string>([...permissions, "signed-in", "open"]);
    expect(Object.entries(operations).filter(([, need]) => !known.has(need))).toEqual([]);
  });
});

describe("a blocked account", () => {
  it("a blocked account rejects every write except its deletion", () => {
    expect(permissions.filter((permission) => isRefusedWhenBlocked(permission))).toEqual(
      expect.arrayContaining([
        "account:write",
        "members:write",
        "invites:write",
        "usage:write",
        "logo:write",
      ]),
    );
    for (const permission of permissions) {
      const reads = /:(?:read|search|export)$/.test(permission) || permission === "account:delete";
      if (reads) expect([permission, isRefusedWhenBlocked(permission)]).toEqual([permission, false]);
    }
  });

  it("a blocked account has one of the documented states", () => {
    expect(blockingStates).toEqual([
      "unblocked",
      "quota",
      "manager",
      "trial_expired",
      "budget",
      "subscription_canceled",
      "subscription_unpaid",
    ]);
  });
});
