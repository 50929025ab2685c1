import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { importJWK, SignJWT } from "jose";
import { LOCAL_ALGORITHM, LOCAL_AUDIENCE, LOCAL_ISSUER, localSigningKey } from "./local-issuer.ts";
import { errorCode, CliError, main, stateDirectory } from "../cli.ts";

const USAGE = `usage: npm run --silent token -- EMAIL... [--name "Ada Lovelace"] [--sub SUBJECT] [--unverified]
       [--expires-in SECONDS] [--audience AUDIENCE] [--issuer ISSUER]`;

/** The tokens to create. */
export interface TokenRequest {
  readonly emails: readonly string[];
  readonly name: string | undefined;
  readonly sub: string | undefined;
  readonly verified: boolean;
  readonly expiresIn: number;
  readonly audience: string;
  readonly issuer: string;
}

/** Reads the command line. Throws a CliError that says what is wrong with it. */
export function readTokenRequest(args: readonly string[]): TokenRequest {
  const { values, positionals } = parse(args);
  if (positionals.length === 0) {
    throw new CliError("At least one e-mail address is required.");
  }
  const wrong = positionals.find((email) => !/^[^\s@]+@[^\s@]+$/.test(email.trim()));
  if (wrong !== undefined) {
    throw new CliError(`${JSON.stringify(wrong)} is not an e-mail address.`);
  }
  const expiresIn = values["expires-in"] ?? "3600";
  if (!/^-?\d{1,10}$/.test(expiresIn)) {
    throw new CliError(`--expires-in must be whole seconds, not ${JSON.stringify(expiresIn)}.`);
  }
  return {
    emails: positionals,
    name: values.name?.trim() || undefined,
    sub: values.sub,
    verified: values.unverified !== true,
    expiresIn: Number(expiresIn),
    audience: values.audience ?? LOCAL_AUDIENCE,
    issuer: values.issuer ?? LOCAL_ISSUER,
  };
}

/** Returns the claims of one token. `now` is in seconds. An expired token was issued before it expired. */
export function tokenClaims(request: TokenRequest, email: string, now: number) {
  const exp = now + request.expiresIn;
  return {
    iss: request.issuer,
    aud: request.audience,
    sub: request.sub ?? subjectOf(email),
    email,
    email_verified: request.verified,
    ...nameClaims(request.name),
    iat: Math.min(now, exp - 1),
    exp,
  };
}

/** Returns the same subject for all spellings of an address. */
function subjectOf(email: string): string {
  const normal = email.trim().normalize("NFC").toLowerCase();
  return `local-${createHash("sha256").update(normal).digest("hex").slice(0, 32)}`;
}

function nameClaims(name: string | undefined) {
  if (name === undefined) {
    return {};
  }
  const [given, ...family] = name.split(" ");
  return { name, given_name: given, ...(family.length > 0 && { family_name: family.join(" ").trim() }) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: joinNegativeSeconds(args),
      allowPositionals: true,
      options: {
        name: { type: "string" },
        sub: { type: "string" },
        unverified: { type: "boolean" },
        "expires-in": { type: "string" },
        audience: { type: "string" },
        issuer: { type: "string" },
      },
    });
  } catch (error) {
    if (error instanceof Error && errorCode(error)?.startsWith("ERR_PARSE_ARGS")) {
      throw new CliError(error.message);
    }
    throw error;
  }
}

/** Joins `--expires-in -10`, of which parseArgs would read -10 as another option. */
function joinNegativeSeconds(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (joined.at(-1) === "--expires-in" && /^-\d/.test(arg)) {
      joined[joined.length - 1] = `--expires-in=${arg}`;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

/** Returns a token for each address, signed with the key of a state folder. */
export async function createTokens(state: string, ...emails: string[]): Promise<string[]> {
  return await signTokens(state, readTokenRequest(emails));
}

/** Returns the requested tokens, signed with the key of a state folder. */
export async function signTokens(state: string, request: TokenRequest): Promise<string[]> {
  const jwk = await localSigningKey(state);
  const key = await importJWK(jwk, LOCAL_ALGORITHM);
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: LOCAL_ALGORITHM, kid: jwk.kid, typ: "JWT" };
  const tokens = request.emails.map((email) =>
    new SignJWT(tokenClaims(request, email, now)).setProtectedHeader(header).sign(key),
  );
  return await Promise.all(tokens);
}

async function printTokens(): Promise<void> {
  let request: TokenRequest;
  try {
    request = readTokenRequest(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CliError)) {
      throw error;
    }
    console.error(`${error.message}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  console.log((await signTokens(stateDirectory(), request)).join("\n"));
}

if (import.meta.main) {
  await main(printTokens);
}
