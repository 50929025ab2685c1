import { describe, expect, it } from "vitest";

import { createAccessToken, tokensPath } from "../../support/access-tokens.ts";
import { auditPage, auditRowsOf, expectAuditRow, userIdOf } from "../../support/audit.ts";
import { certificate } from "../../support/certificates.ts";
import { queryRow } from "../../support/database.ts";
import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
} from "../../support/fixtures.ts";
import { uniqueEmail } from "../../support/invitations.ts";

const v1 = ({ slug }: TestAccount) => `/api/v1/account/${slug}`;

describe("secrets in the history", () => {
  const saml = {
    domain: "acme.example",
    sso_url: "https://idp.acme.example/sso",
    entity_id: "urn:acme",
    x509_cert: certificate,
  };

  it("the history records only that a SAML certificate changed [R9]", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const actor = await userIdOf(owner);
    const row = { actor, action: "account.updated", target: `account:${account.id}` };
    await expectAuditRow(await owner.patch(v1(account), { saml }), {
      ...row,
      changes: {
        saml_domain: [null, saml.domain],
        saml_sso_url: [null, saml.sso_url],
        saml_entity_id: [null, saml.entity_id],
        saml_x509_cert: ["…", "…"],
      },
    });
    const shorter = certificate.replaceAll("\n", "\r\n");
    await expectAuditRow(await owner.patch(v1(account), { saml: { ...saml, x509_cert: shorter } }), {
      ...row,
      changes: { saml_x509_cert: ["…", "…"] },
    });
    await expectAuditRow(await owner.patch(v1(account), { saml: null }), {
      ...row,
      changes: {
        saml_domain: [saml.domain, null],
        saml_sso_url: [saml.sso_url, null],
        saml_entity_id: [saml.entity_id, null],
        saml_x509_cert: ["…", "…"],
      },
    });
    const answer = await owner.get(`${v1(account)}/audit`);
    expect(answer.text).not.toContain(certificate.split("\n")[1]);
    expect(answer.text).not.toContain("CERTIFICATE");
  });

  it("the history contains no secret of a token or an invitation", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const { id, token } = await createAccessToken(owner);
    await owner.post(`${v1(account)}/invite`, { email: uniqueEmail() });
    await owner.delete(`/api/v1/user/pa_token/${id}`);
    const all = String(
      (await queryRow("SELECT json_group_array(json_array(target, changes)) AS rows FROM audit_rows"))?.[
        "rows"
      ],
    );
    expect(all).toContain(`access_token:${id}`);
    for (const part of [token.slice(5), token.slice(27), token.slice(-20)]) expect(all).not.toContain(part);
    expect(all).not.toMatch(/secret|hash|acct_/i);
    expect(all).not.toContain(owner.token);
  });
});

it.each<{
  name: string;
  send: (owner: Caller, account: TestAccount, member: string) => Promise<ApiResponse>;
}>([
  {
    name: "an account with its own title",
    send: (owner, account) => owner.patch(v1(account), { title: account.title }),
  },
  { name: "an account with nothing", send: (owner, account) => owner.patch(v1(account), {}) },
  {
    name: "an account with no SAML",
    send: (owner, account) => owner.patch(v1(account), { saml: null, description: null }),
  },
  {
    name: "an account with its slug",
    send: (owner, account) => owner.patch(v1(account), { slug: account.slug }),
  },
  {
    name: "an organization with its name and slug",
    send: (owner, { id, slug, title }) =>
      owner.put(`/accounts/organizations/${id}/`, { name: ` ${title} `, slug: slug.toUpperCase() }),
  },
  {
    name: "a member with their role",
    send: (owner, account, id) => owner.patch(`${v1(account)}/users`, { add: [{ id, role: "AMEMBER" }] }),
  },
  {
    name: "somebody else by taking them away",
    send: (owner, account) => owner.patch(`${v1(account)}/users`, { delete: [crypto.randomUUID()] }),
  },
  { name: "no members", send: (owner, account) => owner.patch(`${v1(account)}/users`, {}) },
  { name: "oneself with nothing", send: (owner) => owner.patch("/api/v1/user", {}) },
  {
    name: "oneself with one's address",
    send: (owner) => owner.patch("/api/v1/user", { email: owner.email }),
  },
  {
    name: "oneself on the other API",
    send: async (owner) => owner.put(`/accounts/users/${await userIdOf(owner)}/`, {}),
  },
  {
    name: "a consent that is the same",
    send: (owner) => owner.patch("/accounts/analysts/current/", { consent_given: false }),
  },
  {
    name: "an invite sent a moment ago",
    send: async (owner, account) => {
      const email = uniqueEmail();
      await owner.post(`${v1(account)}/invite`, { email });
      return owner.post(`${v1(account)}/invite`, { email });
    },
  },
])("a request that changes nothing writes no audit row: $name", async ({ send }) => {
  const [owner, member] = [await createUser(), await createUser()];
  const account = await createAccount(owner);
  await addMember(account, member);
  const answer = await send(owner, account, await userIdOf(member));
  expect([200, 204]).toContain(answer.status);
  expect(await auditRowsOf(answer)).toEqual([]);
});

it("reads and refused requests write no audit row", async () => {
  const [owner, member, outsider] = [await createUser(), await createUser(), await createUser()];
  const account = await createAccount(owner);
  await addMember(account, member);
  const other = await createAccount(owner);
  await userIdOf(outsider);
  const answers: [number, ApiResponse][] = [
    [200, await owner.get(v1(account))],
    [200, await owner.get(`${v1(account)}/audit`)],
    [403, await member.patch(v1(account), { title: "No" })],
    [403, await outsider.patch(v1(account), { title: "No" })],
    [403, await outsider.delete(v1(account))],
    [409, await owner.patch(v1(account), { title: "No", slug: other.slug })],
    [422, await owner.patch(v1(account), { title: "" })],
    [409, await owner.post("/api/v1/accounts", { slug: account.slug })],
    [400, await owner.post("/accounts/organizations/", { name: "No", slug: account.slug })],
    [404, await owner.delete(`/api/v1/account/${account.id}/invite/nobody@example.com`)],
    [409, await owner.delete("/api/v1/user")],
    [409, await owner.delete(`${v1(account)}/user/${await userIdOf(owner)}`)],
    [422, await owner.post(tokensPath, { description: "" })],
    [403, await (await createAccessToken(owner)).bearer.post(tokensPath, { description: "No" })],
    [404, await outsider.post("/api/v1/invites/accept", { token: unique("nothing") })],
  ];
  for (const [status, answer] of answers) {
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
    expect(await auditRowsOf(answer)).toEqual([]);
  }
  expect((await auditPage(owner, account)).items).toHaveLength(1);
});
