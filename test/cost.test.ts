/**
 * What every operation costs: round trips to the database, and rows read and written as they are
 * billed. The numbers are exact and repeatable; one that changes is a decision, not an accident.
 */
import { describe, expect, it } from "vitest";

import { operations, type OperationId } from "../src/domain/permissions.ts";
import { Counter, patientQueue } from "./counting.ts";
import { costs } from "./storage/operation-costs.ts";
import { addMember, makeAccount, someone, stranger, unique, type Caller, type MadeAccount } from "./world.ts";

const counter = new Counter({ JOBS: patientQueue });

/** The most a creation may write, as D1 bills it. */
const creationLimit = 25;

const everyOperation = Object.keys(operations) as OperationId[];
const closed = everyOperation.filter((id) => operations[id] !== "open");
const onAnAccount = closed.filter((id) => operations[id] !== "signed-in");
const changing = closed.filter((id) => costs[id]?.trips === 2);

it("every operation has its cost written down", () => {
  expect(Object.keys(costs).sort()).toEqual(Object.keys(operations).sort());
});

it("a reading operation is one round trip, a changing one two at the most", () => {
  for (const id of closed) {
    const { trips, written } = costs[id];
    expect({ id, trips }).toEqual({ id, trips: written === 0 ? 1 : 2 });
  }
  for (const id of everyOperation.filter((one) => operations[one] === "open")) {
    expect({ id, written: costs[id].written }).toEqual({ id, written: 0 });
    expect(costs[id].trips).toBeLessThanOrEqual(1);
  }
});

describe("for a caller already signed in", () => {
  it.each(everyOperation)("%s costs what is written down", async (id) => {
    const { send, ...cost } = costs[id];
    const { owner, made } = await ownedAccount();
    const { status } = await send(counter.watch(owner), made);
    const { trips, rowsRead: read, rowsWritten: written } = counter.read();
    const neighbours = Math.min(cost.neighbours ?? 0, Math.max(0, read - cost.read));
    expect({ status, trips, read, written }).toEqual({
      status: cost.status,
      trips: cost.trips,
      read: cost.read + neighbours,
      written: cost.written,
    });
  });

  it("an account is made with few rows written", () => {
    for (const id of ["createAccount", "createOrganization"] as const) {
      expect(costs[id].written).toBeLessThanOrEqual(creationLimit);
    }
  });

  it.each(everyOperation.filter((id) => costs[id]?.unchanged !== undefined))(
    "%s writes nothing and looks once when nothing changes",
    async (id) => {
      const { unchanged } = costs[id];
      const { owner, made } = await ownedAccount();
      const answer = await unchanged?.send(counter.watch(owner), made);
      const { trips, rowsRead: read, rowsWritten: written } = counter.read();
      expect({ status: answer?.status, trips, read, written }).toEqual({
        status: 200,
        trips: 1,
        read: unchanged?.read,
        written: 0,
      });
    },
  );

  it.each(everyOperation.filter((id) => costs[id]?.invalid !== undefined))(
    "%s with values that do not fit looks once at the most",
    async (id) => {
      const { owner, made } = await ownedAccount();
      const answer = await costs[id].invalid?.(counter.watch(owner), made);
      const { trips, rowsWritten: written } = counter.read();
      expect([400, 404, 422]).toContain(answer?.status);
      expect(trips).toBeLessThanOrEqual(1);
      expect(written).toBe(0);
    },
  );
});

describe("a refusal", () => {
  it.each(onAnAccount)("%s of another's account is one round trip that writes nothing", async (id) => {
    const { made } = await ownedAccount();
    const outsider = await signedIn();
    const { status } = await costs[id].send(counter.watch(outsider), made);
    const { trips, rowsWritten: written } = counter.read();
    expect({ trips, written }).toEqual({ trips: 1, written: 0 });
    expect([403, 404]).toContain(status);
  });

  it.each(onAnAccount)("%s of an account that is not there is one round trip", async (id) => {
    const outsider = await signedIn();
    const missing = { id: crypto.randomUUID(), slug: unique("missing"), title: "" };
    const { status } = await costs[id].send(counter.watch(outsider), missing);
    const { trips, rowsWritten: written } = counter.read();
    expect({ trips, written }).toEqual({ trips: 1, written: 0 });
    expect([403, 404]).toContain(status);
  });

  it.each(onAnAccount.filter((id) => changing.includes(id)))(
    "%s by a member who may not is one round trip",
    async (id) => {
      const { made } = await ownedAccount();
      const member = await signedIn();
      await addMember(made, member);
      const { status } = await costs[id].send(counter.watch(member), made);
      const { trips, rowsWritten: written } = counter.read();
      expect({ status, trips, written }).toEqual({ status: 403, trips: 1, written: 0 });
    },
  );

  it.each(["createOrganization", "createAccount"] as const)(
    "%s with a slug that is taken writes nothing",
    async (id) => {
      const { owner, made } = await ownedAccount();
      const watched = counter.watch(owner);
      const { status } =
        id === "createAccount"
          ? await watched.post("/api/v1/accounts", { slug: made.slug })
          : await watched.post("/accounts/organizations/", { name: "Name", slug: made.slug });
      const { trips, rowsWritten: written } = counter.read();
      expect({ status, trips, written }).toEqual({
        status: id === "createAccount" ? 409 : 400,
        trips: 2,
        written: 0,
      });
    },
  );

  it.each(closed)("%s with a bad token asks the database nothing", async (id) => {
    const { made } = await ownedAccount();
    const elsewhere = await someone({}, { audience: "another" });
    const late = await someone({}, { expiresIn: -3600 });
    for (const caller of [elsewhere, late, stranger]) {
      const { status } = await costs[id].send(counter.watch(caller), made);
      expect({ status, trips: counter.read().trips }).toEqual({ status: 401, trips: 0 });
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
    const { status } = await counter.watch(owner).get(path);
    expect(status).toBe(expected);
    expect(counter.read().trips).toBeLessThanOrEqual(1);
  });
});

describe("the first sight of a caller", () => {
  it("makes the user in four round trips: look, look closer, write, look again", async () => {
    await signedIn();
    const { status } = await counter.watch(await someone()).get("/api/v1/user");
    const { trips, rowsRead: read, rowsWritten: written } = counter.read();
    expect({ status, trips, read, written }).toEqual({ status: 200, trips: 4, read: 12, written: 8 });
  });

  it("is over after one request", async () => {
    const caller = counter.watch(await someone());
    await caller.get("/api/v1/user");
    counter.read();
    await caller.get("/api/v1/user");
    expect(counter.read()).toMatchObject({ trips: 1, rowsRead: 2, rowsWritten: 0 });
  });
});

/** Someone the service has seen before, so that what follows costs what it costs every day. */
async function signedIn(): Promise<Caller> {
  const caller = await someone();
  await caller.get("/api/v1/user");
  return caller;
}

async function ownedAccount(): Promise<{ owner: Caller; made: MadeAccount }> {
  const owner = await signedIn();
  const made = await makeAccount(owner);
  counter.read();
  return { owner, made };
}
