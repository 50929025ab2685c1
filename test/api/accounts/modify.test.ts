import { describe, expect, it } from "vitest";

import { certificate, certificateBase64, createPrivateKey } from "../../support/certificates.ts";
import { deactivate } from "../../support/database.ts";
import {
  addMember,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
} from "../../support/fixtures.ts";

const saml = {
  domain: "acme.example",
  sso_url: "https://idp.acme.example/sso?x=1",
  entity_id: "https://idp.acme.example",
  x509_cert: certificate,
};
const shown = {
  domain: saml.domain,
  saml_sso_url: saml.sso_url,
  saml_entity_id: saml.entity_id,
  saml_x509_cert: saml.x509_cert,
};
const none = { domain: null, saml_sso_url: null, saml_entity_id: null, saml_x509_cert: null };

async function start(fields: Record<string, unknown> = {}) {
  const owner = await createUser();
  const account = await createAccount(owner, { description: "What it is for", ...fields });
  return { owner, account, path: `/api/v1/account/${account.slug}` };
}

async function change(caller: Caller, path: string, body: unknown): Promise<void> {
  const answer = await caller.patch(path, body);
  expect([answer.status, answer.text]).toEqual([200, "null"]);
  expect(answer.headers.get("Content-Type")).toBe("application/json");
}

describe("modifying an account", () => {
  it("omitted fields stay, and the response is null", async () => {
    const { owner, path } = await start();
    const before = (await owner.get(path)).body;
    await change(owner, path, {});
    expect((await owner.get(path)).body).toEqual(before);
    await change(owner, path, { title: "New" });
    expect((await owner.get(path)).body).toEqual({ ...before, title: "New" });
    await change(owner, path, { description: "Other" });
    expect((await owner.get(path)).body).toEqual({ ...before, title: "New", description: "Other" });
  });

  it("null leaves title and slug, and clears the description", async () => {
    const { owner, path } = await start();
    const before = (await owner.get(path)).body;
    await change(owner, path, { title: null, slug: null });
    expect((await owner.get(path)).body).toEqual(before);
    await change(owner, path, { title: null, slug: null, description: null });
    expect((await owner.get(path)).body).toEqual({ ...before, description: null });
  });

  it("a changed slug frees the old one", async () => {
    const { owner, account, path } = await start();
    const slug = unique("renamed");
    await change(owner, path, { slug });
    expect((await owner.get(`/api/v1/account/${slug}`)).body).toMatchObject({ id: account.id, slug });
    expect((await owner.get(path)).status).toBe(403);
    expect((await owner.get(`${path}/status`)).body).toEqual({ available: true });
  });

  it("setting the current slug is no conflict", async () => {
    const { owner, account, path } = await start();
    await change(owner, path, { slug: account.slug });
  });

  it("an operator may modify any account", async () => {
    const { owner, path } = await start();
    await change(await createOperator(), path, { title: "By the operator" });
    expect((await owner.get(path)).body).toMatchObject({ title: "By the operator" });
  });

  it("simultaneous changes lose no field", async () => {
    const { owner, path } = await start();
    const changes = [{ title: "At once" }, { description: "At once" }, { saml }, { title: "At once" }];
    const answers = await Promise.all(changes.map((body) => owner.patch(path, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await owner.get(path)).body).toMatchObject({
      title: "At once",
      description: "At once",
      ...shown,
    });
  });

  it("a deactivated owner can no longer modify the account", async () => {
    const { owner, account, path } = await start();
    const second = await createUser();
    await addMember(account, second, "AOWNER");
    await change(second, path, { title: "Second" });
    await deactivate(second);
    expect((await second.patch(path, { title: "Third" })).status).toBe(401);
    expect((await owner.get(path)).body).toMatchObject({ title: "Second" });
  });
});

describe("saml", () => {
  it("saml is set as a whole and removed by null", async () => {
    const { owner, path } = await start();
    const before = (await owner.get(path)).body;
    await change(owner, path, { saml });
    expect((await owner.get(path)).body).toEqual({ ...before, ...shown });
    await change(owner, path, { title: "Other" });
    expect((await owner.get(path)).body).toMatchObject(shown);
    await change(owner, path, { saml: null });
    expect((await owner.get(path)).body).toMatchObject(none);
  });

  it.each([
    { name: "PEM", x509_cert: certificate },
    { name: "PEM with line ends at its end", x509_cert: `\n${certificate}\n\n` },
    { name: "PEM with Windows line ends", x509_cert: certificate.replaceAll("\n", "\r\n") },
    { name: "base64 of DER", x509_cert: certificateBase64 },
    { name: "base64 of DER in lines", x509_cert: certificateBase64.replaceAll(/(.{76})/g, "$1\n") },
  ])("a certificate is accepted as $name", async ({ x509_cert }) => {
    const { owner, path } = await start();
    await change(owner, path, { saml: { ...saml, x509_cert } });
    expect((await owner.get(path)).body.saml_x509_cert.trim()).toBe(x509_cert.trim());
  });

  it("anything but a certificate is rejected, and a private key is never shown [R9]", async () => {
    const key = await createPrivateKey();
    const keyBase64 = key.split("\n")[1] ?? "";
    const der = Uint8Array.fromBase64(certificateBase64);
    const refused = [
      "no certificate",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      certificate.replace("MIIBjj", "MIIBjk"),
      certificateBase64.slice(0, -8),
      certificateBase64.slice(4),
      key,
      keyBase64,
      `${certificate}\n${key}`,
      `${key}\n${certificate}`,
      certificate.replace("-----END", `${keyBase64}\n-----END`),
      `${certificate}\n${certificate}`,
      `# for acme\n${certificate}`,
      `${certificate}\ntrailing`,
      new Uint8Array([...der, ...Uint8Array.fromBase64(keyBase64)]).toBase64(),
      new Uint8Array([...der, 0]).toBase64(),
    ];
    const { owner, path } = await start();
    for (const x509_cert of refused) {
      const answer = await owner.patch(path, { saml: { ...saml, x509_cert } });
      expect([x509_cert, answer.status]).toEqual([x509_cert, 422]);
      expect(answer.body.detail).toMatchObject([{ type: "value_error", loc: ["body", "saml", "x509_cert"] }]);
    }
    expect((await owner.get(path)).body).toMatchObject(none);
  });

  it.each([
    "http://idp.acme.example/sso",
    "https://127.0.0.1/sso",
    "https://127.1/sso",
    "https://0x7f000001/sso",
    "https://2130706433/sso",
    "https://10.0.0.1./sso",
    "https://169.254.169.254/latest",
    "https://[::1]/sso",
    "https://[fe80::1]/sso",
    "https://[::ffff:127.0.0.1]/sso",
    "https://１２７.0.0.1/sso",
    "https://localhost/sso",
    "https://LOCALHOST./sso",
    "https://sso.localhost/",
    "https://printer.local/",
    "https://vault.internal/",
    "https://intranet/sso",
    "https://user:secret@idp.acme.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "//idp.acme.example/sso",
    "idp.acme.example",
    "https://",
    "",
  ])("the sso_url %j is rejected [R65]", async (sso_url) => {
    const { owner, path } = await start();
    const answer = await owner.patch(path, { saml: { ...saml, sso_url } });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatchObject([
      { type: "value_error", loc: ["body", "saml", "sso_url"], input: sso_url },
    ]);
  });

  it.each(["x", 5, [], true])("saml must be an object: %j", async (input) => {
    const { owner, path } = await start();
    const answer = await owner.patch(path, { saml: input });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      detail: [
        {
          type: "model_attributes_type",
          loc: ["body", "saml"],
          msg: "Input should be a valid dictionary or object to extract fields from",
          input,
        },
      ],
    });
  });
});
