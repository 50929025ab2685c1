import { join } from "node:path";
import { ConfigError, documentedVariables, parseConfig } from "../../src/config.ts";
import { localIssuer, type SigningKey } from "./local-issuer.ts";
import { readOrCreate, CliError } from "../cli.ts";

/** The variables that must not appear on a command line. */
export const SECRETS: ReadonlySet<string> = new Set(
  documentedVariables().flatMap(({ name, type }) => (type === "secret" ? [name] : [])),
);

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the Worker's variables for a local run: those of the environment and the local defaults. */
export async function localConfiguration(
  environment: Environment,
  { state, port, key }: { state: string; port: number; key: SigningKey },
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { name, localDefault } of documentedVariables()) {
    const value = environment[name] ?? localDefault;
    if (value !== undefined) values.set(name, value);
  }
  values.set("PUBLIC_URL", environment["PUBLIC_URL"] || `http://localhost:${port}`);
  values.set("ISSUERS", withLocalIssuer(environment["ISSUERS"], key));
  values.set("INVITE_SECRET", environment["INVITE_SECRET"] || (await inviteSecret(state)));
  return values;
}

/** Throws a CliError that names the first variable that the Worker would reject. */
export function checkConfiguration(values: ReadonlyMap<string, string>): void {
  try {
    parseConfig(Object.fromEntries(values));
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message);
    throw error;
  }
}

/** Returns ISSUERS with the local issuer added, unless it is listed already. */
export function withLocalIssuer(issuers: string | undefined, key: SigningKey): string {
  const local = localIssuer(key);
  const given = parseIssuers(issuers);
  const known = given.some((entry) => (entry as { issuer?: unknown } | null)?.issuer === local.issuer);
  return JSON.stringify(known ? given : [...given, local]);
}

/**
 * Returns one line of an env file that wrangler reads back as exactly this value.
 *
 * Its reader (dotenv, then dotenv-expand) has no escape for quotes and turns CR into LF. So a value with CR, or
 * with both of the quotes that leave backslashes alone, is refused.
 */
export function envFileLine(name: string, value: string): string {
  const quote = ["'", "`"].find((mark) => !value.includes(mark));
  if (quote === undefined || value.includes("\r")) {
    throw new CliError(`${name} must not contain a carriage return, nor both ' and \``);
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
    // Reported below, like JSON that is not an array.
  }
  throw new CliError("ISSUERS must be a JSON array of issuers");
}
