/**
 * Fills the running local service through its API: two accounts, five users, an invitation and 30 days of usage.
 * Prints what there is, and an Authorization header for each user as a shell variable. A second run changes nothing.
 */
import { CliError, main, servicePort, stateDirectory } from "../cli.ts";
import { readTokenRequest, signTokens } from "./token.ts";

const PEOPLE = {
  ada: "Ada Lovelace",
  ben: "Ben Okri",
  cleo: "Cleo Martin",
  dan: "Dan Weber",
  eve: "Eve Costa",
} as const;
type Person = keyof typeof PEOPLE;

interface SeedAccount {
  readonly slug: string;
  readonly title: string;
  readonly plan: string;
  readonly owner: Person;
  readonly members: readonly Person[];
  readonly invited?: string;
}

const ACCOUNTS: readonly SeedAccount[] = [
  {
    slug: "northwind",
    title: "Northwind",
    plan: "v3growth",
    owner: "ada",
    members: ["ben", "eve"],
    invited: "frank@example.com",
  },
  {
    slug: "harbor-books",
    title: "Harbor Books",
    plan: "stash-trial",
    owner: "cleo",
    members: ["dan", "eve"],
  },
];

const OPERATOR = "root@example.com";
const DAY = 24 * 60 * 60 * 1000;
const DAYS = 30;

await main(async () => {
  const [rootToken = ""] = await createDayTokens(OPERATOR, "Root");
  const tokens = new Map<Person, string>();
  const ids = new Map<Person, string>();
  for (const person of Object.keys(PEOPLE) as Person[]) {
    const [token = ""] = await createDayTokens(`${person}@example.com`, PEOPLE[person]);
    // The first request with a token creates its user.
    const user = await send(token, "GET", "/api/v1/user");
    tokens.set(person, token);
    ids.set(person, String(user["id"]));
  }
  for (const account of ACCOUNTS) {
    await seedAccount(account, { owner: tokens.get(account.owner) ?? "", operator: rootToken, ids });
  }
  printSummary(tokens, rootToken);
});

interface Seeding {
  readonly owner: string;
  readonly operator: string;
  readonly ids: ReadonlyMap<Person, string>;
}

async function seedAccount(account: SeedAccount, { owner, operator, ids }: Seeding): Promise<void> {
  const { slug, title, plan, members, invited } = account;
  const id = (await findAccount(owner, slug)) ?? (await createAccount(owner, { slug, title }));
  await send(operator, "PATCH", `/api/manage/@account/${id}`, { type: plan });
  const existing = JSON.stringify(await send(owner, "GET", `/api/v1/account/${slug}/users`));
  const missing = members.flatMap((person) => {
    const user = ids.get(person) ?? "";
    return existing.includes(user) ? [] : [{ id: user, role: "AMEMBER" }];
  });
  if (missing.length > 0) await send(owner, "PATCH", `/api/v1/account/${slug}/users`, { add: missing });
  const pending = JSON.stringify(await send(owner, "GET", `/api/v1/account/${id}/invites`));
  if (invited !== undefined && !pending.includes(invited)) {
    await send(owner, "POST", `/api/v1/account/${slug}/invite`, { email: invited });
  }
  await send(owner, "POST", `/api/v1/account/${id}/usage`, { events: usageEvents(Date.now()) });
}

async function createAccount(token: string, body: object): Promise<string> {
  return String((await send(token, "POST", "/api/v1/accounts", body))["id"]);
}

async function findAccount(token: string, slug: string): Promise<string | undefined> {
  const accounts = Object.values(await send(token, "GET", "/api/v1/accounts"));
  const account = accounts.map(Object).find((candidate) => candidate.slug === slug);
  return account === undefined ? undefined : String(account.id);
}

/** Returns events for each of the last 30 days. Their ids follow from the day, so that none counts twice. */
function usageEvents(now: number): object[] {
  return Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(now - (index + 1) * DAY).toISOString().slice(0, 10);
    const isWeekend = [0, 6].includes(new Date(day).getUTCDay());
    const event = (metric: string, value: number, hour: string) => ({
      id: `seed-${metric}-${day}`,
      metric,
      value: isWeekend ? Math.ceil(value / 4) : value,
      timestamp: `${day}T${hour}:00:00Z`,
    });
    return [
      event("pages_processed", 40 + ((index * 7) % 23), "09"),
      event("searches_performed", 120 + ((index * 13) % 61), "14"),
    ];
  }).flat();
}

function createDayTokens(email: string, name: string): Promise<string[]> {
  return signTokens(stateDirectory(), readTokenRequest([email, "--name", name, "--expires-in", "86400"]));
}

async function send(token: string, method: string, path: string, body?: object) {
  return await readBody(await request(token, method, path, body));
}

async function request(token: string, method: string, path: string, body?: object): Promise<Response> {
  const url = `http://127.0.0.1:${servicePort()}${path}`;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  try {
    return await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  } catch {
    throw new CliError(
      `No service responds on port ${servicePort()}. Run npm start with the same PORT and STATE_DIR first.`,
    );
  }
}

/** Returns the JSON of a response. Throws a CliError if it is not a success. */
async function readBody(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  if (response.ok) return Object(JSON.parse(text || "null"));
  const hint = response.status === 401 ? " Does the service use another STATE_DIR?" : "";
  throw new CliError(`${response.url} returned ${response.status}: ${text}${hint}`);
}

/** Prints the summary to stderr, so that `eval "$(npm run --silent seed)"` sets the variables. */
function printSummary(tokens: ReadonlyMap<Person, string>, rootToken: string): void {
  for (const { slug, title, plan, owner, members, invited } of ACCOUNTS) {
    const invitation = invited === undefined ? "" : `, invited ${invited}`;
    console.error(`${title} (${slug}, ${plan}): owner ${owner}, members ${members.join(", ")}${invitation}`);
  }
  console.error(
    `Both have usage of the last ${DAYS} days. The tokens are valid for a day. ROOT is the operator.`,
  );
  for (const [person, token] of [...tokens, ["root", rootToken]]) {
    console.log(`${person?.toUpperCase()}="Authorization: Bearer ${token}"`);
  }
}
