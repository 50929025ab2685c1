import { describe, expect, it } from "vitest";

import { invitesPath } from "../../support/account-invites.ts";
import { setAccount } from "../../support/database.ts";
import {
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  statusAndBody,
} from "../../support/fixtures.ts";
import { uniqueEmail } from "../../support/invitations.ts";
import {
  createAccountWithOwner,
  joinAccount,
  memberPath,
  membersPath,
  noAccess,
} from "../../support/members.ts";
const all = [
  "account:read",
  "account:write",
  "account:delete",
  "members:read",
  "members:search",
  "members:write",
  "invites:read",
  "invites:write",
  "usage:read",
  "usage:write",
  "logo:read",
  "logo:write",
  "saml:read",
  "audit:read",
  "account:export",
];
const ofMember = [
  "account:read",
  "members:search",
  "invites:read",
  "invites:write",
  "usage:read",
  "logo:read",
];
const ofMetering = ["account:read", "usage:read", "usage:write"];
const ofSupport = [
  "account:read",
  "members:read",
  "invites:read",
  "usage:read",
  "logo:read",
  "saml:read",
  "audit:read",
];

const permissionsOf = ({ slug, id }: TestAccount, more = "") =>
  `/api/v1/account/${slug}/permissions?account_id=${id}${more}`;
const expected = (permissions: readonly string[]) => ({ status: 200, body: { permissions } });

async function inGroup(group: 1 | 2 | 3): Promise<Caller> {
  const caller = await createUser();
  await addToGroup(caller, group);
  return caller;
}

/** Every kind of caller of an account, with their permissions on it. */
async function everybody(): Promise<{
  account: TestAccount;
  callers: Readonly<Record<string, readonly [Caller, readonly string[]]>>;
}> {
  const { owner, account } = await createAccountWithOwner();
  const { caller: member } = await joinAccount(account);
  const { caller: meteringMember } = await joinAccount(account);
  await addToGroup(meteringMember, 2);
  return {
    account,
    callers: {
      owner: [owner, all],
      member: [member, ofMember],
      "a member who meters": [
        meteringMember,
        all.filter((name) => [...ofMember, ...ofMetering].includes(name)),
      ],
      administrator: [await inGroup(1), all],
      metering: [await inGroup(2), ofMetering],
      support: [await inGroup(3), ofSupport],
      operator: [await createOperator(), all],
    },
  };
}

describe("the permissions", () => {
  it("the permissions are the union of the caller's role and groups", async () => {
    const { account, callers } = await everybody();
    for (const [kind, [caller, permissions]] of Object.entries(callers)) {
      expect([kind, statusAndBody(await caller.get(permissionsOf(account)))]).toEqual([
        kind,
        expected(permissions),
      ]);
    }
  });

  it("permissions on a knowledge box are those that concern one", async () => {
    const { account, callers } = await everybody();
    const onBox = ["usage:read", "usage:write"];
    for (const [kind, [caller, permissions]] of Object.entries(callers)) {
      const narrowed = expected(permissions.filter((name) => onBox.includes(name)));
      for (const stash of [crypto.randomUUID(), "any", ""]) {
        const answer = await caller.get(permissionsOf(account, `&stash_id=${stash}`));
        expect([kind, statusAndBody(answer)]).toEqual([kind, narrowed]);
      }
    }
  });

  it("operations enforce the listed permissions", async () => {
    const { account, callers } = await everybody();
    const { id: other } = await joinAccount(account);
    const base = `/api/v1/account/${account.slug}`;
    const samples: Readonly<Record<string, (caller: Caller) => ReturnType<Caller["get"]>>> = {
      "account:read": (caller) => caller.get(base),
      "account:write": (caller) => caller.patch(base, {}),
      "members:read": (caller) => caller.get(membersPath(account)),
      "members:search": (caller) => caller.get(memberPath(account, other)),
      "members:write": (caller) => caller.patch(membersPath(account), {}),
      "invites:read": (caller) => caller.get(invitesPath(account)),
      "invites:write": (caller) => caller.post(`${base}/invite`, { email: uniqueEmail() }),
      "audit:read": (caller) => caller.get(`${base}/audit`),
    };
    await setAccount(account, { max_users: 100 });
    for (const [kind, [caller]] of Object.entries(callers)) {
      const { permissions } = (await caller.get(permissionsOf(account))).body;
      for (const [permission, send] of Object.entries(samples)) {
        const answer = await send(caller);
        const obeyed = permissions.includes(permission) ? 200 : 403;
        const ok = answer.status === 204 ? 200 : answer.status;
        expect([kind, permission, ok]).toEqual([kind, permission, obeyed]);
      }
    }
  });

  it("the permissions follow the role, and stay while the account is blocked", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller, id } = await joinAccount(account);
    await owner.patch(membersPath(account), { add: [{ id, role: "AOWNER" }] });
    expect(statusAndBody(await caller.get(permissionsOf(account)))).toEqual(expected(all));
    await owner.patch(membersPath(account), { add: [{ id, role: "AMEMBER" }] });
    await setAccount(account, { blocking_state: "manager" });
    expect(statusAndBody(await caller.get(permissionsOf(account)))).toEqual(expected(ofMember));
    await caller.delete(memberPath(account, id));
    expect(statusAndBody(await caller.get(permissionsOf(account)))).toEqual(noAccess);
  });
});

describe("parameters", () => {
  it("the account is named by slug or id in the path and by id in the query", async () => {
    const { owner, account } = await createAccountWithOwner();
    for (const slug of [account.slug, account.slug.toUpperCase(), account.id]) {
      for (const id of [account.id, account.id.toUpperCase(), account.id.replaceAll("-", "")]) {
        expect(statusAndBody(await owner.get(permissionsOf({ ...account, slug, id })))).toEqual(
          expected(all),
        );
      }
    }
  });

  it("another account's, an unknown and a malformed account_id are 404", async () => {
    const { owner, account } = await createAccountWithOwner();
    const second = await createAccount(owner);
    const missing = { status: 404, body: { detail: "Account not found" } };
    const { account: foreign } = await createAccountWithOwner();
    for (const id of [second.id, foreign.id, crypto.randomUUID(), account.slug, "nonsense", ""]) {
      for (const caller of [owner, await createOperator()]) {
        expect(statusAndBody(await caller.get(permissionsOf({ ...account, id })))).toEqual(missing);
      }
    }
  });

  it("a missing account_id is rejected for everyone", async () => {
    const { owner, account } = await createAccountWithOwner();
    const fault = { type: "missing", loc: ["query", "account_id"], msg: "Field required", input: null };
    for (const caller of [owner, await createUser()]) {
      const answer = await caller.get(`/api/v1/account/${account.slug}/permissions?stash_id=x`);
      expect(statusAndBody(answer)).toEqual({ status: 422, body: { detail: [fault] } });
    }
  });

  it("outsiders get 403, whether the account exists or not", async () => {
    const { account } = await createAccountWithOwner();
    const outsider = (await createAccountWithOwner()).owner;
    for (const { slug, id } of [
      account,
      { slug: "no-such-account", id: account.id },
      { slug: account.slug, id: crypto.randomUUID() },
      { slug: account.slug, id: "nonsense" },
    ]) {
      expect(statusAndBody(await outsider.get(permissionsOf({ ...account, slug, id })))).toEqual(noAccess);
    }
    const missing = { status: 404, body: { detail: "Account not found" } };
    const nowhere = permissionsOf({ ...account, slug: "no-such-account" });
    expect(statusAndBody(await (await createOperator()).get(nowhere))).toEqual(missing);
  });
});
