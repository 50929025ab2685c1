/** What a caller may do on an account, told and obeyed. */
import { describe, expect, it } from "vitest";

import { anAddress } from "../organizations/invitations.ts";
import { answered } from "../organizations/requests.ts";
import { addToGroup, makeAccount, operator, someone, type Caller, type MadeAccount } from "../world.ts";
import { invitesOf } from "./invites.ts";
import { found, join, memberOf, membersOf, noRole } from "./members.ts";
import { setAccount } from "./rows.ts";

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

const permissionsOf = ({ slug, id }: MadeAccount, more = "") =>
  `/api/v1/account/${slug}/permissions?account_id=${id}${more}`;
const told = (permissions: readonly string[]) => ({ status: 200, body: { permissions } });

async function inGroup(group: 1 | 2 | 3): Promise<Caller> {
  const caller = await someone();
  await addToGroup(caller, group);
  return caller;
}

/** Every kind of caller there is to an account, with what they may do on it. */
async function everybody(): Promise<{
  account: MadeAccount;
  callers: Readonly<Record<string, readonly [Caller, readonly string[]]>>;
}> {
  const { owner, account } = await found();
  const { caller: member } = await join(account);
  const { caller: meteringMember } = await join(account);
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
      operator: [await operator(), all],
    },
  };
}

describe("the permissions", () => {
  it("are what the roles and the groups of the caller come to", async () => {
    const { account, callers } = await everybody();
    for (const [kind, [caller, permissions]] of Object.entries(callers)) {
      expect([kind, answered(await caller.get(permissionsOf(account)))]).toEqual([kind, told(permissions)]);
    }
  });

  it("on a knowledge box are those of them that concern one, whichever it is", async () => {
    const { account, callers } = await everybody();
    const onBox = ["usage:read", "usage:write"];
    for (const [kind, [caller, permissions]] of Object.entries(callers)) {
      const narrowed = told(permissions.filter((name) => onBox.includes(name)));
      for (const stash of [crypto.randomUUID(), "any", ""]) {
        const answer = await caller.get(permissionsOf(account, `&stash_id=${stash}`));
        expect([kind, answered(answer)]).toEqual([kind, narrowed]);
      }
    }
  });

  it("are what the operations obey", async () => {
    const { account, callers } = await everybody();
    const { id: other } = await join(account);
    const base = `/api/v1/account/${account.slug}`;
    const samples: Readonly<Record<string, (caller: Caller) => ReturnType<Caller["get"]>>> = {
      "account:read": (caller) => caller.get(base),
      "account:write": (caller) => caller.patch(base, {}),
      "members:read": (caller) => caller.get(membersOf(account)),
      "members:search": (caller) => caller.get(memberOf(account, other)),
      "members:write": (caller) => caller.patch(membersOf(account), {}),
      "invites:read": (caller) => caller.get(invitesOf(account)),
      "invites:write": (caller) => caller.post(`${base}/invite`, { email: anAddress() }),
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

  it("change with the role, and stay while the account is blocked", async () => {
    const { owner, account } = await found();
    const { caller, id } = await join(account);
    await owner.patch(membersOf(account), { add: [{ id, role: "AOWNER" }] });
    expect(answered(await caller.get(permissionsOf(account)))).toEqual(told(all));
    await owner.patch(membersOf(account), { add: [{ id, role: "AMEMBER" }] });
    await setAccount(account, { blocking_state: "manager" });
    expect(answered(await caller.get(permissionsOf(account)))).toEqual(told(ofMember));
    await caller.delete(memberOf(account, id));
    expect(answered(await caller.get(permissionsOf(account)))).toEqual(noRole);
  });
});

describe("asking for them", () => {
  it("names the account twice: by slug or id in the path, by id in the query, in any spelling", async () => {
    const { owner, account } = await found();
    for (const slug of [account.slug, account.slug.toUpperCase(), account.id]) {
      for (const id of [account.id, account.id.toUpperCase(), account.id.replaceAll("-", "")]) {
        expect(answered(await owner.get(permissionsOf({ ...account, slug, id })))).toEqual(told(all));
      }
    }
  });

  it("with the id of another account, of none or of nothing is not found", async () => {
    const { owner, account } = await found();
    const second = await makeAccount(owner);
    const missing = { status: 404, body: { detail: "Account not found" } };
    const { account: foreign } = await found();
    for (const id of [second.id, foreign.id, crypto.randomUUID(), account.slug, "nonsense", ""]) {
      for (const caller of [owner, await operator()]) {
        expect(answered(await caller.get(permissionsOf({ ...account, id })))).toEqual(missing);
      }
    }
  });

  it("without an id misses it, whoever asks", async () => {
    const { owner, account } = await found();
    const fault = { type: "missing", loc: ["query", "account_id"], msg: "Field required", input: null };
    for (const caller of [owner, await someone()]) {
      const answer = await caller.get(`/api/v1/account/${account.slug}/permissions?stash_id=x`);
      expect(answered(answer)).toEqual({ status: 422, body: { detail: [fault] } });
    }
  });

  it("is not for outsiders, who cannot tell what there is", async () => {
    const { account } = await found();
    const outsider = (await found()).owner;
    for (const { slug, id } of [
      account,
      { slug: "no-such-account", id: account.id },
      { slug: account.slug, id: crypto.randomUUID() },
      { slug: account.slug, id: "nonsense" },
    ]) {
      expect(answered(await outsider.get(permissionsOf({ ...account, slug, id })))).toEqual(noRole);
    }
    const missing = { status: 404, body: { detail: "Account not found" } };
    const nowhere = permissionsOf({ ...account, slug: "no-such-account" });
    expect(answered(await (await operator()).get(nowhere))).toEqual(missing);
  });
});
