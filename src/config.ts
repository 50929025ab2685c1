import { type Issuer, parseIssuers } from "./auth/issuers.ts";
import { TokenVerifier } from "./auth/verify-token.ts";
import { type Mailbox, parseMailbox } from "./domain/email.ts";
import { parseOperators } from "./domain/operators.ts";
import { type Plan, plans } from "./domain/plan.ts";
import type { Settings } from "./domain/settings.ts";
import type { Env } from "./env.ts";

/** The variables, read and checked. */
export interface Config {
  readonly settings: Settings;
  readonly issuers: readonly Issuer[];
  readonly verifier: TokenVerifier;
  readonly rateLimits: boolean;
  /** Whether replicas of the database may be read. */
  readonly readReplicas: boolean;
  /** Whether each request is written into the log. */
  readonly requestLog: boolean;
  /** Whether answers tell what they took. */
  readonly serverTiming: boolean;
  /** Whether the SQL of each request is logged. */
  readonly debugSql: boolean;
  /** Origins whose pages may call the service. */
  readonly corsOrigins: ReadonlySet<string>;
}

/** A variable that is missing or wrong. Its message names the variable and says what is right. */
export class ConfigError extends Error {
  override readonly name = "ConfigurationError";
}

/** One isolate has one environment; what is read from it, the verifier's keys included, lives as long. */
const known = new WeakMap<object, Config>();

/** Reads the variables once an isolate. Throws ConfigurationError. */
export function getConfig(env: Env): Config {
  let configuration = known.get(env);
  if (configuration === undefined) {
    configuration = parseConfig(env);
    known.set(env, configuration);
  }
  return configuration;
}

export function parseConfig(env: Env): Config {
  const rateLimits = onOrOff("RATE_LIMITS", env.RATE_LIMITS, "on");
  const issuers = reading("ISSUERS", () => parseIssuers(required("ISSUERS", env.ISSUERS)));
  return {
    settings: {
      publicUrl: publicUrl(required("PUBLIC_URL", env.PUBLIC_URL)),
      defaultPlan: plan(env.DEFAULT_PLAN),
      loginManualEntryRoute: env.LOGIN_MANUAL_ENTRY_ROUTE || "/login/manual",
      maxOwnedAccounts: count("MAX_OWNED_ACCOUNTS", env.MAX_OWNED_ACCOUNTS),
      operators: reading("OPERATORS", () => parseOperators(env.OPERATORS ?? "")),
      eventWindowDays: days("EVENT_WINDOW_DAYS", env.EVENT_WINDOW_DAYS) ?? 400,
      inviteSecret: secret("INVITE_SECRET", env.INVITE_SECRET),
      mailFrom: reading("MAIL_FROM", () => mailbox(env.MAIL_FROM)),
      signInUrl: signInUrl(env.SIGN_IN_URL),
      limitsInvites: rateLimits,
    },
    issuers,
    verifier: new TokenVerifier(issuers),
    rateLimits,
    readReplicas: onOrOff("READ_REPLICAS", env.READ_REPLICAS, "off"),
    requestLog: onOrOff("REQUEST_LOG", env.REQUEST_LOG, "on"),
    serverTiming: onOrOff("SERVER_TIMING", env.SERVER_TIMING, "off"),
    debugSql: onOrOff("DEBUG_SQL", env.DEBUG_SQL, "off"),
    corsOrigins: origins(env.CORS_ORIGINS ?? ""),
  };
}

function reading<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${name}: ${error instanceof Error ? error.message : "cannot be read"}`);
  }
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value.trim() === "") throw new ConfigError(`${name} is not set`);
  return value;
}

/** A hundred years. */
const mostDays = 36_525;

/** Least length of a secret, in characters: 96 random bits in base64. */
const secretLength = 16;

function secret(name: string, value: string | undefined): string {
  const given = required(name, value);
  if (given.length < secretLength) {
    throw new ConfigError(`${name} must be random, of ${secretLength} characters at least`);
  }
  return given;
}

function publicUrl(value: string): string {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new ConfigError("PUBLIC_URL must be an http or https address without query or fragment");
  }
  return url.href.replace(/\/+$/, "");
}

function mailbox(value: string | undefined): Mailbox | undefined {
  return value === undefined || value.trim() === "" ? undefined : parseMailbox(value);
}

function signInUrl(value: string | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== "") {
    throw new ConfigError("SIGN_IN_URL must be an http or https address without fragment");
  }
  return url.href;
}

function plan(value: string | undefined): Plan {
  const name = value === undefined || value === "" ? "stash-trial" : value;
  const found = plans.find((candidate) => candidate === name);
  if (found === undefined) throw new ConfigError(`DEFAULT_PLAN must be one of ${plans.join(", ")}`);
  return found;
}

function onOrOff(name: string, value: string | undefined, without: "on" | "off"): boolean {
  const told = value === undefined || value === "" ? without : value;
  if (told !== "on" && told !== "off") throw new ConfigError(`${name} must be on or off`);
  return told === "on";
}

function count(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (!/^\d{1,9}$/.test(value)) throw new ConfigError(`${name} must be a whole number from 0`);
  return Number(value);
}

function days(name: string, value: string | undefined): number | undefined {
  const read = count(name, value);
  if (read !== undefined && (read < 1 || read > mostDays)) {
    throw new ConfigError(`${name} must be a whole number from 1 to ${mostDays}`);
  }
  return read;
}

function origins(list: string): ReadonlySet<string> {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== "");
  for (const entry of entries) {
    if (URL.parse(entry)?.origin !== entry) {
      throw new ConfigError(`CORS_ORIGINS: ${entry} is not an origin such as https://app.example.com`);
    }
  }
  return new Set(entries);
}
