/** Outgoing requests: only for the keys of issuers, never to a URL from a request. */
import { afterEach, expect, it, vi } from "vitest";

import { certificate } from "../../support/certificates.ts";
import { createAccount, createOperator, createUser, unique } from "../../support/fixtures.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("the service never requests a URL that a user has stored [R65]", async () => {
  const asked = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("nothing is asked for"));
  const address = `https://${unique("elsewhere")}.example/`;
  const owner = await createUser({ picture: `${address}picture.png` });
  const { slug, id } = await createAccount(owner);
  const path = `/api/v1/account/${slug}`;
  const saml = { domain: "acme.example", sso_url: address, entity_id: address, x509_cert: certificate };
  const zone = { slug: unique("zone"), title: "Zone", cloud_provider: "AWS", origin: address };
  const answers = [
    await owner.patch("/api/v1/user", { avatar: `${address}avatar.png` }),
    await owner.patch(path, { saml, description: address }),
    await owner.post(`${path}/invite`, { email: `${unique()}@example.com`, came_from: address }),
    await (await createOperator()).post("/api/manage/@zones", zone),
    await owner.get("/api/v1/user"),
    await owner.get(path),
    await owner.get(`/accounts/organizations/${id}/`),
    await owner.get("/accounts/portal/"),
    await owner.post("/accounts/login_url/", { email: owner.email }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 201, 200, 200, 200, 200, 200]);
  expect(answers[4]?.body).toMatchObject({ avatar: `${address}avatar.png` });
  expect(answers[5]?.body).toMatchObject({ saml_sso_url: address });
  expect(asked).not.toHaveBeenCalled();
});
