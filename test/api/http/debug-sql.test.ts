/** DEBUG_SQL: the statements of a request, in the log. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createAccount, createUser } from "../../support/fixtures.ts";
import { failingDatabase, workerWith } from "../../support/worker.ts";

const lines: Record<string, unknown>[] = [];
const deployed = { REQUEST_LOG: "off", PUBLIC_URL: "https://accounts.example.com" } as const;

beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: Record<string, unknown>) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

describe("with DEBUG_SQL on", () => {
  const traced = workerWith({ ...deployed, DEBUG_SQL: "on" });

  it("each statement of a request is logged with its batch, operation and cost", async () => {
    const user = await createUser();
    const { slug } = await createAccount(user);
    const { headers } = await user.via(traced).patch(`/api/v1/account/${slug}`, { title: "Other" });
    const requestId = headers.get("X-Request-Id");
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      expect(line).toEqual({
        event: "sql",
        requestId,
        operation: "modifyAccount",
        batch: expect.any(Number),
        sql: expect.any(String),
        rowsRead: expect.any(Number),
        rowsWritten: expect.any(Number),
      });
    }
    expect(new Set(lines.map(({ batch }) => batch))).toEqual(new Set([1, 2]));
    expect(lines.filter(({ sql }) => String(sql).startsWith('update "accounts"'))).toHaveLength(1);
  });

  it("a deployed service logs no bound values", async () => {
    const user = await createUser();
    await user.via(traced).get("/api/v1/user");
    await user.via(traced).patch("/api/v1/user", { name: "Hidden Person" });
    expect(lines.length).toBeGreaterThan(1);
    for (const value of [user.email, "Hidden"]) expect(JSON.stringify(lines)).not.toContain(value);
  });

  it("a service on localhost logs the bound values", async () => {
    const local = workerWith({ ...deployed, DEBUG_SQL: "on", PUBLIC_URL: "http://localhost:8787" });
    const user = await createUser();
    await user.via(local).patch("/api/v1/user", { name: "Shown Person" });
    expect(JSON.stringify(lines.map(({ params }) => params))).toContain("Shown");
  });

  it("a batch that the database refuses is logged as failed", async () => {
    const user = await createUser();
    const DB = failingDatabase((sql) => sql.startsWith("select"), new Error("D1_ERROR: overloaded"));
    const { status } = await user.via(workerWith({ ...deployed, DEBUG_SQL: "on", DB })).get("/api/v1/user");
    expect(status).toBe(503);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines).toEqual(lines.map(() => expect.objectContaining({ event: "sql", failed: true })));
  });
});

describe("without DEBUG_SQL", () => {
  it("no statement is logged", async () => {
    const user = await createUser();
    const { status } = await user.via(workerWith(deployed)).get("/api/v1/user");
    expect([status, lines]).toEqual([200, []]);
  });
});
