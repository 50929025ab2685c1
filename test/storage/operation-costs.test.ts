/**
 * The cost of every operation: round trips to the database, calls of the usage object, and rows read and written as D1
 * bills them. The numbers are exact and repeatable, so that no cost changes by accident.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { storeToken, withStoredToken, withWrongSecret } from "../support/access-tokens.ts";
import { CostMeter, delayedQueue } from "../support/cost-meter.ts";
import { costs } from "../support/costs/all.ts";
import { addIdempotencyKey } from "../support/costs/operation-cost.ts";
import { runStatements } from "../support/database.ts";
import { sample } from "../support/effort.ts";
import {
  addMember,
  anonymous,
  type ApiResponse,
  Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
} from "../support/fixtures.ts";

const counter = new CostMeter({ JOBS: delayedQueue });

/** The maximum number of rows that creating an account may write. */
const creationLimit = 25;

const everyOperation = Object.keys(operations) as OperationId[];
const closed = everyOperation.filter((id) => operations[id] !== "open");
const onAnAccount = closed.filter((id) => operations[id] !== "signed-in");
const changing = closed.filter((id) => costs[id]?.roundTrips === 2);
/** Operations that write usage, only to the usage object. */
const counting = ["incrementUsage", "recordUsage"] as const satisfies OperationId[];
const reading = closed.filter((id) => costs[id]?.roundTrips === 1);
const creating = closed.filter((id) => costs[id]?.keyed !== undefined);

// Lists of zones are not paginated, so every test starts with the zones of a new service.
beforeEach(() => runStatements(["DELETE FROM zones WHERE id > 2"]));

it("every operation has an expected cost", () => {
  expect(Object.keys(costs).sort()).toEqual(Object.keys(operations).sort());
});

it("every operation that accepts an Idempotency-Key has an expected cost with one", async () => {
  const { body } = await anonymous.get("/openapi.json");
  const methods: { operationId: string; parameters?: { name: string }[] }[] = Object.values(
    body.paths as Record<string, Record<string, never>>,
  ).flatMap((path) => Object.values(path));
  const taking = methods.filter(({ parameters }) =>
    parameters?.some(({ name }) => name === "Idempotency-Key"),
  );
  expect(taking.map(({ operationId }) => operationId).sort()).toEqual(creating.toSorted());
});

it("an operation that reads makes one round trip, and one that changes something two", () => {
  for (const id of closed) {
    const { roundTrips, written } = costs[id];
    expect({ id, roundTrips }).toEqual({ id, roundTrips: written === 0 ? 1 : 2 });
  }
  const asking = closed.filter((id) => costs[id].objects !== undefined);
  // updateManagedAccount sends a changed limit to the object after the response.
  expect(asking).toEqual([
    "incrementUsage",
    "getUsage",
    "recordUsage",
    "exportAccount",
    "updateManagedAccount",
    "exportUsage",
  ]);
  for (const id of everyOperation.filter((one) => operations[one] === "open")) {
    expect({ id, written: costs[id].written }).toEqual({ id, written: 0 });
    expect(costs[id].roundTrips).toBeLessThanOrEqual(1);
  }
});

describe("a caller who has signed in", () => {
  it.each(everyOperation)("%s has the expected cost [R53]", async (id) => {
    const { send, ...cost } = costs[id];
    const { owner, made } = await ownedAccount(id);
    const { status } = await send(counter.meter(owner), made);
    const { roundTrips, objects, rowsRead: read, rowsWritten: written } = counter.read();
    expect({ status, roundTrips, objects, read, written }).toEqual({
      status: cost.status,
      roundTrips: cost.roundTrips,
      objects: cost.objects ?? 0,
      read: cost.read + neighboursRead(id, read - cost.read),
      written: cost.written,
    });
  });

  it.each(reading)("%s makes one round trip with a personal access token", async (id) => {
    const { send, status: expected, byToken = 0, objects: asked = 0 } = costs[id];
    const { owner, made } = await ownedAccount(id);
    const bearer = await withStoredToken(owner);
    const { status } = await send(counter.meter(bearer), made);
    const { roundTrips, objects, rowsRead: read, rowsWritten: written } = counter.read();
    expect({ status, roundTrips, objects, read, written }).toEqual({
      status: expected,
      roundTrips: 1,
      objects: asked,
      read: byToken + neighboursRead(id, read - byToken),
      written: 0,
    });
  });

  it.each(changing)("%s makes two round trips with a personal access token", async (id) => {
    const { owner, made } = await ownedAccount(id);
    const bearer = await withStoredToken(owner);
    const { status } = await costs[id].send(counter.meter(bearer), made);
    // A token cannot create tokens, which one query finds out.
    const refused = id === "createAccessToken";
    expect({ status, roundTrips: counter.read().roundTrips }).toEqual(
      refused ? { status: 403, roundTrips: 1 } : { status: costs[id].status, roundTrips: 2 },
    );
  });

  it.each(creating)(
    "%s with an Idempotency-Key has the expected cost, and its repetition one round trip that writes nothing",
    async (id) => {
      const { send, status, keyed, roundTrips: usual, objects: asked = 0 } = costs[id];
      const { owner, made } = await ownedAccount(id);
      const key = unique("key");
      const readings: Record<string, unknown>[] = [];
      const watched = async (request: Request) => {
        const answer = await counter.fetch(request);
        const { roundTrips, objects, rowsRead: read, rowsWritten: written } = counter.read();
        readings.push({ status: answer.status, roundTrips, objects, read, written });
        return answer;
      };
      await send(
        owner.via(async (request) => {
          const first = addIdempotencyKey(request, key);
          const again = first.clone();
          await watched(first);
          return watched(again);
        }),
        made,
      );
      expect(readings).toEqual([
        { status, roundTrips: usual, objects: asked, read: keyed?.read, written: keyed?.written },
        {
          // A token is shown only once.
          status: id === "createAccessToken" ? 409 : status,
          roundTrips: 1,
          objects: asked,
          read: keyed?.again,
          written: 0,
        },
      ]);
    },
  );

  it("creating an account writes few rows", () => {
    for (const id of ["createAccount", "createOrganization"] as const) {
      expect(costs[id].written).toBeLessThanOrEqual(creationLimit);
    }
  });

  it.each(everyOperation.filter((id) => costs[id]?.unchanged !== undefined))(
    "%s writes nothing in one round trip if nothing changes",
    async (id) => {
      const { unchanged, status } = costs[id];
      const { owner, made } = await ownedAccount(id);
      const answer = await unchanged?.send(counter.meter(owner), made);
      const { roundTrips, objects, rowsRead: read, rowsWritten: written } = counter.read();
      expect({ status: answer?.status, roundTrips, objects, read, written }).toEqual({
        status,
        roundTrips: 1,
        objects: 0,
        read: unchanged?.read,
        written: 0,
      });
    },
  );
});

describe("a rejected request", () => {
  let owner: Caller;
  let account: TestAccount;
  let member: Caller;
  let outsider: Caller;

  // Rejected requests change nothing, so they share an account.
  beforeAll(async () => {
    ({ owner, made: account } = await ownedAccount());
    [member, outsider] = [await signedIn(), await signedIn()];
    await addMember(account, member);
  });

  /** Sends an operation and returns its status and cost. */
  async function send(id: OperationId, caller: Caller, to = account) {
    counter.read();
    const { status } = await costs[id].send(counter.meter(caller), to);
    const { roundTrips, objects, rowsWritten: written } = counter.read();
    return { status, roundTrips, objects, written };
  }

  it.each(onAnAccount)(
    "%s of another user's account makes one round trip that writes nothing [R3]",
    async (id) => {
      const { status, ...cost } = await send(id, outsider);
      expect(cost).toEqual({ roundTrips: 1, objects: 0, written: 0 });
      expect([403, 404]).toContain(status);
    },
  );

  it.each(onAnAccount)(
    "%s of an unknown account makes one round trip that writes nothing [R3]",
    async (id) => {
      const missing = { id: crypto.randomUUID(), slug: unique("missing"), title: "" };
      const { status, ...cost } = await send(id, outsider, missing);
      expect(cost).toEqual({ roundTrips: 1, objects: 0, written: 0 });
      expect([403, 404]).toContain(status);
    },
  );

  it.each([...onAnAccount.filter((id) => changing.includes(id)), ...counting])(
    "%s by a member without permission makes one round trip that writes nothing",
    async (id) => {
      expect(await send(id, member)).toEqual({ status: 403, roundTrips: 1, objects: 0, written: 0 });
    },
  );

  it.each(everyOperation.filter((id) => costs[id]?.invalid !== undefined))(
    "%s with invalid values makes at most one round trip",
    async (id) => {
      const caller = operations[id] === "manage" ? await createOperator() : owner;
      await caller.get("/api/v1/user");
      counter.read();
      const answer = await costs[id].invalid?.(counter.meter(caller), account);
      const { roundTrips, objects, rowsWritten: written } = counter.read();
      expect([400, 404, 422]).toContain(answer?.status);
      expect(roundTrips).toBeLessThanOrEqual(1);
      expect({ objects, written }).toEqual({ objects: 0, written: 0 });
    },
  );

  it.each(["createOrganization", "createAccount"] as const)(
    "%s with a taken slug writes nothing",
    async (id) => {
      counter.read();
      const watched = counter.meter(owner);
      const { status } =
        id === "createAccount"
          ? await watched.post("/api/v1/accounts", { slug: account.slug })
          : await watched.post("/accounts/organizations/", { name: "Name", slug: account.slug });
      const { roundTrips, rowsWritten: written } = counter.read();
      expect({ status, roundTrips, written }).toEqual({
        status: id === "createAccount" ? 409 : 400,
        roundTrips: 2,
        written: 0,
      });
    },
  );

  it.each(closed.map((id, index) => ({ id, index })))(
    "$id with an invalid token sends no query",
    async ({ id, index }) => {
      const callers = [
        anonymous,
        await createUser({}, { audience: "another" }),
        await createUser({}, { expiresIn: -3600 }),
        // Personal access tokens that are too short, and with bits after the last byte.
        new Caller("acct_garbage"),
        new Caller(`acct_${"A".repeat(53)}B`),
      ];
      for (const caller of sample(callers, index, 2)) {
        expect(await send(id, caller)).toEqual({ status: 401, roundTrips: 0, objects: 0, written: 0 });
      }
    },
  );

  // Only the database knows the secrets of personal access tokens.
  it.each(closed.map((id, index) => ({ id, index })))(
    "$id with an unknown personal access token makes one round trip",
    async ({ id, index }) => {
      const tokens = [
        withWrongSecret((await storeToken(owner, { usedAt: Date.now() })).token),
        (await storeToken(owner, { expiresAt: Date.now() - 1 })).token,
        (await storeToken(anonymous)).token,
      ];
      for (const token of sample(tokens, index)) {
        const cost = { status: 401, roundTrips: 1, objects: 0, written: 0 };
        expect(await send(id, new Caller(token))).toEqual(cost);
      }
    },
  );

  it.each([
    { path: "/api/v1/nothing", expected: 404 },
    { path: "/accounts/nothing/", expected: 404 },
    { path: "/accounts/organizations/?page=0", expected: 404 },
    { path: "/accounts/organizations/?page=99", expected: 404 },
    { path: "/accounts/organizations/?cursor=nonsense", expected: 404 },
    { path: "/accounts/organizations/?search=%00", expected: 400 },
  ])("GET $path answers $expected with at most one round trip", async ({ path, expected }) => {
    counter.read();
    const { status } = await counter.meter(owner).get(path);
    expect(status).toBe(expected);
    expect(counter.read().roundTrips).toBeLessThanOrEqual(1);
  });
});

describe("the first request of a user", () => {
  it("the first request creates the user in four round trips: read, look up, write, read again", async () => {
    await signedIn();
    const { status } = await counter.meter(await createUser()).get("/api/v1/user");
    const { roundTrips, rowsRead: read, rowsWritten: written } = counter.read();
    expect({ status, roundTrips, read, written }).toEqual({
      status: 200,
      roundTrips: 4,
      read: 11,
      written: 9,
    });
  });

  it("the second request makes one round trip", async () => {
    const caller = counter.meter(await createUser());
    await caller.get("/api/v1/user");
    counter.read();
    await caller.get("/api/v1/user");
    expect(counter.read()).toMatchObject({ roundTrips: 1, rowsRead: 2, rowsWritten: 0 });
  });
});

describe("the first use of a personal access token", () => {
  it("the first use of a token is stored after the response, and the next one not within an hour", async () => {
    const { owner } = await ownedAccount();
    const bearer = counter.meter(new Caller((await storeToken(owner)).token));
    const { status } = await bearer.get("/api/v1/user");
    const { roundTrips, rowsWritten: written } = counter.read();
    expect({ status, roundTrips, written }).toEqual({ status: 200, roundTrips: 2, written: 1 });
    await bearer.get("/api/v1/user");
    expect(counter.read()).toMatchObject({ roundTrips: 1, rowsRead: 3, rowsWritten: 0 });
  });
});

describe("a changed address", () => {
  it("a changed address makes its user write one more row, and inviters read at most one more", async () => {
    const { owner, made } = await ownedAccount();
    const member = await signedIn();
    await addMember(made, member);
    const watched = counter.meter(member);
    const { email } = member;
    const writtenBy = async (answer: Promise<ApiResponse>) => {
      const { status } = await answer;
      return [status, counter.read().rowsWritten];
    };
    const changeEmail = (to: string) => writtenBy(watched.patch("/api/v1/user", { email: to }));
    const changeLanguage = (language: string) => writtenBy(watched.patch("/api/v1/user", { language }));
    const comeBack = async () => {
      await runStatements(["UPDATE users SET last_login = 0 WHERE verified_email = ?", email]);
      return writtenBy(watched.get("/api/v1/user"));
    };
    const refusedFor = async () => {
      const { status } = await counter.meter(owner).post(`/api/v1/account/${made.slug}/invite`, { email });
      const { roundTrips, rowsRead, rowsWritten } = counter.read();
      expect([status, roundTrips, rowsWritten]).toEqual([409, 1, 0]);
      return rowsRead;
    };
    const other = `${unique("renamed")}@example.org`;
    counter.read();

    expect(await changeLanguage("EN")).toEqual([200, costs.modifyUser.written]);
    expect(await comeBack()).toEqual([200, 1]);
    const usual = await refusedFor();
    expect(usual).toBe(9);
    expect(await changeEmail(other)).toEqual([200, 6]);
    expect(await changeLanguage("DE")).toEqual([200, costs.modifyUser.written + 1]);
    expect(await comeBack()).toEqual([200, 2]);
    // The index scan may read the next address.
    expect([usual, usual + 1]).toContain(await refusedFor());
    expect(await changeEmail(email)).toEqual([200, 5]);
    expect(await comeBack()).toEqual([200, 1]);
  });
});

/** Returns the extra rows read, up to the number that neighbours in an index explain. */
function neighboursRead(id: OperationId, surplus: number): number {
  return Math.min(costs[id].neighbours ?? 0, Math.max(0, surplus));
}

/** Creates a user who has signed in, so that the next requests have their usual cost. */
async function signedIn(): Promise<Caller> {
  const caller = await createUser();
  await caller.get("/api/v1/user");
  return caller;
}

/** Creates an account and its owner, who is the operator for operations of the operator API. */
async function ownedAccount(id?: OperationId): Promise<{ owner: Caller; made: TestAccount }> {
  const manages = id !== undefined && operations[id] === "manage";
  const owner = manages ? await createOperator() : await signedIn();
  const made = await createAccount(owner);
  // In a real service, other users are newer than the operator.
  if (manages) await signedIn();
  counter.read();
  return { owner, made };
}
