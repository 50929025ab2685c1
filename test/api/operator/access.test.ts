/** Access to the operator API: operators, by address or by issuer and subject, and nobody else. */
import { describe, expect, it } from "vitest";

import {
  createAccessToken,
  tokenPath,
  withStoredToken,
  withWrongSecret,
} from "../../support/access-tokens.ts";
import {
  addMember,
  addToGroup,
  anonymous,
  type ApiResponse,
  Caller,
  createAccount,
  createOperator,
  createToken,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { createImage, formWith } from "../../support/logos.ts";
import { operationsOf } from "../../support/openapi-schema.ts";
import {
  accountPath,
  blockingPath,
  countAuditRows,
  newZone,
  noRole,
  operatorPath,
  userPath,
  userRefOf,
  zonePath,
  zonesPath,
} from "../../support/operator.ts";
import { raceDuringWrite } from "../../support/race.ts";
import { workerWith } from "../../support/worker.ts";

interface Things {
  readonly account: { readonly id: string };
  readonly zone: { readonly id: string };
  readonly user: { readonly id: string };
}

type Send = (caller: Caller, things: Things) => Promise<ApiResponse>;
interface Row {
  readonly status: number;
  readonly send: Send;
}

/** A successful request of every operation of the operator API. */
const table: Readonly<Record<string, Row>> = {
  listManagedAccounts: { status: 200, send: (caller) => caller.get(`${operatorPath}/@accounts?search=a`) },
  getManagedAccount: { status: 200, send: (caller, { account }) => caller.get(accountPath(account)) },
  updateManagedAccount: {
    status: 200,
    send: (caller, { account }) => caller.patch(accountPath(account), { type: "v3pro", max_users: 77 }),
  },
  blockAccount: {
    status: 200,
    send: (caller, { account }) => caller.patch(blockingPath(account), { blocking_state: "manager" }),
  },
  listManagedZones: { status: 200, send: (caller) => caller.get(zonesPath) },
  createZone: { status: 201, send: (caller) => caller.post(zonesPath, newZone()) },
  getZone: { status: 200, send: (caller, { zone }) => caller.get(zonePath(zone)) },
  updateZone: { status: 200, send: (caller, { zone }) => caller.patch(zonePath(zone), { title: "Renamed" }) },
  deleteZone: { status: 204, send: (caller, { zone }) => caller.delete(zonePath(zone)) },
  listManagedUsers: { status: 200, send: (caller) => caller.get(`${operatorPath}/@users?page_size=1`) },
  getManagedUser: { status: 200, send: (caller, { user }) => caller.get(userPath(user)) },
  updateManagedUser: {
    status: 200,
    send: (caller, { user }) => caller.patch(userPath(user), { type: "SALES", groups: [1] }),
  },
  listAudit: { status: 200, send: (caller) => caller.get(`${operatorPath}/@audit?limit=1`) },
  exportRows: { status: 200, send: (caller) => caller.get(`${operatorPath}/@export?limit=1`) },
  exportUsage: {
    status: 200,
    send: (caller, { account }) => caller.get(`${operatorPath}/@export/usage/${account.id}`),
  },
  // A service in use accepts no import.
  importRows: {
    status: 409,
    send: (caller) =>
      caller.post(`${operatorPath}/@import`, { export: crypto.randomUUID(), position: 0, rows: [] }),
  },
  importUsage: {
    status: 409,
    send: (caller, { account }) => caller.post(`${operatorPath}/@import/usage/${account.id}`, { rows: [] }),
  },
  importLogo: {
    status: 409,
    send: (caller, { account }) =>
      caller.put(`${operatorPath}/@import/logo/${account.id}`, undefined, { raw: formWith(createImage()) }),
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

/** Creates an account, its owner, a zone and a user. */
async function makeThings(): Promise<Things & { owner: Caller }> {
  const owner = await createUser();
  const account = await createAccount(owner);
  const { body } = await (await createOperator()).post(zonesPath, newZone());
  return { owner, account, zone: { id: body.id }, user: await userRefOf(await createUser()) };
}

const nothing = (): Things => ({
  account: { id: crypto.randomUUID() },
  zone: { id: crypto.randomUUID() },
  user: { id: crypto.randomUUID() },
});

/** Creates callers who are not operators, with different relations to the account. */
async function others({ owner, account }: Awaited<ReturnType<typeof makeThings>>): Promise<Caller[]> {
  const member = await createUser();
  await addMember({ ...account, slug: "", title: "" }, member);
  const grouped = [];
  for (const group of [1, 2, 3] as const) {
    const caller = await createUser();
    await addToGroup(caller, group);
    grouped.push(caller);
  }
  const unverified = await createUser({
    sub: unique("sub"),
    email: "root@example.com",
    email_verified: false,
  });
  const elsewhere = await createUser({ sub: "operator-by-subject" }, { issuer: "https://other.test" });
  const { bearer } = await createAccessToken(owner);
  return [await createUser(), owner, member, ...grouped, unverified, elsewhere, bearer];
}

it("every operation of the operator API is tested here", async () => {
  const document = (await anonymous.get("/openapi.json")).body;
  const operations = operationsOf(document).filter(({ path }) => path.startsWith(operatorPath));
  expect(operations.map(({ id }) => id).toSorted()).toEqual(Object.keys(table).toSorted());
  expect(operations.map(({ security }) => security)).toEqual(operations.map(() => [{ bearer: [] }]));
});

describe.each(Object.entries(table))("%s", (_name, { send, status }) => {
  it("anonymous callers and invalid tokens get 401, whether the resource exists or not", async () => {
    const there = await makeThings();
    const before = await countAuditRows();
    const expired = await createToken(
      { sub: "x", email: "root@example.com", email_verified: true },
      { expiresIn: -3600 },
    );
    const foreign = await createToken({ sub: "operator-by-subject" }, { audience: "other" });
    for (const things of [there, nothing()]) {
      const answer = await send(anonymous, things);
      expect([statusAndBody(answer), answer.headers.get("WWW-Authenticate")]).toEqual([
        unauthenticated,
        "Bearer",
      ]);
      for (const token of ["nonsense", expired, foreign, `acct_${"A".repeat(54)}`]) {
        const refused = await send(new Caller(token), things);
        expect([statusAndBody(refused), refused.headers.get("WWW-Authenticate")]).toEqual([
          badToken,
          "Bearer",
        ]);
      }
    }
    expect(await countAuditRows()).toBe(before);
  });

  it("callers who are not operators get 403, whether the resource exists or not", async () => {
    const there = await makeThings();
    const callers = await others(there);
    for (const caller of callers) await caller.get("/api/v1/user");
    const before = await countAuditRows();
    for (const [at, caller] of callers.entries())
      for (const things of [there, nothing()])
        expect([at, statusAndBody(await send(caller, things))]).toEqual([at, forbidden]);
    expect(await countAuditRows()).toBe(before);
  });

  it("operators are accepted by address, by issuer and subject, and with a personal access token", async () => {
    const bySubject = await createUser({ sub: "operator-by-subject", email_verified: false });
    const root = await createOperator();
    const { bearer } = await createAccessToken(root);
    const { bearer: bearerBySubject } = await createAccessToken(bySubject);
    const operators = [root, bySubject, bearer, bearerBySubject];
    for (const [at, caller] of operators.entries()) {
      const answer = await send(caller, await makeThings());
      expect([at, answer.status, answer.text]).toEqual([at, status, answer.text]);
    }
  });
});

describe("a rejected caller", () => {
  const unfit: Readonly<Record<string, (caller: Caller) => Promise<ApiResponse>>> = {
    "a body": (caller) => caller.post(zonesPath, { slug: 5 }),
    "no body": (caller) => caller.patch(accountPath(nothing().account)),
    "a path": (caller) => caller.get(zonePath({ id: "none" })),
    "a size of accounts": (caller) => caller.get(`${operatorPath}/@accounts?page_size=0`),
    "a page of accounts": (caller) => caller.get(`${operatorPath}/@accounts?page=none`),
    "a page of users": (caller) => caller.get(`${operatorPath}/@users?page=none`),
    "a cursor of changes": (caller) => caller.get(`${operatorPath}/@audit?cursor=none`),
    "an Idempotency-Key": (caller) =>
      caller.post(zonesPath, newZone(), { headers: { "Idempotency-Key": "k".repeat(256) } }),
  };

  it.each(Object.entries(unfit))(
    "an invalid token is reported before an error in %s",
    async (_what, send) => {
      const root = await createOperator();
      const user = await createUser();
      const { token } = await createAccessToken(await createUser());
      await root.patch(userPath(await userRefOf(user)), { is_active: false });
      expect([400, 422]).toContain((await send(root)).status);
      expect(statusAndBody(await send(anonymous))).toEqual(unauthenticated);
      expect(statusAndBody(await send(user))).toEqual(inactive);
      expect(statusAndBody(await send(new Caller(withWrongSecret(token))))).toEqual(badToken);
    },
  );

  it("a caller whom OPERATORS no longer names gets 403, also with a personal access token", async () => {
    const root = await createOperator();
    const { bearer } = await createAccessToken(root);
    const things = await makeThings();
    for (const [name, { send }] of Object.entries(table))
      for (const caller of [root, bearer]) {
        const answer = await send(caller.via(workerWith({ OPERATORS: "other@example.com" })), things);
        expect([name, statusAndBody(answer)]).toEqual([name, forbidden]);
      }
  });

  it("a user who changed their own address to an operator's gets 403", async () => {
    const thief = await createUser();
    await thief.patch("/api/v1/user", { email: "root@example.com" });
    for (const caller of [thief, await withStoredToken(thief), (await createAccessToken(thief)).bearer])
      expect(statusAndBody(await caller.get(zonesPath))).toEqual(forbidden);
  });
});

describe("an operator who loses access during the request", () => {
  it.each(some(writes))(
    "%s changes nothing if the token is deleted during the request",
    async (_name, { send }) => {
      const root = await createOperator();
      const things = await makeThings();
      const { id, bearer } = await createAccessToken(root);
      let after = -1;
      const worker = raceDuringWrite(async () => {
        await root.delete(tokenPath(id));
        after = await countAuditRows();
      });
      expect(statusAndBody(await send(bearer.via(worker), things))).toEqual(badToken);
      expect(after).toBeGreaterThan(0);
      expect(await countAuditRows()).toBe(after);
    },
  );

  it.each(some(writes))(
    "%s changes nothing if the operator is deactivated during the request",
    async (_name, { send }) => {
      const root = await createOperator();
      const second = await createUser({ sub: unique("root"), email: "root@example.com" });
      const path = userPath(await userRefOf(second));
      const things = await makeThings();
      let after = -1;
      const worker = raceDuringWrite(async () => {
        await root.patch(path, { is_active: false });
        after = await countAuditRows();
      });
      expect(statusAndBody(await send(second.via(worker), things))).toEqual(inactive);
      expect(after).toBeGreaterThan(0);
      expect(await countAuditRows()).toBe(after);
    },
  );
});
