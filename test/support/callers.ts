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

export interface UnauthenticatedCaller {
  readonly who: string;
  readonly fault: "missing" | "invalid" | "inactive";
  readonly create: () => Promise<Caller>;
}

/** Callers without valid credentials. */
export const unauthenticatedCallers: readonly UnauthenticatedCaller[] = [
  { who: "no credentials", fault: "missing", create: async () => anonymous },
  { who: "a malformed token", fault: "invalid", create: async () => new Caller("garbage.token.here") },
  {
    who: "an unsigned token",
    fault: "invalid",
    create: async () => new Caller(new UnsecuredJWT(claims()).encode()),
  },
  {
    who: "a token signed with the public key as an HMAC secret",
    fault: "invalid",
    create: async () => new Caller(await signWithPublicKey(JSON.stringify(publicKey()))),
  },
  {
    who: "a token signed with a coordinate of the public key as an HMAC secret",
    fault: "invalid",
    create: async () => new Caller(await signWithPublicKey(String(publicKey().x))),
  },
  {
    who: "an expired token",
    fault: "invalid",
    create: async () => new Caller(await createToken({ sub: unique() }, { expiresIn: -120 })),
  },
  {
    who: "a token for another audience",
    fault: "invalid",
    create: async () => new Caller(await createToken({ sub: unique() }, { audience: "elsewhere" })),
  },
  {
    who: "a token of an unknown issuer",
    fault: "invalid",
    create: async () => new Caller(await signClaims({ iss: "https://evil.test" })),
  },
  {
    who: "a token of one issuer signed with another's key",
    fault: "invalid",
    create: async () => new Caller(await signClaims({ iss: "https://other.test" })),
  },
  {
    who: "an inactive user",
    fault: "inactive",
    create: async () => {
      const user = await createUser();
      await deactivate(user);
      return user;
    },
  },
  {
    who: "a malformed personal access token",
    fault: "invalid",
    create: async () => new Caller("acct_garbage"),
  },
  {
    who: "an expired personal access token",
    fault: "invalid",
    create: async () => new Caller((await createUserWithToken({ expiresAt: Date.now() - 1 })).token),
  },
  {
    who: "a deleted personal access token",
    fault: "invalid",
    create: async () => {
      const { id, token } = await createUserWithToken();
      await execute("DELETE FROM personal_access_tokens WHERE id = ?", id);
      return new Caller(token);
    },
  },
  {
    who: "a personal access token with a wrong secret",
    fault: "invalid",
    create: async () => new Caller(withWrongSecret((await createUserWithToken()).token)),
  },
  {
    who: "an inactive user's personal access token",
    fault: "inactive",
    create: async () => {
      const { user, token } = await createUserWithToken();
      await deactivate(user);
      return new Caller(token, user.email);
    },
  },
];

/** The distinction on which the expected responses depend. */
export type CallerKind =
  | "outsider"
  | "member"
  | "owner"
  | "otherOwner"
  | "support"
  | "administrator"
  | "operator"
  | "blockedOwner";

export interface KnownCaller {
  /** The caller, for the test's title. */
  readonly who: string;
  /** The kind of caller whose responses this one gets. */
  readonly kind: CallerKind;
  /** Whether the caller uses a personal access token, which some operations do not accept. */
  readonly usesAccessToken?: true;
  /** Creates the caller for an account that `founder` owns. */
  readonly create: (founder: Caller, of: TestAccount) => Promise<Caller>;
}

/** Callers with valid credentials. */
export const knownCallers: readonly KnownCaller[] = [
  { who: "an outsider", kind: "outsider", create: () => createUser() },
  {
    who: "a member",
    kind: "member",
    create: async (_founder, of) => {
      const user = await createUser();
      await addMember(of, user);
      return user;
    },
  },
  { who: "the owner", kind: "owner", create: async (founder) => founder },
  {
    who: "another account's owner",
    kind: "otherOwner",
    create: async () => {
      const user = await createUser();
      await createAccount(user);
      return user;
    },
  },
  { who: "a user of the group Support", kind: "support", create: () => inGroup(3) },
  { who: "an administrator, who is not an operator", kind: "administrator", create: () => inGroup(1) },
  { who: "the operator", kind: "operator", create: async () => asOperator(await createUser()) },
  {
    who: "the owner of a blocked account",
    kind: "blockedOwner",
    create: async (founder, of) => {
      await setAccount(of, { blocking_state: "manager" });
      return founder;
    },
  },
  {
    who: "the operator for a blocked account",
    kind: "operator",
    create: async (_founder, of) => {
      await setAccount(of, { blocking_state: "manager" });
      return asOperator(await createUser());
    },
  },
  {
    who: "the owner with a personal access token",
    kind: "owner",
    usesAccessToken: true,
    create: (founder) => withStoredToken(founder),
  },
  {
    who: "the operator with a personal access token",
    kind: "operator",
    usesAccessToken: true,
    create: async () => asOperator(await withStoredToken(await createUser())),
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
