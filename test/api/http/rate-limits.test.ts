import { beforeEach, expect, it, vi } from "vitest";

import { clientNetwork } from "../../../src/http/rate-limit.ts";
import { anonymous, Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";
import { waitForFreshMinute, workerWith } from "../../support/worker.ts";

const limited = workerWith({ RATE_LIMITS: "on" });

beforeEach(() => waitForFreshMinute(), 60_000);

it("a caller may check and create slugs 60 times a minute on both APIs together", async () => {
  const caller = (await createUser()).via(limited);
  const statuses: number[] = [];
  for (let asked = 0; asked < 58; asked += 1) {
    statuses.push((await caller.get(`/api/v1/account/${unique()}/status`)).status);
  }
  const [slug, other] = [unique(), unique()];
  statuses.push((await caller.post("/api/v1/accounts", { slug })).status);
  statuses.push((await caller.post("/accounts/organizations/", { name: "Acme", slug: other })).status);
  expect(statuses).toEqual([...Array.from({ length: 58 }, () => 200), 201, 201]);

  for (const answer of [
    await caller.get(`/api/v1/account/${unique()}/status`),
    await caller.post("/api/v1/accounts", { slug: unique() }),
    await caller.post("/api/v1/accounts", "not even valid"),
    await caller.patch(`/api/v1/account/${slug}`, { slug: unique() }),
  ]) {
    expect([answer.status, answer.body]).toEqual([429, { detail: "Too many requests. Try again later." }]);
    expect(answer.headers.get("Retry-After")).toBe("60");
  }
  const organization = await caller.post("/accounts/organizations/", { name: "Acme", slug: unique() });
  expect([organization.status, organization.body]).toEqual([
    429,
    { detail: "Request was throttled. Expected available in 60 seconds." },
  ]);
  expect(organization.headers.get("Retry-After")).toBe("60");

  expect((await caller.patch(`/api/v1/account/${slug}`, { title: "Another" })).status).toBe(200);
  expect((await caller.get("/api/v1/user")).status).toBe(200);
  const another = (await createUser()).via(limited);
  expect((await another.post("/api/v1/accounts", { slug: unique() })).status).toBe(201);
});

it("an address may send 100 invalid tokens a minute, which limits neither its valid tokens nor other addresses [R72]", async () => {
  const worker = anonymous.via(limited);
  const send = (address: string) =>
    worker.get("/api/v1/user", {
      headers: { Authorization: "Bearer nonsense", "CF-Connecting-IP": address },
    });
  const statuses = new Set<number>();
  for (let sent = 0; sent < 100; sent += 1) statuses.add((await send("192.0.2.7")).status);
  expect([...statuses]).toEqual([401]);
  const refused = await send("192.0.2.7");
  expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "60"]);
  expect((await send("192.0.2.8")).status).toBe(401);
  const good = (await createUser()).via(limited);
  expect((await good.get("/api/v1/user", { headers: { "CF-Connecting-IP": "192.0.2.7" } })).status).toBe(200);
});

it("unavailable rate limiters allow all requests except login URLs and invitation previews [R72]", async () => {
  const faults = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const broken: RateLimit = { limit: () => Promise.reject(new Error("top_secret")) };
  const worker = workerWith({
    RATE_LIMITS: "on",
    LIMIT_PRINCIPAL: broken,
    LIMIT_SLUGS: broken,
    LIMIT_FAILED_TOKENS: broken,
    LIMIT_LOGIN_CALLER: broken,
    LIMIT_LOGIN_ADDRESS: broken,
    LIMIT_PREVIEWS: broken,
  });
  const headers = { "CF-Connecting-IP": "192.0.2.30" };
  const caller = (await createUser()).via(worker);
  const { slug } = await createAccount(caller);
  expect((await caller.get(`/api/v1/account/${slug}`, { headers })).status).toBe(200);
  expect((await caller.get(`/api/v1/account/${slug}/status`, { headers })).status).toBe(200);
  expect((await new Caller("nonsense").via(worker).get("/api/v1/user", { headers })).status).toBe(401);
  const preview = await anonymous
    .via(worker)
    .post("/api/v1/invites/preview", { token: "nonsense" }, { headers });
  expect(preview.status).toBe(429);
  const login = await caller.post("/accounts/login_url/", { email: caller.email }, { headers });
  expect([login.status, login.headers.get("Retry-After")]).toEqual([429, "60"]);
  expect(faults).toHaveBeenCalled();
  expect(JSON.stringify(faults.mock.calls)).not.toContain("top_secret");
  faults.mockRestore();
});

it.each([
  { address: "192.0.2.1", network: "192.0.2.1" },
  { address: "2001:db8:1:2:3:4:5:6", network: "2001:db8:1:2" },
  { address: "2001:DB8:1:2::", network: "2001:db8:1:2" },
  { address: "2001:db8::1", network: "2001:db8:0:0" },
  { address: "2001:0db8:0000:0000:ffff::", network: "2001:db8:0:0" },
  { address: "::1", network: "0:0:0:0" },
  { address: undefined, network: undefined },
])("$address counts as $network [R72]", ({ address, network }) => {
  expect(clientNetwork(address)).toBe(network);
});
