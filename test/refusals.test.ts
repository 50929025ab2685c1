/** Every operation of the document × every kind of caller. */
import { env } from "cloudflare:workers";
import { importJWK, SignJWT, UnsecuredJWT, type JWK } from "jose";
import { describe, expect, it } from "vitest";

import { operations } from "../src/domain/permissions.ts";
import { deactivate, setAccount } from "./accounts/rows.ts";
import { storeInvite } from "./organizations/invitations.ts";
import { misfits, operationsOf, type Schema } from "./http/schemas.ts";
import { makeColleague, oneUser } from "./organizations/users.ts";
import {
  addMember,
  addToGroup,
  Caller,
  makeAccount,
  makeToken,
  operator,
  someone,
  stranger,
  unique,
  type MadeAccount,
} from "./world.ts";

type Send = (caller: Caller, account: MadeAccount) => ReturnType<Caller["get"]>;

/** What a caller of each kind is answered. */
type Row = readonly [
  unauthenticated: 200 | 401,
  outsider: number,
  member: number,
  owner: number,
  otherOwner: number,
  reader: number,
  operator: number,
  blockedOwner: number,
  send: Send,
];

const v1 = "/api/v1";
const organization = ({ id }: MadeAccount) => `/accounts/organizations/${id}/`;
const account = ({ slug }: MadeAccount) => `${v1}/account/${slug}`;
const invitations = ({ id }: MadeAccount) => `/accounts/invite/?organization=${id}`;
const invitation = async (of: MadeAccount) => `/accounts/invite/${await storeInvite(of)}/`;
const colleague = async (of: MadeAccount) => oneUser((await makeColleague([of])).uuid);
const open = (path: string): Row => [200, 200, 200, 200, 200, 200, 200, 200, (caller) => caller.get(path)];
const signedIn = (status: number, send: Send): Row => {
  return [401, status, status, status, status, status, status, status, send];
};

// prettier-ignore
const table: Readonly<Record<string, Row>> = {
  listOrganizations: signedIn(200, (caller) => caller.get("/accounts/organizations/")),
  createOrganization: signedIn(201, (caller) => caller.post("/accounts/organizations/", { name: "N", slug: unique("n") })),
  //                    unauth outsider member owner otherOwner reader operator blocked
  retrieveOrganization:      [401, 404, 200, 200, 404, 200, 200, 200, (caller, of) => caller.get(organization(of))],
  updateOrganization:        [401, 404, 403, 200, 404, 403, 200, 403, (caller, of) => caller.put(organization(of), { name: "N", slug: of.slug })],
  partialUpdateOrganization: [401, 404, 403, 200, 404, 403, 200, 403, (caller, of) => caller.patch(organization(of), { name: "N" })],
  deleteOrganization:        [401, 404, 403, 204, 404, 403, 204, 204, (caller, of) => caller.delete(organization(of))],

  listUsers: signedIn(200, (caller) => caller.get("/accounts/users/")),
  createUser:                [401, 404, 403, 201, 404, 403, 201, 403, (caller, of) => caller.post(`/accounts/users/?organization=${of.slug}`, {})],
  retrieveUser:              [401, 404, 404, 200, 404, 200, 200, 200, async (caller, of) => caller.get(await colleague(of))],
  updateUser:                [401, 404, 404, 200, 404, 403, 200, 403, async (caller, of) => caller.put(await colleague(of), { first_name: "N" })],
  partialUpdateUser:         [401, 404, 404, 200, 404, 403, 200, 403, async (caller, of) => caller.patch(await colleague(of), { first_name: "N" })],
  deleteUser:                [401, 404, 404, 204, 404, 403, 204, 403, async (caller, of) => caller.delete(await colleague(of))],
  listAnalysts:              [401, 404, 200, 200, 404, 200, 200, 200, (caller, of) => caller.get(`/accounts/analysts/?organization=${of.slug}`)],
  listGroups: signedIn(200, (caller) => caller.get("/accounts/groups/")),
  getCurrentAnalyst: signedIn(200, (caller) => caller.get("/accounts/analysts/current/")),
  updateCurrentAnalyst: signedIn(200, (caller) => caller.patch("/accounts/analysts/current/", { consent_given: true })),
  getLoginUrl: signedIn(200, (caller) => caller.post("/accounts/login_url/", { email: "ada@example.com" })),
  getPortal: signedIn(200, (caller) => caller.get("/accounts/portal/")),

  listInvitations:    [401, 404, 200, 200, 404, 200, 200, 200, (caller, of) => caller.get(invitations(of))],
  createInvitation:   [401, 404, 201, 201, 404, 403, 201, 403, (caller, of) => caller.post(invitations(of), { invitee_identifier: `${unique("i")}@example.com` })],
  retrieveInvitation: [401, 404, 200, 200, 404, 200, 200, 200, async (caller, of) => caller.get(await invitation(of))],
  resendInvitation:   [401, 404, 200, 200, 404, 403, 200, 403, async (caller, of) => caller.post(await invitation(of))],
  revokeInvitation:   [401, 404, 204, 204, 404, 403, 204, 403, async (caller, of) => caller.delete(await invitation(of))],

  listAccounts: signedIn(200, (caller) => caller.get(`${v1}/accounts`)),
  createAccount: signedIn(201, (caller) => caller.post(`${v1}/accounts`, { slug: unique("a") })),
  getAccount:       [401, 403, 200, 200, 403, 200, 200, 200, (caller, of) => caller.get(account(of))],
  modifyAccount:    [401, 403, 403, 200, 403, 403, 200, 403, (caller, of) => caller.patch(account(of), { title: "T" })],
  deleteAccount:    [401, 403, 403, 204, 403, 403, 204, 204, (caller, of) => caller.delete(account(of))],
  listAccountZones: [401, 403, 200, 200, 403, 200, 200, 200, (caller, of) => caller.get(`${account(of)}/zones`)],
  getSlugStatus: signedIn(200, (caller, of) => caller.get(`${account(of)}/status`)),
  getUser: signedIn(200, (caller) => caller.get(`${v1}/user`)),
  getWelcome: signedIn(200, (caller) => caller.get(`${v1}/user/welcome`)),
  listZones: signedIn(200, (caller) => caller.get(`${v1}/zones`)),

  getRoot: open("/"),
  getHealth: open("/healthz"),
  getReadiness: open("/readyz"),
  getDocument: open("/openapi.json"),
  getDocsPage: open("/docs"),
};

const issuer = "https://issuer.test";
const seconds = () => Math.floor(Date.now() / 1000);
const claims = () => ({
  sub: unique("sub"),
  iss: issuer,
  aud: "roster",
  iat: seconds(),
  exp: seconds() + 600,
});

/** Signed with what anybody may know: the issuer's public key. */
async function signedWithPublicKey(secret: string): Promise<string> {
  const header = { alg: "HS256", kid: String(env.TEST_KEYS[issuer].kid) };
  return new SignJWT(claims()).setProtectedHeader(header).sign(new TextEncoder().encode(secret));
}

async function signedFor(change: Record<string, unknown>): Promise<string> {
  const key = env.TEST_KEYS[issuer];
  const header = { alg: "ES256", kid: String(key.kid) };
  return new SignJWT({ ...claims(), ...change })
    .setProtectedHeader(header)
    .sign(await importJWK(key, "ES256"));
}

function publicKey(): JWK {
  const { d: _, ...published } = env.TEST_KEYS[issuer];
  return published;
}

type Credentials = "missing" | "bad" | "inactive";

/** Callers whose credentials are no good, with what is wrong with them. */
const unauthenticated: Readonly<Record<string, readonly [Credentials, () => Promise<Caller>]>> = {
  nobody: ["missing", async () => stranger],
  garbage: ["bad", async () => new Caller("garbage.token.here")],
  "alg none": ["bad", async () => new Caller(new UnsecuredJWT(claims()).encode())],
  "HS256 with the public key": [
    "bad",
    async () => new Caller(await signedWithPublicKey(JSON.stringify(publicKey()))),
  ],
  "HS256 with a coordinate of it": [
    "bad",
    async () => new Caller(await signedWithPublicKey(String(publicKey().x))),
  ],
  "an expired token": [
    "bad",
    async () => new Caller(await makeToken({ sub: unique() }, { expiresIn: -120 })),
  ],
  "a token for another audience": [
    "bad",
    async () => new Caller(await makeToken({ sub: unique() }, { audience: "elsewhere" })),
  ],
  "a token of an unknown issuer": [
    "bad",
    async () => new Caller(await signedFor({ iss: "https://evil.test" })),
  ],
  "a token of one issuer with another's key": [
    "bad",
    async () => new Caller(await signedFor({ iss: "https://other.test" })),
  ],
  "an inactive user": [
    "inactive",
    async () => {
      const user = await someone();
      await deactivate(user);
      return user;
    },
  ],
};

const bodies: Readonly<Record<"organizations" | "accounts", Record<Credentials, unknown>>> = {
  organizations: {
    missing: { detail: "Authentication credentials were not provided." },
    bad: { detail: "Invalid token." },
    inactive: { detail: "User inactive or deleted." },
  },
  accounts: {
    missing: { detail: "Not authenticated" },
    bad: { detail: "Invalid or expired token" },
    inactive: { detail: "User inactive or deleted" },
  },
};

/** Callers who are someone, made for an account that `founder` has made; in the order of a row. */
const known: Readonly<Record<string, (founder: Caller, of: MadeAccount) => Promise<Caller>>> = {
  "an outsider": () => someone(),
  "a member": async (_founder, of) => {
    const user = await someone();
    await addMember(of, user);
    return user;
  },
  "the owner": async (founder) => founder,
  "another account's owner": async () => {
    const user = await someone();
    await makeAccount(user);
    return user;
  },
  "who may read everything": async () => {
    const user = await someone();
    await addToGroup(user, 3);
    return user;
  },
  "the operator": () => operator(),
  "the owner while it is blocked": async (founder, of) => {
    await setAccount(of, { blocking_state: "manager" });
    return founder;
  },
};

const document: Schema = (await stranger.get("/openapi.json")).body;
const published = operationsOf(document);

it("every operation of the document has a row here and in the permission table, and no row is of another", () => {
  const ids = published.map(({ id }) => id).sort();
  expect(Object.keys(table).sort()).toEqual(ids);
  expect(Object.keys(operations).sort()).toEqual(ids);
});

it("every operation that is not open asks for a token in the document", () => {
  for (const { id, security } of published) {
    expect({ id, security }).toEqual({ id, security: table[id]?.[0] === 200 ? [] : [{ bearer: [] }] });
  }
});

describe.each(published)("$id", ({ id, path, answers }) => {
  const row = table[id];
  if (row === undefined) return;
  const [withoutToken, ...rest] = row;
  const send = row[8];
  const face = path.startsWith("/accounts/") ? "organizations" : "accounts";
  const realm = face === "organizations" ? 'Bearer realm="api"' : "Bearer";

  it(`answers ${withoutToken} to callers without good credentials`, async () => {
    const of = await makeAccount(await someone());
    for (const [name, [kind, makeCaller]] of Object.entries(unauthenticated)) {
      const answer = await send(await makeCaller(), of);
      expect([name, answer.status]).toEqual([name, withoutToken]);
      expect(answers).toHaveProperty(String(answer.status));
      if (withoutToken === 200) continue;
      expect([name, answer.body]).toEqual([name, bodies[face][kind]]);
      expect(answer.headers.get("WWW-Authenticate")).toBe(realm);
    }
  });

  it.each(Object.entries(known).map(([kind, makeCaller], at) => ({ kind, status: rest[at], makeCaller })))(
    "answers $status to $kind",
    async ({ status, makeCaller }) => {
      const founder = await someone();
      const of = await makeAccount(founder);
      const answer = await send(await makeCaller(founder, of), of);
      expect([answer.status, answer.text]).toEqual([status, answer.text]);
      expect(answers).toHaveProperty(String(answer.status));
      const content = answers[String(answer.status)]?.content;
      if (content === undefined) {
        expect(answer.text).toBe("");
      } else if (content["application/json"] === undefined) {
        expect(answer.headers.get("Content-Type")).toMatch(/^text\/html/);
      } else {
        expect(answer.headers.get("Content-Type")).toMatch(/^application\/json/);
        expect(misfits(document, content["application/json"].schema, answer.body)).toEqual([]);
      }
    },
  );
});
