import { sql } from "drizzle-orm";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { builtInGroups } from "../../src/domain/permissions.ts";
import { assertion, openDatabase, runBatch } from "../../src/storage/database.ts";
import { accounts, memberships } from "../../src/storage/schema.ts";
import {
  accountInsert,
  everythingOfDatabase,
  inconsistencies,
  inviteInsert,
  insertAccountOf,
  insertUser,
  memberInsert,
  databaseError,
  queryRow,
  runStatements,
  type Statement,
} from "../support/database.ts";
import { effort } from "../support/effort.ts";
import { unique } from "../support/fixtures.ts";

// After each test the whole database must be consistent.
let faultsBefore: string;
beforeEach(async () => {
  faultsBefore = JSON.stringify(await inconsistencies());
});
afterEach(async () => {
  const faultsAfter = JSON.stringify(await inconsistencies());
  if (faultsAfter !== faultsBefore) throw new Error(`The test left the database with ${faultsAfter}`);
});

describe("slugs", () => {
  it("a slug can be used once", async () => {
    const owner = await insertUser();
    const { slug } = await insertAccountOf(owner);
    expect(await databaseError(accountInsert(owner, { slug }))).toBe("slug_taken");
    const other = await insertAccountOf(owner);
    expect(await databaseError(["UPDATE accounts SET slug = ? WHERE id = ?", slug, other.id])).toBe(
      "slug_taken",
    );
    expect(await databaseError(["UPDATE accounts SET slug = ? WHERE id = ?", other.slug, other.id])).toBe(
      undefined,
    );
  });

  it("only lower-case slugs can be stored, so that no two slugs differ only in case", async () => {
    const owner = await insertUser();
    const { slug, id } = await insertAccountOf(owner);
    for (const wrong of [
      slug.toUpperCase(),
      `${slug}A`,
      "",
      `${slug}.`,
      `${slug} `,
      `${slug}é`,
      `${slug}/`,
    ]) {
      expect(await databaseError(accountInsert(owner, { slug: wrong }))).toBe(
        "CHECK constraint failed: accounts_slug_form",
      );
      expect(await databaseError(["UPDATE accounts SET slug = ? WHERE id = ?", wrong, id])).toBe(
        "CHECK constraint failed: accounts_slug_form",
      );
    }
  });

  it("a slug is free again when its account is deleted or renamed", async () => {
    const owner = await insertUser();
    const gone = await insertAccountOf(owner);
    const renamed = await insertAccountOf(owner);
    await runStatements(
      ["DELETE FROM accounts WHERE id = ?", gone.id],
      ["UPDATE accounts SET slug = ? WHERE id = ?", unique("new"), renamed.id],
    );
    expect(
      await databaseError(
        accountInsert(owner, { slug: gone.slug }),
        accountInsert(owner, { slug: renamed.slug }),
      ),
    ).toBe(undefined);
  });
});

describe("no statement replaces another row", () => {
  /** Two tenants, the second of which tries to replace rows of the first. */
  async function tenants() {
    const [victim, thief, member] = [await insertUser(), await insertUser(), await insertUser()];
    const [theirs, mine] = [await insertAccountOf(victim), await insertAccountOf(thief)];
    await runStatements(memberInsert(theirs.id, member), memberInsert(mine.id, member));
    const membershipOf = async (account: number, user: number) =>
      Number(
        (await queryRow("SELECT id FROM memberships WHERE account_id = ? AND user_id = ?", account, user))?.[
          "id"
        ],
      );
    const uuidOf = async (user: number) =>
      String((await queryRow("SELECT uuid FROM users WHERE id = ?", user))?.["uuid"]);
    return {
      victim,
      thief,
      member,
      bystander: await insertUser(),
      accomplice: await insertUser(),
      theirs,
      mine,
      theirOwnership: await membershipOf(theirs.id, victim),
      theirMembership: await membershipOf(theirs.id, member),
      myOwnership: await membershipOf(mine.id, thief),
      victimUuid: await uuidOf(victim),
    };
  }
  type Tenants = Awaited<ReturnType<typeof tenants>>;

  const verbs = ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL", "INSERT"];
  const inserts: Record<string, [expected: string, make: (t: Tenants, verb: string) => Statement]> = {
    "an account's slug": ["slug_taken", (t, verb) => accountInsert(t.thief, { verb, slug: t.theirs.slug })],
    "an account's uuid": ["slug_taken", (t, verb) => accountInsert(t.thief, { verb, uuid: t.theirs.uuid })],
    "an account's id": ["slug_taken", (t, verb) => accountInsert(t.thief, { verb, id: t.theirs.id })],
    "a user's id": [
      "user_exists",
      (t, verb) => [
        `${verb} INTO users (id, uuid, created_at) VALUES (?, ?, 0)`,
        t.victim,
        crypto.randomUUID(),
      ],
    ],
    "a user's uuid": [
      "user_exists",
      (t, verb) => [`${verb} INTO users (uuid, is_active, created_at) VALUES (?, 0, 0)`, t.victimUuid],
    ],
    "a membership": ["member_exists", (t, verb) => memberInsert(t.theirs.id, t.victim, "AMEMBER", verb)],
    "a membership's id": [
      "member_exists",
      (t, verb) => [
        `${verb} INTO memberships (id, account_id, user_id, role, created_at) VALUES (?, ?, ?, 'AMEMBER', 0)`,
        t.theirOwnership,
        t.mine.id,
        t.victim,
      ],
    ],
  };
  it.each(Object.entries(inserts))("no insert replaces %s", async (_what, [expected, make]) => {
    const all = await tenants();
    const stored = await everythingOfDatabase();
    for (const verb of verbs) expect([verb, await databaseError(make(all, verb))]).toEqual([verb, expected]);
    expect(await everythingOfDatabase()).toEqual(stored);
  });

  const upserts: Record<string, [expected: string, make: (t: Tenants) => Statement]> = {
    "an account by its slug": [
      "slug_taken",
      (t) => {
        const [insert, ...values] = accountInsert(t.thief, { slug: t.theirs.slug });
        return [`${insert} ON CONFLICT (slug) DO UPDATE SET title = 'stolen'`, ...values];
      },
    ],
    "an account by any conflict": [
      "slug_taken",
      (t) => {
        const [insert, ...values] = accountInsert(t.thief, { uuid: t.theirs.uuid });
        return [`${insert} ON CONFLICT DO NOTHING`, ...values];
      },
    ],
    "a user by its uuid": [
      "user_exists",
      (t) => [
        "INSERT INTO users (uuid, created_at) VALUES (?, 0) ON CONFLICT (uuid) DO UPDATE SET is_active = 0",
        t.victimUuid,
      ],
    ],
    "a membership by account and user": [
      "member_exists",
      (t) => {
        const [insert, ...values] = memberInsert(t.theirs.id, t.victim);
        return [`${insert} ON CONFLICT (user_id, account_id) DO UPDATE SET role = 'AMEMBER'`, ...values];
      },
    ],
  };
  it.each(Object.entries(upserts))("no upsert changes %s", async (_what, [expected, make]) => {
    const all = await tenants();
    const stored = await everythingOfDatabase();
    expect(await databaseError(make(all))).toBe(expected);
    expect(await everythingOfDatabase()).toEqual(stored);
  });

  const updates: Record<string, (t: Tenants) => Statement> = {
    "an account's slug": (t) => [
      "UPDATE OR REPLACE accounts SET slug = ? WHERE id = ?",
      t.theirs.slug,
      t.mine.id,
    ],
    "an account's uuid": (t) => [
      "UPDATE OR REPLACE accounts SET uuid = ? WHERE id = ?",
      t.theirs.uuid,
      t.mine.id,
    ],
    "an account's id": (t) => ["UPDATE OR REPLACE accounts SET id = ? WHERE id = ?", t.theirs.id, t.mine.id],
    "an account's rowid": (t) => [
      "UPDATE OR REPLACE accounts SET rowid = ? WHERE id = ?",
      t.theirs.id,
      t.mine.id,
    ],
    "a user's uuid": (t) => ["UPDATE OR REPLACE users SET uuid = ? WHERE id = ?", t.victimUuid, t.thief],
    "a user's id": (t) => ["UPDATE OR REPLACE users SET id = ? WHERE id = ?", t.victim, t.thief],
    "a user's rowid": (t) => ["UPDATE OR REPLACE users SET rowid = ? WHERE id = ?", t.victim, t.thief],
    "the rowid of a user in no account": (t) => [
      "UPDATE OR REPLACE users SET _rowid_ = ? WHERE id = ?",
      t.bystander,
      t.accomplice,
    ],
    "a membership's account": (t) => [
      "UPDATE OR REPLACE memberships SET account_id = ? WHERE id = ?",
      t.theirs.id,
      t.myOwnership,
    ],
    "a membership's user": (t) => [
      "UPDATE OR REPLACE memberships SET user_id = ? WHERE id = ?",
      t.member,
      t.myOwnership,
    ],
    "a membership's id": (t) => [
      "UPDATE OR REPLACE memberships SET id = ? WHERE id = ?",
      t.theirOwnership,
      t.myOwnership,
    ],
    "a membership's rowid": (t) => [
      "UPDATE OR REPLACE memberships SET rowid = ? WHERE id = ?",
      t.theirMembership,
      t.myOwnership,
    ],
    "the last ownership's rowid": (t) => [
      "UPDATE OR REPLACE memberships SET oid = ? WHERE id = ?",
      t.theirOwnership,
      t.myOwnership,
    ],
  };
  it.each(Object.entries(updates))("no update changes %s", async (_what, make) => {
    const all = await tenants();
    const stored = await everythingOfDatabase();
    expect(await databaseError(make(all))).toBeDefined();
    expect(await everythingOfDatabase()).toEqual(stored);
  });

  it("identifying columns cannot be changed, except to their current values", async () => {
    const all = await tenants();
    const stored = await everythingOfDatabase();
    const free = 1_000_000_007;
    const columns: [table: string, column: string, value: string | number, id: number][] = [
      ["accounts", "id", free, all.mine.id],
      ["accounts", "uuid", crypto.randomUUID(), all.mine.id],
      ["accounts", "zone_id", 1, all.mine.id],
      ["accounts", "created_at", 1, all.mine.id],
      ["users", "id", free, all.thief],
      ["users", "uuid", crypto.randomUUID(), all.thief],
      ["memberships", "id", free, all.myOwnership],
      ["memberships", "account_id", all.theirs.id, all.myOwnership],
      ["memberships", "user_id", all.victim, all.myOwnership],
    ];
    for (const [table, column, value, id] of columns) {
      expect([
        column,
        await databaseError([`UPDATE ${table} SET ${column} = ? WHERE id = ?`, value, id]),
      ]).toEqual([column, "immutable"]);
      expect(await databaseError([`UPDATE ${table} SET ${column} = ${column} WHERE id = ?`, id])).toBe(
        undefined,
      );
    }
    expect(await everythingOfDatabase()).toEqual(stored);
  });
});

describe("the last owner", () => {
  const demote = (account: number, user: number): Statement => [
    "UPDATE memberships SET role = 'AMEMBER' WHERE account_id = ? AND user_id = ?",
    account,
    user,
  ];
  const promote = (account: number, user: number): Statement => [
    "UPDATE memberships SET role = 'AOWNER' WHERE account_id = ? AND user_id = ?",
    account,
    user,
  ];
  const remove = (account: number, user: number): Statement => [
    "DELETE FROM memberships WHERE account_id = ? AND user_id = ?",
    account,
    user,
  ];
  const deactivate = (user: number): Statement => ["UPDATE users SET is_active = 0 WHERE id = ?", user];
  const deleteUser = (user: number): Statement => ["DELETE FROM users WHERE id = ?", user];
  const members = async (account: number) =>
    (
      await runStatements([
        "SELECT user_id, role FROM memberships WHERE account_id = ? ORDER BY user_id",
        account,
      ])
    )[0];

  it("a new account has its creator as owner", async () => {
    const owner = await insertUser();
    const { id } = await insertAccountOf(owner);
    expect(await queryRow("SELECT member_count FROM accounts WHERE id = ?", id)).toEqual({ member_count: 1 });
    expect(await members(id)).toEqual([{ user_id: owner, role: "AOWNER" }]);
  });

  it("an account cannot be created without an active owner", async () => {
    const inactive = await insertUser({ active: false });
    const stored = await everythingOfDatabase();
    for (const verb of ["INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE"]) {
      expect(await databaseError(accountInsert(inactive, { verb }))).toBe("last_owner");
      expect(await databaseError(accountInsert(1_000_000_007, { verb }))).toBe("last_owner");
    }
    expect(await everythingOfDatabase()).toEqual(stored);
  });

  const attempts: Record<string, (account: number, owners: [number, number]) => Statement[]> = {
    "a deletion of both owners in one statement": (account) => [
      ["DELETE FROM memberships WHERE account_id = ? AND role = 'AOWNER'", account],
    ],
    "a deletion of every member in one statement": (account) => [
      ["DELETE FROM memberships WHERE account_id = ?", account],
    ],
    "a demotion of both in one statement": (account) => [
      ["UPDATE memberships SET role = 'AMEMBER' WHERE account_id = ?", account],
    ],
    "two demotions in one batch": (account, [first, second]) => [
      demote(account, first),
      demote(account, second),
    ],
    "two removals in one batch": (account, [first, second]) => [
      remove(account, first),
      remove(account, second),
    ],
    "a demotion and a removal": (account, [first, second]) => [
      demote(account, first),
      remove(account, second),
    ],
    "a deletion of both users in one statement": (_account, owners) => [
      ["DELETE FROM users WHERE id IN (?, ?)", ...owners],
    ],
    "a deactivation of both users in one statement": (_account, owners) => [
      ["UPDATE users SET is_active = 0 WHERE id IN (?, ?)", ...owners],
    ],
    "a deactivation and a deletion": (_account, [first, second]) => [deactivate(first), deleteUser(second)],
    "a deactivation and a removal": (account, [first, second]) => [
      deactivate(first),
      remove(account, second),
    ],
    "a demotion and a deactivation": (account, [first, second]) => [
      demote(account, first),
      deactivate(second),
    ],
  };
  it.each(Object.entries(attempts))(
    "no batch leaves an account without an active owner: %s",
    async (_what, make) => {
      const owners: [number, number] = [await insertUser(), await insertUser()];
      const member = await insertUser();
      const { id } = await insertAccountOf(owners[0]);
      await runStatements(memberInsert(id, owners[1], "AOWNER"), memberInsert(id, member));
      const stored = await everythingOfDatabase();
      expect(await databaseError(...make(id, owners))).toBe("last_owner");
      expect(await everythingOfDatabase()).toEqual(stored);
    },
  );

  it("the last owner cannot be removed, demoted, deactivated or deleted [R11]", async () => {
    const [owner, member] = [await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    await runStatements(memberInsert(id, member));
    const stored = await everythingOfDatabase();
    for (const statement of [remove(id, owner), demote(id, owner), deactivate(owner), deleteUser(owner)]) {
      expect([statement, await databaseError(statement)]).toEqual([statement, "last_owner"]);
    }
    expect(await everythingOfDatabase()).toEqual(stored);
  });

  it("the last owner cannot be deactivated by a value that is not a boolean", async () => {
    const owner = await insertUser();
    const { id } = await insertAccountOf(owner);
    for (const value of ["2", "-1", "0.5", "''", "'no'", "x'00'"]) {
      await databaseError([`UPDATE users SET is_active = ${value} WHERE id = ?`, owner]);
      expect([value, await queryRow("SELECT user_id FROM active_owners WHERE account_id = ?", id)]).toEqual([
        value,
        { user_id: owner },
      ]);
    }
  });

  it("the last owner can be demoted after another owner was promoted in the same batch", async () => {
    const [owner, member] = [await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    await runStatements(memberInsert(id, member));
    expect(await databaseError(promote(id, member), demote(id, owner))).toBe(undefined);
    expect(await members(id)).toEqual([
      { user_id: owner, role: "AMEMBER" },
      { user_id: member, role: "AOWNER" },
    ]);
  });

  it("a batch that demotes the last owner before it promotes another fails completely", async () => {
    const [owner, member] = [await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    await runStatements(memberInsert(id, member));
    expect(await databaseError(demote(id, owner), promote(id, member))).toBe("last_owner");
    expect(await members(id)).toEqual([
      { user_id: owner, role: "AOWNER" },
      { user_id: member, role: "AMEMBER" },
    ]);
  });

  it("an inactive owner does not replace the last active owner", async () => {
    const [owner, inactive] = [await insertUser(), await insertUser({ active: false })];
    const { id } = await insertAccountOf(owner);
    await runStatements(memberInsert(id, inactive, "AOWNER"));
    for (const statement of [remove(id, owner), demote(id, owner), deactivate(owner), deleteUser(owner)]) {
      expect([statement, await databaseError(statement)]).toEqual([statement, "last_owner"]);
    }
    await runStatements(["UPDATE users SET is_active = 1 WHERE id = ?", inactive]);
    expect(await databaseError(deleteUser(owner))).toBe(undefined);
    expect(await members(id)).toEqual([{ user_id: inactive, role: "AOWNER" }]);
  });

  it("the owner of another account does not replace the last owner", async () => {
    const [owner, other] = [await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    const elsewhere = await insertAccountOf(other);
    await runStatements(memberInsert(id, other), memberInsert(elsewhere.id, owner));
    expect(await databaseError(remove(id, owner))).toBe("last_owner");
    expect(await databaseError(deleteUser(other))).toBe("last_owner");
    expect(await databaseError(remove(id, other), remove(elsewhere.id, owner))).toBe(undefined);
  });

  it("other members can leave, be promoted and be deactivated", async () => {
    const [owner, second, member] = [await insertUser(), await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    await runStatements(memberInsert(id, second, "AOWNER"), memberInsert(id, member));
    expect(await databaseError(deactivate(member), remove(id, member), remove(id, second))).toBe(undefined);
    expect(await members(id)).toEqual([{ user_id: owner, role: "AOWNER" }]);
  });
});

describe("rows deleted with another row", () => {
  it("a deleted account's memberships and invitations are deleted, and no other rows", async () => {
    const [owner, member] = [await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    const other = await insertAccountOf(owner);
    const address = `${unique()}@example.com`;
    await runStatements(
      memberInsert(id, member),
      memberInsert(other.id, member),
      inviteInsert(id, address),
      inviteInsert(other.id, address),
    );
    const before = await queryRow("SELECT * FROM counters WHERE name = 'memberships'");
    await runStatements(["DELETE FROM accounts WHERE id = ?", id]);
    expect(
      await runStatements(
        ["SELECT count(*) AS count FROM memberships WHERE account_id = ?", id],
        ["SELECT count(*) AS count FROM invites WHERE account_id = ?", id],
        ["SELECT member_count FROM accounts WHERE id = ?", other.id],
        ["SELECT count(*) AS count FROM invites WHERE account_id = ?", other.id],
        ["SELECT value FROM counters WHERE name = 'memberships'"],
      ),
    ).toEqual([
      [{ count: 0 }],
      [{ count: 0 }],
      [{ member_count: 2 }],
      [{ count: 1 }],
      [{ value: Number(before?.["value"]) - 2 }],
    ]);
  });

  it("one statement can delete all accounts of an owner", async () => {
    const owner = await insertUser();
    await insertAccountOf(owner);
    await insertAccountOf(owner);
    expect(
      await databaseError(
        ["DELETE FROM accounts WHERE created_by = ?", owner],
        ["DELETE FROM users WHERE id = ?", owner],
      ),
    ).toBe(undefined);
  });

  it("a deleted user's identities, groups, tokens and idempotency keys are deleted, and their invitations have no inviter", async () => {
    const [owner, user] = [await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    await runStatements(
      memberInsert(id, user),
      [
        "INSERT INTO identities (issuer, subject, user_id) VALUES ('https://issuer.test', ?, ?)",
        unique(),
        user,
      ],
      ["INSERT INTO user_groups (user_id, group_id) VALUES (?, 3)", user],
      [
        "INSERT INTO personal_access_tokens (id, user_id, description, secret_hash, created_at) VALUES (?, ?, '', '', 0)",
        unique(),
        user,
      ],
      [
        "INSERT INTO idempotency_keys (user_id, operation, key, request_hash, answer, created_at) VALUES (?, '', '', '', 'null', 0)",
        user,
      ],
      inviteInsert(id, `${unique()}@example.com`),
      ["UPDATE invites SET invited_by = ?1, accepted_by = ?1 WHERE account_id = ?2", user, id],
    );
    await runStatements(["DELETE FROM users WHERE id = ?", user]);
    for (const table of [
      "identities",
      "user_groups",
      "personal_access_tokens",
      "idempotency_keys",
      "memberships",
    ]) {
      expect(await queryRow(`SELECT count(*) AS count FROM ${table} WHERE user_id = ?`, user)).toEqual({
        count: 0,
      });
    }
    expect(await queryRow("SELECT invited_by, accepted_by FROM invites WHERE account_id = ?", id)).toEqual({
      invited_by: null,
      accepted_by: null,
    });
    expect(await queryRow("SELECT member_count FROM accounts WHERE id = ?", id)).toEqual({ member_count: 1 });
  });

  it("no row can reference a missing row, and a zone in use cannot be deleted", async () => {
    const missing = 1_000_000_007;
    const owner = await insertUser();
    const { id } = await insertAccountOf(owner);
    const zone = unique("zone");
    await runStatements(
      [
        "INSERT INTO zones (uuid, slug, title, cloud_provider, private) VALUES (?, ?, '', 'AWS', 1)",
        crypto.randomUUID(),
        zone,
      ],
      [
        "INSERT INTO accounts (uuid, slug, title, title_key, type, created_by, created_at, zone_id) SELECT ?, ?, '', '', 'cowork', ?, 0, id FROM zones WHERE slug = ?",
        crypto.randomUUID(),
        unique("placed"),
        owner,
        zone,
      ],
    );
    const dangling: Statement[] = [
      memberInsert(missing, owner, "AOWNER"),
      inviteInsert(missing, "a@example.com"),
      ["UPDATE invites SET invited_by = ? WHERE account_id = ?", missing, id],
      ["UPDATE invites SET accepted_by = ? WHERE account_id = ?", missing, id],
      [
        "INSERT INTO identities (issuer, subject, user_id) VALUES ('https://issuer.test', ?, ?)",
        unique(),
        missing,
      ],
      ["INSERT INTO user_groups (user_id, group_id) VALUES (?, ?)", owner, missing],
      ["INSERT INTO user_groups (user_id, group_id) VALUES (?, 3)", missing],
      ["INSERT INTO group_permissions (group_id, permission) VALUES (?, 'account:read')", missing],
    ];
    await runStatements(inviteInsert(id, `${unique()}@example.com`));
    const stored = await everythingOfDatabase();
    for (const statement of dangling) {
      expect([statement, await databaseError(statement)]).toEqual([
        statement,
        "FOREIGN KEY constraint failed",
      ]);
    }
    expect(await databaseError(memberInsert(id, missing))).toBe("FOREIGN KEY constraint failed");
    expect(await databaseError(["DELETE FROM zones WHERE slug = ?", zone])).toBe("zone_in_use");
    const replaced: Statement = ["REPLACE INTO zones SELECT * FROM zones WHERE slug = ?", zone];
    expect(await databaseError(replaced)).toBe("zone_slug_taken");
    expect(await everythingOfDatabase()).toEqual(stored);
  });
});

describe("invitations", () => {
  it("an address can have one pending invitation to an account", async () => {
    const owner = await insertUser();
    const [first, second] = [await insertAccountOf(owner), await insertAccountOf(owner)];
    const address = `${unique()}@example.com`;
    await runStatements(inviteInsert(first.id, address));
    expect(await databaseError(inviteInsert(first.id, address))).toMatch(/^UNIQUE constraint failed/);
    expect(await databaseError(inviteInsert(second.id, address))).toBe(undefined);
  });

  it.each(["accepted", "revoked"])(
    "an address can be invited again if its first invitation is %s",
    async (state) => {
      const { id } = await insertAccountOf(await insertUser());
      const address = `${unique()}@example.com`;
      await runStatements(
        inviteInsert(id, address, state),
        inviteInsert(id, address, state),
        inviteInsert(id, address),
      );
      expect(await databaseError(inviteInsert(id, address))).toMatch(/^UNIQUE constraint failed/);
      expect(await databaseError(["UPDATE invites SET state = 'pending' WHERE account_id = ?", id])).toMatch(
        /^UNIQUE constraint failed/,
      );
      expect(
        await databaseError(
          ["UPDATE invites SET state = ? WHERE account_id = ?", state, id],
          inviteInsert(id, address),
        ),
      ).toBe(undefined);
    },
  );
});

describe("the usage limit of an account", () => {
  it("a usage limit is null or a number from 0", async () => {
    const { id } = await insertAccountOf(await insertUser());
    expect(await databaseError(["UPDATE accounts SET usage_limit = -1 WHERE id = ?", id])).toBe(
      "CHECK constraint failed: accounts_usage_limit_range",
    );
    expect(await databaseError(["UPDATE accounts SET usage_limit = 0 WHERE id = ?", id])).toBe(undefined);
    expect(await databaseError(["UPDATE accounts SET usage_limit = NULL WHERE id = ?", id])).toBe(undefined);
  });
});

describe("assertions", () => {
  const left = () => queryRow("SELECT count(*) AS count FROM preconditions");

  it("a failing assertion rolls back the batch with its name as the error", async () => {
    const { id } = await insertAccountOf(await insertUser());
    const stored = await everythingOfDatabase();
    for (const holds of [
      "0",
      "NULL",
      "(SELECT 1 WHERE 0)",
      "'no'",
      "EXISTS (SELECT 1 FROM users WHERE id < 0)",
    ]) {
      const statements: Statement[] = [
        ["UPDATE accounts SET title = 'changed' WHERE id = ?", id],
        [`INSERT INTO preconditions (name, holds) VALUES ('any_name', ${holds})`],
        ["DELETE FROM accounts WHERE id = ?", id],
      ];
      expect([holds, await databaseError(...statements)]).toEqual([holds, "any_name"]);
    }
    expect(await everythingOfDatabase()).toEqual(stored);
    expect(await left()).toEqual({ count: 0 });
  });

  it("a passing assertion stores nothing", async () => {
    const { id } = await insertAccountOf(await insertUser());
    const holding: Statement[] = [
      ["INSERT INTO preconditions (name, holds) VALUES ('any_name', 1)"],
      [
        "INSERT INTO preconditions (name, holds) SELECT 'any_name', EXISTS (SELECT 1 FROM accounts WHERE id = ?)",
        id,
      ],
      ["UPDATE accounts SET title = 'changed' WHERE id = ?", id],
    ];
    expect(await databaseError(...holding)).toBe(undefined);
    expect(await queryRow("SELECT title FROM accounts WHERE id = ?", id)).toEqual({ title: "changed" });
    expect(await left()).toEqual({ count: 0 });
  });

  it("a failing assertion is the domain error of its name in the use cases", async () => {
    const db = openDatabase(env.DB);
    const refused = runBatch(db, [assertion(db, "owned_account_limit_reached", sql`false`)]);
    await expect(refused).rejects.toMatchObject({ name: "DomainError", code: "owned_account_limit_reached" });
    await expect(runBatch(db, [assertion(db, "slug_taken", sql`true`)])).resolves.toHaveLength(1);
  });

  it("triggers and assertions use the same names of errors", async () => {
    const owner = await insertUser();
    const { slug, id } = await insertAccountOf(owner);
    const db = openDatabase(env.DB);
    const taken = runBatch(db, [
      db.insert(accounts).values({
        uuid: crypto.randomUUID(),
        slug,
        title: "",
        titleKey: "",
        type: "cowork",
        createdBy: owner,
        createdAt: 0,
      }),
    ]);
    await expect(taken).rejects.toMatchObject({ name: "DomainError", code: "slug_taken" });
    const last = runBatch(db, [db.delete(memberships).where(sql`account_id = ${id}`)]);
    await expect(last).rejects.toMatchObject({ name: "DomainError", code: "last_owner" });
  });
});

describe("the first rows", () => {
  it("a new service has the groups of the permission table", async () => {
    const [groups, permissions] = await runStatements(
      ["SELECT id, name FROM groups ORDER BY id"],
      ["SELECT group_id, permission FROM group_permissions"],
    );
    const stored = groups?.map(({ id, name }) => ({
      id,
      name,
      permissions: permissions
        ?.filter((one) => one["group_id"] === id)
        .map((one) => one["permission"])
        .sort(),
    }));
    expect(stored).toEqual(
      builtInGroups.map((group) => ({ ...group, permissions: [...group.permissions].sort() })),
    );
  });

  it("a new service has two public zones", async () => {
    const [zones] = await runStatements([
      "SELECT id, slug, title, cloud_provider, private, origin, location_hint FROM zones WHERE id < 3 ORDER BY id",
    ]);
    const common = { cloud_provider: "CLOUDFLARE", private: 0, origin: null };
    expect(zones).toEqual([
      { id: 1, slug: "europe-1", title: "Europe 1", ...common, location_hint: "weur" },
      { id: 2, slug: "us-1", title: "US 1", ...common, location_hint: "enam" },
    ]);
  });
});

describe("any sequence of statements", () => {
  interface World {
    readonly users: readonly number[];
    readonly accounts: readonly number[];
  }
  const userCount = 4;
  const accountCount = 3;
  const user = fc.nat(userCount - 1);
  const account = fc.nat(accountCount - 1);
  const role = fc.constantFrom("AOWNER", "AMEMBER");
  const verb = fc.constantFrom("INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE");
  const conflict = fc.constantFrom("", "OR REPLACE ", "OR IGNORE ", "OR FAIL ");
  const id = (ids: readonly number[], at: number): number => ids[at] ?? 0;

  /** A statement, given the existing rows. */
  const statement: fc.Arbitrary<(world: World) => Statement> = fc.oneof(
    fc.tuple(account, user, role, verb).map(
      ([a, u, r, v]) =>
        (w: World) =>
          memberInsert(id(w.accounts, a), id(w.users, u), r, v),
    ),
    fc.tuple(account, user).map(([a, u]) => (w: World): Statement => [
      "DELETE FROM memberships WHERE account_id = ? AND user_id = ?",
      id(w.accounts, a),
      id(w.users, u),
    ]),
    fc.tuple(account, role).map(([a, r]) => (w: World): Statement => [
      "DELETE FROM memberships WHERE account_id = ? AND role = ?",
      id(w.accounts, a),
      r,
    ]),
    fc.tuple(account, user, role, conflict).map(([a, u, r, c]) => (w: World): Statement => [
      `UPDATE ${c}memberships SET role = ? WHERE account_id = ? AND user_id = ?`,
      r,
      id(w.accounts, a),
      id(w.users, u),
    ]),
    fc.tuple(user, role).map(([u, r]) => (w: World): Statement => [
      "UPDATE memberships SET role = ? WHERE user_id = ?",
      r,
      id(w.users, u),
    ]),
    fc.tuple(user, fc.constantFrom(0, 1), conflict).map(([u, active, c]) => (w: World): Statement => [
      `UPDATE ${c}users SET is_active = ? WHERE id = ?`,
      active,
      id(w.users, u),
    ]),
    user.map((u) => (w: World): Statement => ["DELETE FROM users WHERE id = ?", id(w.users, u)]),
    account.map((a) => (w: World): Statement => ["DELETE FROM accounts WHERE id = ?", id(w.accounts, a)]),
    fc.tuple(account, user, verb).map(
      ([a, u, v]) =>
        (w: World) =>
          accountInsert(id(w.users, u), { id: id(w.accounts, a), verb: v }),
    ),
    fc.tuple(user, verb).map(([u, v]) => (w: World): Statement => [
      `${v} INTO users (id, uuid, is_active, created_at) VALUES (?, ?, 1, 0)`,
      id(w.users, u),
      crypto.randomUUID(),
    ]),
    fc.tuple(account, account, user, conflict).map(([a, b, u, c]) => (w: World): Statement => [
      `UPDATE ${c}memberships SET account_id = ? WHERE account_id = ? AND user_id = ?`,
      id(w.accounts, a),
      id(w.accounts, b),
      id(w.users, u),
    ]),
  );

  it("after any statements every account has an active owner and every counter is correct [R11]", async () => {
    const seen = { accepted: 0, refused: 0 };
    const sound = await inconsistencies();
    const transaction = fc.array(statement, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(transaction, { minLength: 4, maxLength: 16 }), async (transactions) => {
        const users = await Promise.all(Array.from({ length: userCount }, () => insertUser()));
        const accountIds = await Promise.all(
          Array.from({ length: accountCount }, async (_, at) => (await insertAccountOf(id(users, at))).id),
        );
        for (const statements of transactions) {
          const before = await everythingOf(accountIds);
          const refused = await databaseError(
            ...statements.map((make) => make({ users, accounts: accountIds })),
          );
          seen[refused === undefined ? "accepted" : "refused"] += 1;
          if (refused !== undefined) expect(await everythingOf(accountIds)).toEqual(before);
          expect(await inconsistencies()).toEqual(sound);
        }
      }),
      { numRuns: effort(10, 25) },
    );
    expect(seen.accepted).toBeGreaterThan(effort(15, 50));
    expect(seen.refused).toBeGreaterThan(effort(15, 50));
  });

  async function everythingOf(ids: readonly number[]): Promise<unknown> {
    const list = ids.join(", ");
    return runStatements(
      [`SELECT * FROM accounts WHERE id IN (${list}) ORDER BY id`],
      [`SELECT * FROM memberships WHERE account_id IN (${list}) ORDER BY id`],
    );
  }
});
