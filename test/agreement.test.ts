import { expect, it } from "vitest";

import { makeAccount, publicUrl, someone, unique } from "./world.ts";

it("an account made on the accounts face is an organization", async () => {
  const owner = await someone();
  const { id, slug, title } = await makeAccount(owner);
  const organization = await owner.get(`/accounts/organizations/${id}/`);
  expect(organization.status).toBe(200);
  expect(organization.body).toEqual({
    uuid: id,
    name: title,
    slug,
    account_portal_url: `${publicUrl}/portal/${slug}`,
  });
});

it("an organization is an account", async () => {
  const owner = await someone();
  const slug = unique("org");
  const made = await owner.post("/accounts/organizations/", { name: "Org", slug });
  expect(made.status).toBe(201);
  const account = await owner.get(`/api/v1/account/${slug}`);
  expect(account.status).toBe(200);
  expect(account.body).toMatchObject({ id: made.body.uuid, slug, title: "Org", can_manage_account: true });
});
