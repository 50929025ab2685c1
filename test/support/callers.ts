/** All kinds of callers: those with invalid credentials and those who are users. */
import { env } from "cloudflare:workers";
import { importJWK, type JWK, SignJWT, UnsecuredJWT } from "jose";

import { storeToken, withStoredToken, withWrongSecret } from "./access-tokens.ts";
import { deactivate, execute, setAccount } from "./database.ts";
import {
  addMember,
  addToGroup,
  anonymous,
  Caller,
  createAccount,
  createToken,
  createUser,
  type TestAccount,
  unique,
} from "./fixtures.ts";
import { workerWith } from "./worker.ts";

const issuer = "https://issuer.test";
const seconds = () => Math.floor(Date.now() / 1000);
const claims = () => ({
  sub: unique("sub"),
  iss: issuer,
  aud: "roster",
  iat: seconds(),
  exp: seconds() + 600,
});

/** Signs claims with HMAC and a public value of the issuer. */
async function signWithPublicKey(secret: string): Promise<string> {
  const header = { alg: "HS256", kid: String(env.TEST_KEYS[issuer].kid) };
  return new SignJWT(claims()).setProtectedHeader(header).sign(new TextEncoder().encode(secret));
}

async function signClaims(change: Record<string, unknown>): Promise<string> {
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

/** Creates a user who has signed in and has a personal access token. */
async function createUserWithToken(fields: { expiresAt?: number } = {}) {
  const user = await createUser();
  await user.get("/api/v1/user");
  return { user, ...(await storeToken(user, fields)) };
}

export type CredentialFault = "missing" | "bad" | "inactive";

/** Callers with invalid credentials, and what is wrong with them. */
export const unauthenticated: Readonly<Record<string, readonly [CredentialFault, () => Promise<Caller>]>> = {
  nobody: ["missing", async () => anonymous],
  garbage: ["bad", async () => new Caller("garbage.token.here")],
  "alg none": ["bad", async () => new Caller(new UnsecuredJWT(claims()).encode())],
  "HS256 with the public key": [
    "bad",
    async () => new Caller(await signWithPublicKey(JSON.stringify(publicKey()))),
  ],
  "HS256 with a coordinate of it": [
    "bad",
    async () => new Caller(await signWithPublicKey(String(publicKey().x))),
  ],
  "an expired token": [
    "bad",
    async () => new Caller(await createToken({ sub: unique() }, { expiresIn: -120 })),
  ],
  "a token for another audience": [
    "bad",
    async () => new Caller(await createToken({ sub: unique() }, { audience: "elsewhere" })),
  ],
  "a token of an unknown issuer": [
    "bad",
    async () => new Caller(await signClaims({ iss: "https://evil.test" })),
  ],
  "a token of one issuer with another's key": [
    "bad",
    async () => new Caller(await signClaims({ iss: "https://other.test" })),
  ],
  "an inactive user": [
    "inactive",
    async () => {
      const user = await createUser();
      await deactivate(user);
      return user;
    },
  ],
  "garbage that begins as a token of ours": ["bad", async () => new Caller("acct_garbage")],
  "an expired token of ours": [
    "bad",
    async () => new Caller((await createUserWithToken({ expiresAt: Date.now() - 1 })).token),
  ],
  "a deleted token of ours": [
    "bad",
    async () => {
      const { id, token } = await createUserWithToken();
      await execute("DELETE FROM personal_access_tokens WHERE id = ?", id);
      return new Caller(token);
    },
  ],
  "a token of ours with a wrong secret": [
    "bad",
    async () => new Caller(withWrongSecret((await createUserWithToken()).token)),
  ],
  "an inactive user's token of ours": [
    "inactive",
    async () => {
      const { user, token } = await createUserWithToken();
      await deactivate(user);
      return new Caller(token, user.email);
    },
  ],
};

/** The distinction on which the expected responses depend. */
export type CallerKind =
  | "outsider"
  | "member"
  | "owner"
  | "otherOwner"
  | "reader"
  | "administrator"
  | "operator"
  | "blockedOwner";

export interface KnownCaller {
  /** The caller, for the test's title. */
  readonly who: string;
  /** The kind of caller whose responses this one gets. */
  readonly kind: CallerKind;
  /** Whether the caller uses a personal access token, which some operations do not accept. */
  readonly byToken?: true;
  /** Creates the caller for an account that `founder` owns. */
  readonly make: (founder: Caller, of: TestAccount) => Promise<Caller>;
}

/** Callers with valid credentials. */
export const knownCallers: readonly KnownCaller[] = [
  { who: "an outsider", kind: "outsider", make: () => createUser() },
  {
    who: "a member",
    kind: "member",
    make: async (_founder, of) => {
      const user = await createUser();
      await addMember(of, user);
      return user;
    },
  },
  { who: "the owner", kind: "owner", make: async (founder) => founder },
  {
    who: "another account's owner",
    kind: "otherOwner",
    make: async () => {
      const user = await createUser();
      await createAccount(user);
      return user;
    },
  },
  { who: "who may read everything", kind: "reader", make: () => inGroup(3) },
  { who: "an administrator, who is no operator", kind: "administrator", make: () => inGroup(1) },
  { who: "the operator", kind: "operator", make: async () => asOperator(await createUser()) },
  {
    who: "the owner while it is blocked",
    kind: "blockedOwner",
    make: async (founder, of) => {
      await setAccount(of, { blocking_state: "manager" });
      return founder;
    },
  },
  {
    who: "the operator while it is blocked",
    kind: "operator",
    make: async (_founder, of) => {
      await setAccount(of, { blocking_state: "manager" });
      return asOperator(await createUser());
    },
  },
  {
    who: "the owner with a token of theirs",
    kind: "owner",
    byToken: true,
    make: (founder) => withStoredToken(founder),
  },
  {
    who: "the operator with a token of theirs",
    kind: "operator",
    byToken: true,
    make: async () => asOperator(await withStoredToken(await createUser())),
  },
];

/** Returns the caller with a worker whose OPERATORS names them. */
function asOperator(user: Caller): Caller {
  return user.via(workerWith({ OPERATORS: user.email }));
}

async function inGroup(group: 1 | 3): Promise<Caller> {
  const user = await createUser();
  await addToGroup(user, group);
  return user;
}
