/** Who gets through to the operator's face: operators, by whatever they are known, and nobody else. */
import { describe, expect, it } from "vitest";

import { anImage, formWith } from "../accounts/logos.ts";
import { withToken, withWrongSecret } from "../accounts/stored-tokens.ts";
import { makeAccessToken, oneToken } from "../accounts/tokens.ts";
import { doorWhile } from "../between.ts";
import { doorWith } from "../http/door.ts";
import { operationsOf } from "../http/schemas.ts";
import {
  addMember,
  addToGroup,
  Caller,
  makeAccount,
  makeToken,
  operator,
  someone,
  stranger,
  unique,
  type Answer,
} from "../world.ts";
import {
  answered,
  blocking,
  changeCount,
  face,
  managed,
  newZone,
  noRole,
  oneUser,
  oneZone,
  userOf,
  zones,
} from "./face.ts";

interface Things {
  readonly account: { readonly id: string };
  readonly zone: { readonly id: string };
  readonly user: { readonly id: string };
}

type Send = (caller: Caller, things: Things) => Promise<Answer>;
interface Row {
  readonly status: number;
  readonly send: Send;
}

/** Every operation of the face, as it succeeds. */
const table: Readonly<Record<string, Row>> = {
  listManagedAccounts: { status: 200, send: (caller) => caller.get(`${face}/@accounts?search=a`) },
  getManagedAccount: { status: 200, send: (caller, { account }) => caller.get(managed(account)) },
  updateManagedAccount: {
    status: 200,
    send: (caller, { account }) => caller.patch(managed(account), { type: "v3pro", max_users: 77 }),
  },
  blockAccount: {
    status: 200,
    send: (caller, { account }) => caller.patch(blocking(account), { blocking_state: "manager" }),
  },
  listManagedZones: { status: 200, send: (caller) => caller.get(zones) },
  createZone: { status: 201, send: (caller) => caller.post(zones, newZone()) },
  getZone: { status: 200, send: (caller, { zone }) => caller.get(oneZone(zone)) },
  updateZone: { status: 200, send: (caller, { zone }) => caller.patch(oneZone(zone), { title: "Renamed" }) },
  deleteZone: { status: 204, send: (caller, { zone }) => caller.delete(oneZone(zone)) },
  listManagedUsers: { status: 200, send: (caller) => caller.get(`${face}/@users?page_size=1`) },
  getManagedUser: { status: 200, send: (caller, { user }) => caller.get(oneUser(user)) },
  updateManagedUser: {
    status: 200,
    send: (caller, { user }) => caller.patch(oneUser(user), { type: "SALES", groups: [1] }),
  },
  listAudit: { status: 200, send: (caller) => caller.get(`${face}/@audit?limit=1`) },
  exportRows: { status: 200, send: (caller) => caller.get(`${face}/@export?limit=1`) },
  exportUsage: {
    status: 200,
    send: (caller, { account }) => caller.get(`${face}/@export/usage/${account.id}`),
  },
  // Nothing is imported into a service in use.
  importRows: {
    status: 409,
    send: (caller) => caller.post(`${face}/@import`, { export: crypto.randomUUID(), position: 0, rows: [] }),
  },
  importUsage: {
    status: 409,
    send: (caller, { account }) => caller.post(`${face}/@import/usage/${account.id}`, { rows: [] }),
  },
  importLogo: {
    status: 409,
    send: (caller, { account }) =>
      caller.put(`${face}/@import/logo/${account.id}`, undefined, { raw: formWith(anImage()) }),
  },
};
const writes = [
  "updateManagedAccount",
  "blockAccount",
  "createZone",
  "updateZone",
  "deleteZone",
  "updateManagedUser",
];
const some = (names: readonly string[]) => Object.entries(table).filter(([name]) => names.includes(name));

const unauthenticated = { status: 401, body: { detail: "Not authenticated" } };
const badToken = { status: 401, body: { detail: "Invalid or expired token" } };
const inactive = { status: 401, body: { detail: "User inactive or deleted" } };
const forbidden = { status: 403, body: noRole };

/** An account, a zone and a user of their own, and the account's owner. */
async function makeThings(): Promise<Things & { owner: Caller }> {
  const owner = await someone();
  const account = await makeAccount(owner);
  const { body } = await (await operator()).post(zones, newZone());
  return { owner, account, zone: { id: body.id }, user: await userOf(await someone()) };
}

const nothing = (): Things => ({
  account: { id: crypto.randomUUID() },
  zone: { id: crypto.randomUUID() },
  user: { id: crypto.randomUUID() },
});

/** Everyone who is no operator, by what they are to the account. */
async function others({ owner, account }: Awaited<ReturnType<typeof makeThings>>): Promise<Caller[]> {
  const member = await someone();
  await addMember({ ...account, slug: "", title: "" }, member);
  const grouped = [];
  for (const group of [1, 2, 3] as const) {
    const caller = await someone();
    await addToGroup(caller, group);
    grouped.push(caller);
  }
  const unverified = await someone({ sub: unique("sub"), email: "root@example.com", email_verified: false });
  const elsewhere = await someone({ sub: "operator-by-subject" }, { issuer: "https://other.test" });
  const { bearer } = await makeAccessToken(owner);
  return [await someone(), owner, member, ...grouped, unverified, elsewhere, bearer];
}

it("every operation of the face is looked at here", async () => {
  const document = (await stranger.get("/openapi.json")).body;
  const operations = operationsOf(document).filter(({ path }) => path.startsWith(face));
  expect(operations.map(({ id }) => id).toSorted()).toEqual(Object.keys(table).toSorted());
  expect(operations.map(({ security }) => security)).toEqual(operations.map(() => [{ bearer: [] }]));
});

describe.each(Object.entries(table))("%s", (_name, { send, status }) => {
  it("is refused to strangers and to tokens that are no good, whether there is anything or not", async () => {
    const there = await makeThings();
    const before = await changeCount();
    const expired = await makeToken(
      { sub: "x", email: "root@example.com", email_verified: true },
      { expiresIn: -3600 },
    );
    const foreign = await makeToken({ sub: "operator-by-subject" }, { audience: "other" });
    for (const things of [there, nothing()]) {
      const answer = await send(stranger, things);
      expect([answered(answer), answer.headers.get("WWW-Authenticate")]).toEqual([unauthenticated, "Bearer"]);
      for (const token of ["nonsense", expired, foreign, `acct_${"A".repeat(54)}`]) {
        const refused = await send(new Caller(token), things);
        expect([answered(refused), refused.headers.get("WWW-Authenticate")]).toEqual([badToken, "Bearer"]);
      }
    }
    expect(await changeCount()).toBe(before);
  });

  it("is refused to all who are no operator, whether there is anything or not", async () => {
    const there = await makeThings();
    const callers = await others(there);
    for (const caller of callers) await caller.get("/api/v1/user");
    const before = await changeCount();
    for (const [at, caller] of callers.entries())
      for (const things of [there, nothing()])
        expect([at, answered(await send(caller, things))]).toEqual([at, forbidden]);
    expect(await changeCount()).toBe(before);
  });

  it("is the operator's, by address, by issuer and subject, and by a token of theirs", async () => {
    const bySubject = await someone({ sub: "operator-by-subject", email_verified: false });
    const root = await operator();
    const { bearer } = await makeAccessToken(root);
    const { bearer: bearerBySubject } = await makeAccessToken(bySubject);
    const operators = [root, bySubject, bearer, bearerBySubject];
    for (const [at, caller] of operators.entries()) {
      const answer = await send(caller, await makeThings());
      expect([at, answer.status, answer.text]).toEqual([at, status, answer.text]);
    }
  });
});

describe("who is refused", () => {
  const unfit: Readonly<Record<string, (caller: Caller) => Promise<Answer>>> = {
    "a body": (caller) => caller.post(zones, { slug: 5 }),
    "no body": (caller) => caller.patch(managed(nothing().account)),
    "a path": (caller) => caller.get(oneZone({ id: "none" })),
    "a size of accounts": (caller) => caller.get(`${face}/@accounts?page_size=0`),
    "a page of accounts": (caller) => caller.get(`${face}/@accounts?page=none`),
    "a page of users": (caller) => caller.get(`${face}/@users?page=none`),
    "a cursor of changes": (caller) => caller.get(`${face}/@audit?cursor=none`),
    "an Idempotency-Key": (caller) =>
      caller.post(zones, newZone(), { headers: { "Idempotency-Key": "k".repeat(256) } }),
  };

  it.each(Object.entries(unfit))(
    "is told of their token before what is wrong with %s",
    async (_what, send) => {
      const root = await operator();
      const user = await someone();
      const { token } = await makeAccessToken(await someone());
      await root.patch(oneUser(await userOf(user)), { is_active: false });
      expect([400, 422]).toContain((await send(root)).status);
      expect(answered(await send(stranger))).toEqual(unauthenticated);
      expect(answered(await send(user))).toEqual(inactive);
      expect(answered(await send(new Caller(withWrongSecret(token))))).toEqual(badToken);
    },
  );

  it("is one whom the configuration names no longer, with a token of theirs too", async () => {
    const root = await operator();
    const { bearer } = await makeAccessToken(root);
    const things = await makeThings();
    for (const [name, { send }] of Object.entries(table))
      for (const caller of [root, bearer]) {
        const answer = await send(caller.through(doorWith({ OPERATORS: "other@example.com" })), things);
        expect([name, answered(answer)]).toEqual([name, forbidden]);
      }
  });

  it("is a token of a user whose own address was made an operator's", async () => {
    const thief = await someone();
    await thief.patch("/api/v1/user", { email: "root@example.com" });
    for (const caller of [thief, await withToken(thief), (await makeAccessToken(thief)).bearer])
      expect(answered(await caller.get(zones))).toEqual(forbidden);
  });
});

describe("an operator who is one no longer while the request is served", () => {
  it.each(some(writes))("changes nothing by %s with a token that goes", async (_name, { send }) => {
    const root = await operator();
    const things = await makeThings();
    const { id, bearer } = await makeAccessToken(root);
    let after = -1;
    const door = doorWhile(async () => {
      await root.delete(oneToken(id));
      after = await changeCount();
    });
    expect(answered(await send(bearer.through(door), things))).toEqual(badToken);
    expect(after).toBeGreaterThan(0);
    expect(await changeCount()).toBe(after);
  });

  it.each(some(writes))("changes nothing by %s once deactivated", async (_name, { send }) => {
    const root = await operator();
    const second = await someone({ sub: unique("root"), email: "root@example.com" });
    const path = oneUser(await userOf(second));
    const things = await makeThings();
    let after = -1;
    const door = doorWhile(async () => {
      await root.patch(path, { is_active: false });
      after = await changeCount();
    });
    expect(answered(await send(second.through(door), things))).toEqual(inactive);
    expect(after).toBeGreaterThan(0);
    expect(await changeCount()).toBe(after);
  });
});
