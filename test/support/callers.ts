/** Every kind of caller: those whose credentials are no good, and those who are someone. */
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

/** Signed with what anybody may know: the issuer's public key. */
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

/** Someone who has signed in, with a token of theirs. */
async function createUserWithToken(fields: { expiresAt?: number } = {}) {
  const user = await createUser();
  await user.get("/api/v1/user");
  return { user, ...(await storeToken(user, fields)) };
}

export type CredentialFault = "missing" | "bad" | "inactive";

/** Callers whose credentials are no good, with what is wrong with them. */
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

/** What tells the callers who are someone apart. */
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
  /** Who it is, in words. */
  readonly who: string;
  /** Whose answers this caller is given. */
  readonly kind: CallerKind;
  /** Comes with a personal access token, which cannot do everything. */
  readonly byToken?: true;
  /** Makes the caller, for an account that `founder` has made. */
  readonly make: (founder: Caller, of: TestAccount) => Promise<Caller>;
}

/** Callers who are someone. */
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

/** The same caller where the configuration names them. */
function asOperator(user: Caller): Caller {
  return user.via(workerWith({ OPERATORS: user.email }));
}

async function inGroup(group: 1 | 3): Promise<Caller> {
  const user = await createUser();
  await addToGroup(user, group);
  return user;
}
