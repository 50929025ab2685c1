/** The log line, metrics and Server-Timing header of a request. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { storeToken, withStoredToken } from "../../support/access-tokens.ts";
import { anonymous, Caller, createAccount, createToken, createUser, unique } from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";

const lines: Record<string, unknown>[] = [];
const points: AnalyticsEngineDataPoint[] = [];
const METRICS: AnalyticsEngineDataset = { writeDataPoint: (point) => void points.push(point ?? {}) };
const watched = workerWith({ REQUEST_LOG: "on", METRICS });

beforeEach(() => {
  lines.length = 0;
  points.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: Record<string, unknown>) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

describe("the log line of a request", () => {
  it("a log line has the operation, the kind of caller and the cost", async () => {
    const user = await createUser();
    const { slug } = await createAccount(user);
    const { headers } = await user.via(watched).get(`/api/v1/account/${slug}`);
    expect(lines).toEqual([
      {
        event: "request",
        requestId: headers.get("X-Request-Id"),
        operation: "getAccount",
        method: "GET",
        status: 200,
        caller: "user",
        roundTrips: 1,
        rowsRead: expect.any(Number),
        rowsWritten: 0,
        durableObjectCalls: 0,
        milliseconds: expect.any(Number),
      },
    ]);
    expect(lines[0]?.["rowsRead"]).toBeGreaterThan(0);
  });

  it("a log line counts both round trips of a change, the rows written and the calls of usage objects", async () => {
    const user = await createUser();
    const { slug, id } = await createAccount(user);
    await user.via(watched).patch(`/api/v1/account/${slug}`, { title: "Other" });
    await user.via(watched).get(`/api/v1/account/${id}/usage?from=2026-01-01`);
    expect(lines).toMatchObject([
      { operation: "modifyAccount", roundTrips: 2, durableObjectCalls: 0 },
      { operation: "getUsage", roundTrips: 1, rowsWritten: 0, durableObjectCalls: 1 },
    ]);
    expect(lines[0]?.["rowsWritten"]).toBeGreaterThan(0);
  });

  it("a log line names every kind of caller and rejected requests", async () => {
    const user = await createUser();
    const root = new Caller(
      await createToken({ sub: unique("r"), email: "root@example.com", email_verified: true }),
    );
    const byToken = await withStoredToken(user);
    for (const caller of [anonymous, new Caller("nonsense"), user, byToken, root]) {
      await caller.via(watched).get("/api/v1/user");
    }
    expect(lines.map(({ caller, status }) => [caller, status])).toEqual([
      ["none", 401],
      ["none", 401],
      ["user", 200],
      ["access_token", 200],
      ["operator", 200],
    ]);
  });

  it("a request without an operation has a log line without path, address, token or secret", async () => {
    const user = await createUser();
    const { id } = await createAccount(user);
    const address = "hidden-person@example.com";
    await user.via(watched).delete(`/api/v1/account/${id}/invite/${address}`);
    await user.via(watched).get(`/api/v1/nowhere/${address}?token=hidden-value`);
    await anonymous.via(watched).post("/api/v1/invites/preview", { token: "hidden-value" });
    expect(lines.map(({ operation, status }) => [operation, status])).toEqual([
      ["deleteAccountInvite", 404],
      ["none", 404],
      ["previewInvite", 404],
    ]);
    const written = JSON.stringify([lines, points]);
    for (const secret of ["hidden", user.email, String(user.token)]) expect(written).not.toContain(secret);
  });

  it("a log line names why a token was rejected, while every response is the same and no error is logged", async () => {
    const user = await createUser();
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    const claims = { sub: unique("s"), email: user.email, email_verified: true };
    const rejected = {
      malformed: "nonsense",
      expired: await createToken(claims, { expiresIn: -3600 }),
      audience_mismatch: await createToken(claims, { audience: "elsewhere" }),
      signature_invalid: (await createToken(claims)).replace(/.{10}$/, "AAAAAAAAAA"),
      access_token_unknown: (await storeToken(anonymous)).token,
    };
    const bodies = new Set<string>();
    for (const token of Object.values(rejected)) {
      const { status, text } = await new Caller(token).via(watched).get("/api/v1/user");
      bodies.add(`${status} ${text}`);
    }
    expect(lines.map((line) => line["token_error"])).toEqual(Object.keys(rejected));
    expect([...bodies]).toHaveLength(1);
    expect(errors).not.toHaveBeenCalled();
  });

  it("a log line has no token_error for valid and for missing credentials", async () => {
    const user = await createUser();
    await user.via(watched).get("/api/v1/user");
    await anonymous.via(watched).get("/api/v1/user");
    expect(lines.map((line) => "token_error" in line)).toEqual([false, false]);
  });

  it("with REQUEST_LOG off no line is written unless the configuration is invalid", async () => {
    const user = await createUser();
    await user.via(workerWith({ REQUEST_LOG: "off" })).get("/api/v1/user");
    expect(lines).toEqual([]);
    vi.spyOn(console, "error").mockImplementation(() => {});
    await user.via(workerWith({ REQUEST_LOG: "off", ISSUERS: "{" })).get("/api/v1/user");
    expect(lines).toMatchObject([{ status: 503, caller: "none" }]);
  });
});

describe("metrics", () => {
  it("each request writes one data point with its operation", async () => {
    const user = await createUser();
    await user.get("/api/v1/user");
    await user.via(watched).get("/accounts/organizations/");
    expect(points).toEqual([
      {
        indexes: ["listOrganizations"],
        blobs: ["listOrganizations", "GET", "200", "user"],
        doubles: [expect.any(Number), 1, expect.any(Number), 0, 0],
      },
    ]);
  });

  it("missing or failing metrics do not affect a response", async () => {
    const user = await createUser();
    const written = vi.spyOn(console, "error").mockImplementation(() => {});
    const failing: AnalyticsEngineDataset = {
      writeDataPoint: () => {
        throw new Error("hidden-value");
      },
    };
    for (const binding of [undefined, failing]) {
      const answer = await user.via(workerWith({ METRICS: binding })).get("/api/v1/user");
      expect(answer.status).toBe(200);
    }
    expect(written.mock.calls).toEqual([[{ event: "metrics_write_failed", error: "Error" }]]);
  });
});

describe("Server-Timing", () => {
  it("the Server-Timing header is sent only with SERVER_TIMING on", async () => {
    const user = await createUser();
    await user.get("/api/v1/user");
    const serverTiming = async (change: { SERVER_TIMING?: string }) =>
      (await user.via(workerWith(change)).get("/api/v1/user")).headers.get("Server-Timing");
    expect(await serverTiming({})).toBeNull();
    expect(await serverTiming({ SERVER_TIMING: "off" })).toBeNull();
    expect(await serverTiming({ SERVER_TIMING: "on" })).toMatch(
      /^total;dur=\d+, db;desc="1 round trips, \d+ rows read, 0 written", usage;desc="0 calls"$/,
    );
  });
});
