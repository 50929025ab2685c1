import { describe, expect, it } from "vitest";

import { createAccount, createUser, unique } from "../../support/fixtures.ts";

describe("slug availability", () => {
  it("the status is right for free, taken and freed slugs", async () => {
    const owner = await createUser();
    const asks = await createUser();
    const free = unique("free");
    const answer = await asks.get(`/api/v1/account/${free}/status`);
    expect([answer.status, answer.body]).toEqual([200, { available: true }]);
    const { slug } = await createAccount(owner);
    for (const name of [slug, slug.toUpperCase()]) {
      const reported = await asks.get(`/api/v1/account/${name}/status`);
      expect([reported.status, reported.body]).toEqual([200, { available: false }]);
    }
    await owner.delete(`/api/v1/account/${slug}`);
    expect((await asks.get(`/api/v1/account/${slug}/status`)).body).toEqual({ available: true });
  });

  it.each([
    "admin",
    "API",
    "zones",
    "0b4b8c0e-7c0e-4b57-9d3d-0a4f2d6f7a10",
    "0B4B8C0E-7C0E-4B57-9D3D-0A4F2D6F7A10",
    "0b4b8c0e7c0e4b579d3d0a4f2d6f7a10",
    "a%20b",
    "%C3%A4",
    "%E2%84%AAelvin",
    "acme.com",
    "%00",
    "%ED%A0%80",
    "a%2Fb",
    "x".repeat(201),
  ])("an invalid slug is not available: %s", async (name) => {
    const answer = await (await createUser()).get(`/api/v1/account/${name}/status`);
    expect([answer.status, answer.body]).toEqual([200, { available: false }]);
  });

  it("the status agrees with creating an account", async () => {
    const user = await createUser();
    const hex = crypto.randomUUID().replaceAll("-", "");
    const slugs = [
      unique("a"),
      `-${unique("a")}`,
      "status",
      "x".repeat(201),
      `${hex.slice(0, 3)}-${hex.slice(3)}`,
      hex,
    ];
    for (const slug of slugs) {
      const { body } = await user.get(`/api/v1/account/${slug}/status`);
      const made = await user.post("/api/v1/accounts", { slug });
      expect([slug, made.status]).toEqual([slug, body.available === true ? 201 : 422]);
    }
  });
});
