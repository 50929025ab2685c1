/** Reads from replicas of the database. */
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";

import { operations } from "../../../src/domain/permissions.ts";
import { replicaReadable } from "../../../src/http/read-replicas.ts";
import { createAccount, createUser, unique } from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";

const wellFormed = `00000001-00000002-00003dd0-${"0a".repeat(16)}`;

/** Returns a worker that may read from replicas, and its sessions. `session` can replace methods of a session. */
function replicas(session: (opened: D1DatabaseSession) => D1DatabaseSession = (opened) => opened) {
  const opened: (string | undefined)[] = [];
  const database = new Proxy(env.DB, {
    get(target, name) {
      if (name === "withSession") {
        return (constraint?: string) => {
          opened.push(constraint);
          // The only database acts as the replica.
          return session(target.withSession("first-primary"));
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    opened,
    worker: workerWith({ DB: database, READ_REPLICAS: "on" }),
    off: workerWith({ DB: database }),
  };
}

describe("the database", () => {
  it("without READ_REPLICAS every query goes to the primary", async () => {
    const user = await createUser();
    const { opened, off } = replicas();
    const answer = await user.via(off).get("/api/v1/accounts", { headers: { "X-Bookmark": wellFormed } });
    expect([answer.status, answer.headers.get("X-Bookmark"), opened]).toEqual([200, null, []]);
  });

  it("with READ_REPLICAS reads that may be stale go to any replica, but not one behind the client's bookmark", async () => {
    const user = await createUser();
    const { slug } = await createAccount(user);
    const { opened, worker } = replicas();
    const first = await user.via(worker).get(`/api/v1/account/${slug}`);
    expect(first.status).toBe(200);
    const bookmark = first.headers.get("X-Bookmark") ?? "";
    expect(bookmark).not.toBe("");
    const headers = { "X-Bookmark": wellFormed };
    expect((await user.via(worker).get("/accounts/organizations/", { headers })).status).toBe(200);
    expect(opened).toEqual(["first-unconstrained", wellFormed]);
  });

  it("a malformed bookmark is ignored", async () => {
    const user = await createUser();
    const { opened, worker } = replicas();
    for (const bookmark of ["first-unconstrained", "x", wellFormed.toUpperCase(), `${wellFormed}0`, " "]) {
      const answer = await user.via(worker).get("/api/v1/accounts", { headers: { "X-Bookmark": bookmark } });
      expect(answer.status).toBe(200);
    }
    expect(new Set(opened)).toEqual(new Set(["first-unconstrained"]));
  });

  it("changes and reads that must be current go to the primary and return a bookmark", async () => {
    const user = await createUser();
    const { slug, id } = await createAccount(user);
    const { opened, worker } = replicas();
    const caller = user.via(worker);
    const headers = { "X-Bookmark": wellFormed };
    const changed = await caller.patch(`/api/v1/account/${slug}`, { title: "T" }, { headers });
    expect([changed.status, changed.headers.has("X-Bookmark")]).toEqual([200, true]);
    await caller.post("/api/v1/accounts", { slug: unique() }, { headers });
    await caller.get(`/api/v1/account/${slug}/audit`, { headers });
    await caller.get(`/api/v1/account/${id}/invites`, { headers });
    await caller.get("/api/v1/user/pa_tokens", { headers });
    await caller.get("/api/v1/nowhere", { headers });
    expect(opened).toEqual(Array.from({ length: 5 }, () => "first-primary"));
  });

  it("a failing session falls back to the primary, so that no bookmark causes an error", async () => {
    const user = await createUser();
    const { slug } = await createAccount(user);
    const { worker } = replicas((session) => ({
      prepare: (text) => session.prepare(text),
      batch: () => Promise.reject(new Error("D1_ERROR: bookmark of nowhere")),
      getBookmark: () => null,
    }));
    const answer = await user
      .via(worker)
      .get(`/api/v1/account/${slug}`, { headers: { "X-Bookmark": wellFormed } });
    expect([answer.status, answer.headers.get("X-Bookmark")]).toEqual([200, null]);
    const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
    const changed = await user.via(worker).patch(`/api/v1/account/${slug}`, { title: "T" });
    expect(changed.status).toBe(500);
    quiet.mockRestore();
  });
});

it("operations that read from replicas only read and require only read permissions", () => {
  const needs = new Set([...replicaReadable].map((id) => operations[id]));
  expect([...needs].toSorted()).toEqual([
    "account:read",
    "logo:read",
    "members:read",
    "members:search",
    "signed-in",
    "usage:read",
  ]);
});
