import { type Issuer, parseIssuers } from "./auth/issuers.ts";
import { parseMailbox } from "./domain/email.ts";
import { parseOperators } from "./domain/operators.ts";
import { type Plan, plans } from "./domain/plan.ts";
import { isSecureUrl } from "./domain/url.ts";

/**
 * Every variable of the service: the only place to change when one is added. `Env`, `Config`, the variables that
 * `npm start` passes on and docs/configuration.md are derived from this table.
 */
export const variables = {
  publicUrl: required({ name: "PUBLIC_URL", parse: parsePublicUrl }),
  issuers: required({ name: "ISSUERS", parse: (text): readonly Issuer[] => parseIssuers(text) }),
  operators: withDefault({ name: "OPERATORS", default: "", parse: parseOperators }),
  corsOrigins: withDefault({ name: "CORS_ORIGINS", default: "", parse: parseOrigins }),
  rateLimits: withDefault({ name: "RATE_LIMITS", default: "on", parse: parseSwitch }),
  readReplicas: withDefault({ name: "READ_REPLICAS", default: "off", parse: parseSwitch }),
  requestLog: withDefault({ name: "REQUEST_LOG", default: "on", parse: parseSwitch }),
  serverTiming: withDefault({ name: "SERVER_TIMING", default: "off", parse: parseSwitch }),
  debugSql: withDefault({ name: "DEBUG_SQL", default: "off", parse: parseSwitch }),
  defaultPlan: withDefault({ name: "DEFAULT_PLAN", default: "stash-trial", parse: parsePlan }),
  maxOwnedAccounts: optional({ name: "MAX_OWNED_ACCOUNTS", parse: parseCount }),
  loginManualEntryRoute: withDefault({
    name: "LOGIN_MANUAL_ENTRY_ROUTE",
    default: "/login/manual",
    parse: (text) => text,
  }),
  eventWindowDays: withDefault({ name: "EVENT_WINDOW_DAYS", default: "400", parse: parseDays }),
  mailFrom: optional({ name: "MAIL_FROM", parse: parseMailbox }),
  signInUrl: optional({ name: "SIGN_IN_URL", parse: parseSignInUrl }),
  inviteSecret: required({ name: "INVITE_SECRET", parse: parseSecret }),
};

/**
 * What docs/configuration.md says about each variable, and what `npm start` passes on if it is not set. Separate
 * from `variables`, so that the bundler removes it from the Worker.
 */
const variableDocs: Readonly<Record<keyof Table, VariableDocs>> = {
  publicUrl: {
    type: "URL",
    description:
      "The address that clients use: https (http for localhost only) and no path. Links in responses and mails begin with it. `npm start` uses its own address.",
    example: "https://accounts.example.com",
  },
  issuers: {
    type: "JSON array",
    description:
      "The identity providers whose access tokens are accepted; see [identity-provider.md](identity-provider.md). `npm start` adds the issuer of `npm run token`.",
    example:
      '[{"issuer": "https://id.example.com", "audience": "roster", "jwks_uri": "https://id.example.com/jwks"}]',
  },
  operators: {
    type: "list",
    description: "The operators: verified e-mail addresses or `iss|sub`, separated by commas or spaces.",
    localDefault: "root@example.com",
    example: "ops@example.com",
  },
  corsOrigins: {
    type: "list",
    description: "The origins whose pages may call the service, separated by commas or spaces.",
    example: "https://app.example.com",
  },
  rateLimits: {
    type: "on or off",
    description: "Enforces all rate limits, those of invitations included.",
    example: "off",
  },
  readReplicas: {
    type: "on or off",
    description: "Allows reads from replicas of the database; see [read-replicas.md](read-replicas.md).",
    example: "on",
  },
  requestLog: {
    type: "on or off",
    description: "Logs a line per request; see [operations.md](operations.md).",
    example: "off",
  },
  serverTiming: {
    type: "on or off",
    description: "Returns the cost of each request in the header `Server-Timing`.",
    example: "on",
  },
  debugSql: {
    type: "on or off",
    description: "Logs the SQL of each request; see [debugging.md](debugging.md).",
    example: "on",
  },
  defaultPlan: {
    type: "plan",
    description: "The plan of a new account; see [plans.md](plans.md).",
    example: "v3starter",
  },
  maxOwnedAccounts: {
    type: "integer from 0",
    description: "How many accounts one user may own. Any number if not set.",
    example: "3",
  },
  loginManualEntryRoute: {
    type: "path",
    description: "Where a user signs in if their address does not determine one organization.",
    example: "/signin",
  },
  eventWindowDays: {
    type: "integer from 1",
    description: "How many days ago a recorded event may have happened. Its id is remembered as long.",
    example: "90",
  },
  mailFrom: {
    type: "mailbox",
    description:
      "The sender of mails: `Name <address>` or an address. Invitations are stored and not mailed if not set.",
    localDefault: "Roster <roster@localhost.example>",
    example: "Acme <no-reply@example.com>",
  },
  signInUrl: {
    type: "URL",
    description:
      "The sign-in link of the invitation page, https (http for localhost only); see [invitations.md](invitations.md).",
    example: "https://app.example.com/login",
  },
  inviteSecret: {
    type: "secret",
    description:
      "The key that invitation links are derived from: at least 43 random characters, 16 of them different. `npm start` creates one per state folder.",
    example: "openssl rand -base64 32",
  },
};

export interface VariableDocs {
  /** `secret` is never passed on a command line. */
  readonly type: string;
  readonly description: string;
  /** The text that `npm start` passes on if the variable is not set. */
  readonly localDefault?: string;
  readonly example: string;
}

/** How one variable is read. */
export interface Variable<Name extends string = string, Value = unknown> {
  readonly name: Name;
  /** The text that is parsed if the variable is not set. */
  readonly default?: string;
  /** Whether the service cannot run without it. */
  readonly isRequired: boolean;
  /** Reads the variable; blank text counts as not set. Throws an Error that says what is wrong. */
  readonly read: (text: string | undefined) => Value;
}

/** Returns all variables with their documentation, for scripts. */
export function documentedVariables(): readonly (Variable & VariableDocs)[] {
  const entries = Object.entries<Variable>(variables) as [keyof Table, Variable][];
  return entries.map(([key, variable]) => ({ ...variable, ...variableDocs[key] }));
}

type Spec<Name extends string, Value> = Omit<Variable<Name, Value>, "isRequired" | "read"> & {
  readonly parse: (text: string) => Value;
};
type Table = typeof variables;

/** The variables as the Worker gets them. */
export type Variables = { readonly [Key in keyof Table as Table[Key]["name"]]?: string };

/** The variables, parsed and checked. */
export type Config = { readonly [Key in keyof Table]: ReturnType<Table[Key]["read"]> };

/** A variable that is missing or invalid. The message names the variable and says what is wrong. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Each isolate has one environment, so each variable is parsed once per isolate. */
const parsed = new WeakMap<Variables, Config>();

/** Returns the parsed variables. Throws ConfigError for the first invalid one. */
export function getConfig(env: Variables): Config {
  let config = parsed.get(env);
  if (config === undefined) {
    config = parseConfig(env);
    parsed.set(env, config);
  }
  return config;
}

/** Parses all variables. Throws ConfigError for the first invalid one. */
export function parseConfig(env: Variables): Config {
  const entries = Object.entries(variables).map(([key, { name, read }]) => {
    try {
      return [key, read(env[name])];
    } catch (error) {
      const message = error instanceof Error ? error.message : "cannot be read";
      throw new ConfigError(message.startsWith(name) ? message : `${name} ${message}`, { cause: error });
    }
  });
  return Object.fromEntries(entries);
}

function required<const Name extends string, Value>({
  parse,
  ...variable
}: Spec<Name, Value>): Variable<Name, Value> {
  return {
    ...variable,
    isRequired: true,
    read: (text) => {
      if (isBlank(text)) throw new Error("is not set");
      return parse(text);
    },
  };
}

function withDefault<const Name extends string, Value>({
  parse,
  ...variable
}: Spec<Name, Value> & { readonly default: string }): Variable<Name, Value> {
  return { ...variable, isRequired: false, read: (text) => parse(isBlank(text) ? variable.default : text) };
}

function optional<const Name extends string, Value>({
  parse,
  ...variable
}: Spec<Name, Value>): Variable<Name, Value | undefined> {
  return { ...variable, isRequired: false, read: (text) => (isBlank(text) ? undefined : parse(text)) };
}

function isBlank(text: string | undefined): text is undefined {
  return text === undefined || text.trim() === "";
}

/** The length of 32 random bytes in base64 without padding. */
const minSecretLength = 43;
/** Random text of that length has about thirty; a word that is repeated has fewer. */
const minSecretCharacters = 16;
/** A hundred years. */
const maxDays = 36_525;

function parsePublicUrl(text: string): string {
  const url = parseSecureUrl(text);
  if (url.href !== `${url.origin}/`) {
    throw new Error(
      "must have no path, query, fragment or credentials, such as https://accounts.example.com",
    );
  }
  return url.origin;
}

function parseSignInUrl(text: string): string {
  const url = parseSecureUrl(text);
  if (url.hash !== "") throw new Error("must be a URL without fragment");
  return url.href;
}

function parseSecureUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !isSecureUrl(url)) throw new Error("must be an https URL (http for localhost only)");
  return url;
}

function parseSecret(text: string): string {
  if (text.length < minSecretLength || new Set(text).size < minSecretCharacters) {
    throw new Error(
      `must have at least ${minSecretLength} random characters, ${minSecretCharacters} of them different; ` +
        "create it with: openssl rand -base64 32",
    );
  }
  return text;
}

function parseSwitch(text: string): boolean {
  if (text !== "on" && text !== "off") throw new Error("must be on or off");
  return text === "on";
}

function parsePlan(text: string): Plan {
  const plan = plans.find((candidate) => candidate === text);
  if (plan === undefined) throw new Error(`must be one of ${plans.join(", ")}`);
  return plan;
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error("must be a whole number from 0");
  return Number(text);
}

function parseDays(text: string): number {
  const days = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > maxDays) throw new Error(`must be a whole number from 1 to ${maxDays}`);
  return days;
}

function parseOrigins(text: string): ReadonlySet<string> {
  const origins = text.split(/[\s,]+/).filter((entry) => entry !== "");
  const wrong = origins.find((entry) => URL.parse(entry)?.origin !== entry);
  if (wrong !== undefined) {
    throw new Error(`must be a list of origins such as https://app.example.com, and ${wrong} is none`);
  }
  return new Set(origins);
}
