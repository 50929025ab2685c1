/**
 * What every operation costs: round trips to the database, calls of the usage object, and rows read
 * and written as they are billed. The numbers are exact and repeatable; one that changes is a decision, not an accident.
 */
import { beforeEach, describe, expect, it } from "vitest";

import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { storeToken, withStoredToken, withWrongSecret } from "../support/access-tokens.ts";
import { CostMeter, delayedQueue } from "../support/cost-meter.ts";
import { costs } from "../support/costs/all.ts";
import { addIdempotencyKey } from "../support/costs/operation-cost.ts";
import { run } from "../support/database.ts";
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

/** The most a creation may write, as D1 bills it. */
const creationLimit = 25;

const everyOperation = Object.keys(operations) as OperationId[];
const closed = everyOperation.filter((id) => operations[id] !== "open");
const onAnAccount = closed.filter((id) => operations[id] !== "signed-in");
const changing = closed.filter((id) => costs[id]?.roundTrips === 2);
/** What writes usage, into its object alone. */
const counting = ["incrementUsage", "recordUsage"] as const satisfies OperationId[];
const reading = closed.filter((id) => costs[id]?.roundTrips === 1);
const creating = closed.filter((id) => costs[id]?.keyed !== undefined);

// Lists of zones are not paged: every test begins with those of a new service.
beforeEach(() => run(["DELETE FROM zones WHERE id > 2"]));

it("every operation has its cost written down", () => {
  expect(Object.keys(costs).sort()).toEqual(Object.keys(operations).sort());
});

it("every operation that takes an Idempotency-Key has its cost with one written down", async () => {
  const { body } = await anonymous.get("/openapi.json");
  const methods: { operationId: string; parameters?: { name: string }[] }[] = Object.values(
    body.paths as Record<string, Record<string, never>>,
  ).flatMap((path) => Object.values(path));
  const taking = methods.filter(({ parameters }) =>
    parameters?.some(({ name }) => name === "Idempotency-Key"),
  );
  expect(taking.map(({ operationId }) => operationId).sort()).toEqual(creating.toSorted());
});

it("a reading operation is one round trip, a changing one two at the most; usage is one object call more", () => {
  for (const id of closed) {
    const { roundTrips, written } = costs[id];
    expect({ id, roundTrips }).toEqual({ id, roundTrips: written === 0 ? 1 : 2 });
  }
  const asking = closed.filter((id) => costs[id].objects !== undefined);
  // A limit that changes is told to the object after the answer.
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

describe("for a caller already signed in", () => {
  it.each(everyOperation)("%s costs what is written down [R53]", async (id) => {
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

  it.each(reading)("%s is one round trip with a personal access token too", async (id) => {
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

  it.each(changing)("%s is two round trips with a personal access token too", async (id) => {
    const { owner, made } = await ownedAccount(id);
    const bearer = await withStoredToken(owner);
    const { status } = await costs[id].send(counter.meter(bearer), made);
    // A token makes no tokens, and is told so after one look.
    const refused = id === "createAccessToken";
    expect({ status, roundTrips: counter.read().roundTrips }).toEqual(
      refused ? { status: 403, roundTrips: 1 } : { status: costs[id].status, roundTrips: 2 },
    );
  });

  it.each(creating)(
    "%s costs a row for a key at the most, and one round trip that writes nothing when repeated",
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
          // A token is shown once, whatever the key.
          status: id === "createAccessToken" ? 409 : status,
          roundTrips: 1,
          objects: asked,
          read: keyed?.again,
          written: 0,
        },
      ]);
    },
  );

  it("an account is made with few rows written", () => {
    for (const id of ["createAccount", "createOrganization"] as const) {
      expect(costs[id].written).toBeLessThanOrEqual(creationLimit);
    }
  });

  it.each(everyOperation.filter((id) => costs[id]?.unchanged !== undefined))(
    "%s writes nothing and looks once when nothing changes",
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

  it.each(everyOperation.filter((id) => costs[id]?.invalid !== undefined))(
    "%s with values that do not fit looks once at the most",
    async (id) => {
      const { owner, made } = await ownedAccount(id);
      const answer = await costs[id].invalid?.(counter.meter(owner), made);
      const { roundTrips, objects, rowsWritten: written } = counter.read();
      expect([400, 404, 422]).toContain(answer?.status);
      expect(roundTrips).toBeLessThanOrEqual(1);
      expect({ objects, written }).toEqual({ objects: 0, written: 0 });
    },
  );
});

describe("a refusal", () => {
  it.each(onAnAccount)("%s of another's account is one round trip that writes nothing [R3]", async (id) => {
    const { made } = await ownedAccount();
    const outsider = await signedIn();
    const { status } = await costs[id].send(counter.meter(outsider), made);
    const { roundTrips, objects, rowsWritten: written } = counter.read();
    expect({ roundTrips, objects, written }).toEqual({ roundTrips: 1, objects: 0, written: 0 });
    expect([403, 404]).toContain(status);
  });

  it.each(onAnAccount)("%s of an account that is not there is one round trip [R3]", async (id) => {
    const outsider = await signedIn();
    const missing = { id: crypto.randomUUID(), slug: unique("missing"), title: "" };
    const { status } = await costs[id].send(counter.meter(outsider), missing);
    const { roundTrips, objects, rowsWritten: written } = counter.read();
    expect({ roundTrips, objects, written }).toEqual({ roundTrips: 1, objects: 0, written: 0 });
    expect([403, 404]).toContain(status);
  });

  it.each([...onAnAccount.filter((id) => changing.includes(id)), ...counting])(
    "%s by a member who may not is one round trip",
    async (id) => {
      const { made } = await ownedAccount();
      const member = await signedIn();
      await addMember(made, member);
      const { status } = await costs[id].send(counter.meter(member), made);
      const { roundTrips, objects, rowsWritten: written } = counter.read();
      expect({ status, roundTrips, objects, written }).toEqual({
        status: 403,
        roundTrips: 1,
        objects: 0,
        written: 0,
      });
    },
  );

  it.each(["createOrganization", "createAccount"] as const)(
    "%s with a slug that is taken writes nothing",
    async (id) => {
      const { owner, made } = await ownedAccount();
      const watched = counter.meter(owner);
      const { status } =
        id === "createAccount"
          ? await watched.post("/api/v1/accounts", { slug: made.slug })
          : await watched.post("/accounts/organizations/", { name: "Name", slug: made.slug });
      const { roundTrips, rowsWritten: written } = counter.read();
      expect({ status, roundTrips, written }).toEqual({
        status: id === "createAccount" ? 409 : 400,
        roundTrips: 2,
        written: 0,
      });
    },
  );

  it.each(closed)("%s with a bad token asks the database nothing", async (id) => {
    const { made } = await ownedAccount();
    const elsewhere = await createUser({}, { audience: "another" });
    const late = await createUser({}, { expiresIn: -3600 });
    for (const caller of [elsewhere, late, anonymous]) {
      const { status } = await costs[id].send(counter.meter(caller), made);
      const { roundTrips, objects } = counter.read();
      expect({ status, roundTrips, objects }).toEqual({ status: 401, roundTrips: 0, objects: 0 });
    }
  });

  it.each(closed)("%s with what looks like a token of ours asks the database nothing", async (id) => {
    const { made } = await ownedAccount();
    // Too short, and with bits behind the last byte.
    for (const token of ["acct_garbage", `acct_${"A".repeat(53)}B`]) {
      const { status } = await costs[id].send(counter.meter(new Caller(token)), made);
      const { roundTrips, objects } = counter.read();
      expect({ status, roundTrips, objects }).toEqual({ status: 401, roundTrips: 0, objects: 0 });
    }
  });

  // Only the database knows the secrets: this is where a bad token costs something.
  it.each(closed)("%s with a token of ours that is no good is one round trip", async (id) => {
    const { owner, made } = await ownedAccount();
    const { token } = await storeToken(owner, { usedAt: Date.now() });
    const { token: ended } = await storeToken(owner, { expiresAt: Date.now() - 1 });
    const { token: missing } = await storeToken(anonymous);
    for (const bad of [withWrongSecret(token), ended, missing]) {
      const { status } = await costs[id].send(counter.meter(new Caller(bad)), made);
      const { roundTrips, objects, rowsWritten: written } = counter.read();
      expect({ status, roundTrips, objects, written }).toEqual({
        status: 401,
        roundTrips: 1,
        objects: 0,
        written: 0,
      });
    }
  });

  it.each([
    ["/api/v1/nothing", 404],
    ["/accounts/nothing/", 404],
    ["/accounts/organizations/?page=0", 404],
    ["/accounts/organizations/?page=99", 404],
    ["/accounts/organizations/?cursor=nonsense", 404],
    ["/accounts/organizations/?search=%00", 400],
  ])("of GET %s looks once at the most", async (path, expected) => {
    const { owner } = await ownedAccount();
    const { status } = await counter.meter(owner).get(path);
    expect(status).toBe(expected);
    expect(counter.read().roundTrips).toBeLessThanOrEqual(1);
  });
});

describe("the first sight of a caller", () => {
  it("makes the user in four round trips: look, look closer, write, look again", async () => {
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

  it("is over after one request", async () => {
    const caller = counter.meter(await createUser());
    await caller.get("/api/v1/user");
    counter.read();
    await caller.get("/api/v1/user");
    expect(counter.read()).toMatchObject({ roundTrips: 1, rowsRead: 2, rowsWritten: 0 });
  });
});

describe("the first use of a personal access token", () => {
  it("is written down after the answer, and no more for an hour", async () => {
    const { owner } = await ownedAccount();
    const bearer = counter.meter(new Caller((await storeToken(owner)).token));
    const { status } = await bearer.get("/api/v1/user");
    const { roundTrips, rowsWritten: written } = counter.read();
    expect({ status, roundTrips, written }).toEqual({ status: 200, roundTrips: 2, written: 1 });
    await bearer.get("/api/v1/user");
    expect(counter.read()).toMatchObject({ roundTrips: 1, rowsRead: 3, rowsWritten: 0 });
  });
});

describe("an address other than the verified one", () => {
  it("costs its user a row more written, and who invites them at the most a row more read", async () => {
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
      await run(["UPDATE users SET last_login = 0 WHERE verified_email = ?", email]);
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
    // Whoever's address comes next in the index is seen in passing.
    expect([usual, usual + 1]).toContain(await refusedFor());
    expect(await changeEmail(email)).toEqual([200, 5]);
    expect(await comeBack()).toEqual([200, 1]);
  });
});

/** Rows beyond what is written down, as far as an index's neighbours explain them. */
function neighboursRead(id: OperationId, surplus: number): number {
  return Math.min(costs[id].neighbours ?? 0, Math.max(0, surplus));
}

/** Someone the service has seen before, so that what follows costs what it costs every day. */
async function signedIn(): Promise<Caller> {
  const caller = await createUser();
  await caller.get("/api/v1/user");
  return caller;
}

/** An account and its owner: the operator, for what only the operator may do. */
async function ownedAccount(id?: OperationId): Promise<{ owner: Caller; made: TestAccount }> {
  const manages = id !== undefined && operations[id] === "manage";
  const owner = manages ? await createOperator() : await signedIn();
  const made = await createAccount(owner);
  // Users come after the operator, as in any service.
  if (manages) await signedIn();
  counter.read();
  return { owner, made };
}
