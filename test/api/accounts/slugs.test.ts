import { describe, expect, it } from "vitest";

import { createAccount, createOperator, createUser, unique } from "../../support/fixtures.ts";

const taken = { detail: "An account with this slug already exists" };

describe("taken slugs", () => {
  it("creating an account with a taken slug is 409 for everyone", async () => {
    const owner = await createUser();
    const { slug } = await createAccount(owner);
    for (const caller of [owner, await createUser(), await createOperator()]) {
      const answer = await caller.post("/api/v1/accounts", { slug });
      expect([answer.status, answer.body]).toEqual([409, taken]);
      expect((await caller.get("/api/v1/accounts")).body).not.toContainEqual(
        expect.objectContaining({ title: slug }),
      );
    }
  });

  it("renaming to a taken slug is 409 and changes nothing else", async () => {
    const first = await createAccount(await createUser());
    const owner = await createUser();
    const second = await createAccount(owner);
    const answer = await owner.patch(`/api/v1/account/${second.slug}`, { slug: first.slug, title: "New" });
    expect([answer.status, answer.body]).toEqual([409, taken]);
    expect((await owner.get(`/api/v1/account/${second.slug}`)).body).toMatchObject({
      slug: second.slug,
      title: second.title,
    });
  });

  it("a slug is taken in any case, on either API", async () => {
    const owner = await createUser();
    const slug = unique("acme");
    const made = await owner.post("/accounts/organizations/", { name: "Upper", slug: slug.toUpperCase() });
    expect(made.status).toBe(201);
    const answer = await (await createUser()).post("/api/v1/accounts", { slug });
    expect([answer.status, answer.body]).toEqual([409, taken]);
  });
});

describe("races for a slug", () => {
  it("one of fifty simultaneous creations wins, and the others get 409 [R54]", async () => {
    const runners = await Promise.all(Array.from({ length: 10 }, () => createUser()));
    const slug = unique("race");
    const answers = await Promise.all(
      runners.flatMap((runner) =>
        Array.from({ length: 5 }, (_, at) =>
          runner.post("/api/v1/accounts", { slug, title: `Runner ${at}` }),
        ),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(49);
    for (const { status, body } of answers) if (status === 409) expect(body).toEqual(taken);
  });

  it("one of ten simultaneous renames wins", async () => {
    const owner = await createUser();
    const accounts = await Promise.all(Array.from({ length: 10 }, () => createAccount(owner)));
    const slug = unique("race");
    const answers = await Promise.all(
      accounts.map(({ id }) => owner.patch(`/api/v1/account/${id}`, { slug })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
    const listed: { slug: string }[] = (await owner.get("/api/v1/accounts")).body;
    expect(listed.filter((account) => account.slug === slug)).toHaveLength(1);
  });

  it("two accounts that swap slugs both keep one", async () => {
    const owner = await createUser();
    const [left, right] = [await createAccount(owner), await createAccount(owner)];
    const answers = await Promise.all([
      owner.patch(`/api/v1/account/${left.id}`, { slug: right.slug }),
      owner.patch(`/api/v1/account/${right.id}`, { slug: left.slug }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
  });
});

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
