import { join } from "node:path";
import { localIssuer, type SigningKey } from "./local-issuer.ts";
import { readOrCreate, CliError } from "../cli.ts";

/** Every variable of the worker's configuration; `npm start` hands on those that are in the environment. */
export const CONFIGURATION = [
  "PUBLIC_URL",
  "ISSUERS",
  "OPERATORS",
  "CORS_ORIGINS",
  "RATE_LIMITS",
  "READ_REPLICAS",
  "REQUEST_LOG",
  "SERVER_TIMING",
  "DEBUG_SQL",
  "DEFAULT_PLAN",
  "MAX_OWNED_ACCOUNTS",
  "LOGIN_MANUAL_ENTRY_ROUTE",
  "EVENT_WINDOW_DAYS",
  "MAIL_FROM",
  "SIGN_IN_URL",
  "INVITE_SECRET",
] as const;

/** Those that must not be seen on a command line. */
export const SECRETS: ReadonlySet<string> = new Set(["INVITE_SECRET"]);

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the worker's variables for a local run: the environment's, and a default for what a run cannot be without. */
export async function localConfiguration(
  environment: Environment,
  { state, port, key }: { state: string; port: number; key: SigningKey },
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const name of CONFIGURATION) {
    const value = environment[name];
    if (value !== undefined) {
      values.set(name, value);
    }
  }
  values.set("PUBLIC_URL", environment["PUBLIC_URL"] || `http://localhost:${port}`);
  values.set("OPERATORS", environment["OPERATORS"] ?? "root@example.com");
  values.set("ISSUERS", withLocalIssuer(environment["ISSUERS"], key));
  values.set("MAIL_FROM", environment["MAIL_FROM"] ?? "Roster <roster@localhost.example>");
  values.set("INVITE_SECRET", environment["INVITE_SECRET"] || (await inviteSecret(state)));
  return values;
}

/** Returns ISSUERS with the local issuer added, unless one of its name is there already. */
export function withLocalIssuer(issuers: string | undefined, key: SigningKey): string {
  const local = localIssuer(key);
  const given = parseIssuers(issuers);
  const known = given.some((entry) => (entry as { issuer?: unknown } | null)?.issuer === local.issuer);
  return JSON.stringify(known ? given : [...given, local]);
}

/**
 * Returns one line of an env file that wrangler reads back as exactly this value.
 *
 * Its reader (dotenv, then dotenv-expand) knows no escape for a quote, and turns CR into LF; a value with both
 * of the quotes that leave backslashes alone, or with CR, is refused.
 */
export function envFileLine(name: string, value: string): string {
  const quote = ["'", "`"].find((mark) => !value.includes(mark));
  if (quote === undefined || value.includes("\r")) {
    throw new CliError(`${name} must not hold a carriage return, nor both ' and \``);
  }
  return `${name}=${quote}${value.replaceAll("$", "\\$")}${quote}\n`;
}

function inviteSecret(state: string): Promise<string> {
  return readOrCreate(join(state, "invite-secret"), () =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url"),
  );
}

function parseIssuers(issuers: string | undefined): unknown[] {
  if (issuers === undefined || issuers.trim() === "") {
    return [];
  }
  try {
    const parsed: unknown = JSON.parse(issuers);
    if (Array.isArray(parsed)) {
      return parsed;
    }
  } catch {
    // Said below: text that is no JSON and JSON that is no list are one mistake to the reader.
  }
  throw new CliError("ISSUERS must be a JSON array of issuers");
}
