import type { Operation, Schema } from "../../test/http/schemas.ts";
import { encode, form, json, multipart, type Content } from "./bodies.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Tenant } from "./seen.ts";
import type { Sent } from "./send.ts";
import { known, validValue, type Topic } from "./valid.ts";
import { credentials, type Caller, type CallerName, type World } from "./world.ts";

/** A request before it is written down: what a mutation may change. */
export interface Draft {
  readonly random: Random;
  readonly document: Schema;
  readonly operation: Operation;
  readonly topic: Topic;
  method: string;
  /** Values of the path as they stand in it, already encoded. */
  readonly path: Map<string, string>;
  /** Pairs of the query as they stand in it. */
  readonly query: string[];
  readonly headers: [name: string, value: string][];
  body: Record<string, unknown> | undefined;
  /** What is sent instead of the body. */
  content: Content | undefined;
}

/** A request and who sends it. */
export interface Shot {
  readonly caller: Caller;
  readonly operation: Operation;
  /** Whose things it names. */
  readonly tenant: Tenant;
  readonly account: string;
  readonly body: Record<string, unknown> | undefined;
  readonly path: ReadonlyMap<string, string>;
  readonly sent: Sent;
}

/** How much is left as the document has it, and how often somebody asks who may. */
const valid = 0.45;
const allowed = 0.7;

const names: readonly CallerName[] = [
  "none",
  "bad",
  "outsider",
  "member",
  "owner",
  "other",
  "reader",
  "operator",
  "token",
];

/** Nobody can delete them: they own an account, or are nobody. */
const staying: readonly CallerName[] = ["none", "bad", "owner", "other"];

/** Writes the requests of one seed, one after the other: each follows from its number and from what was seen. */
export class Generator {
  readonly #document: Schema;
  readonly #operations: readonly Operation[];
  readonly #world: World;
  readonly #seed: number;

  constructor(document: Schema, operations: readonly Operation[], world: World, seed: number) {
    this.#document = document;
    this.#operations = operations;
    this.#world = world;
    this.#seed = seed;
  }

  shot(number: number): Shot {
    const random = new Random(`${this.#seed} ${number}`);
    const operation = this.#operationOf(number);
    const tenant = random.pick(this.#world.tenants);
    const { caller, secret, invitation } = this.#callerOf(operation, tenant, random);
    const destroys = /^delete(?:Account|Organization)$/.test(operation.id) || /@account/.test(operation.path);
    const account = accountOf(tenant, destroys, random, this.#world);
    const marker = caller.tenant?.marker ?? "";
    const topic = { random, tenant, account, marker, operation: operation.id, secret };
    const draft: Draft = {
      random,
      document: this.#document,
      operation,
      topic,
      method: operation.method.toUpperCase(),
      path: new Map(),
      query: [],
      headers: [],
      body: undefined,
      content: undefined,
    };
    fill(draft, invitation);
    if (!random.chance(valid)) mutate(draft, random);
    const sent = write(draft, caller);
    return { caller, operation, tenant, account, body: draft.body, path: draft.path, sent };
  }

  /** Every operation in turn, each round in another order. */
  #operationOf(number: number): Operation {
    const count = this.#operations.length;
    const round = new Random(`${this.#seed} round ${Math.floor(number / count)}`);
    const order = this.#operations
      .map((operation) => ({ operation, at: round.next() }))
      .sort((one, other) => one.at - other.at);
    return (order[number % count] ?? order[0] ?? { operation: round.pick(this.#operations) }).operation;
  }

  #callerOf(
    operation: Operation,
    tenant: Tenant,
    random: Random,
  ): { caller: Caller; secret: string; invitation: string } {
    const { callers, guests, leavers } = this.#world;
    const secret = operation.id === "previewInvite" ? known("secret", { random, tenant }) : random.uuid();
    const someone = { caller: callers[random.pick(names)], secret, invitation: random.uuid() };
    // Who leaves is gone: only those who came for it.
    if (operation.id === "deleteAuthenticatedUser") {
      const leaver = random.chance(0.5) ? leavers.pop() : undefined;
      return { ...someone, caller: leaver ?? callers[random.pick(staying)] };
    }
    if (!random.chance(allowed)) return someone;
    const mailed = random.pick(tenant.mailed);
    const received = random.pick(tenant.received);
    if (operation.id === "acceptInvite") {
      return { ...someone, caller: guests.get(mailed.guest) ?? someone.caller, secret: mailed.secret };
    }
    if (operation.id === "acceptOwnInvite") {
      return { ...someone, caller: guests.get(received.guest) ?? someone.caller, invitation: received.id };
    }
    if (operation.path.startsWith("/api/manage/")) return { ...someone, caller: callers.operator };
    const owner = tenant.name === "b" ? callers.other : random.chance(0.7) ? callers.owner : callers.token;
    return { ...someone, caller: owner };
  }
}

/** Mostly the tenant's home; what may harm it is done to the others, or to none. */
function accountOf(tenant: Tenant, destroys: boolean, random: Random, { tenants }: World): string {
  if (destroys) return random.chance(0.9) ? known("account", { random, tenant }) : random.uuid();
  if (random.chance(0.08)) return random.pick(tenants).home;
  return random.chance(0.7) || tenant.all("account").length === 0
    ? tenant.home
    : known("account", { random, tenant });
}

/** Fills everything as the document has it. */
function fill(draft: Draft, invitation: string): void {
  const { operation, random, topic, document } = draft;
  const { account, tenant } = topic;
  const asked = operation.path.startsWith("/accounts/organizations/") || random.chance(0.6);
  const named = asked ? account : (tenant.slugs.get(account) ?? account);
  for (const { in: where, name, required, schema } of operation.parameters) {
    if (where === "path") {
      draft.path.set(name, encode(pathValue(operation, name, topic, { account: named, invitation })));
    } else if (where === "query" && (required || random.chance(name === "organization" ? 0.9 : 0.3))) {
      const value = (name === "cursor" && cursorOf(draft)) || validValue(document, schema, name, topic);
      draft.query.push(`${name}=${encode(String(value))}`);
    } else if (where === "header" && random.chance(0.3)) {
      const tag = tenant.tags.get(account) ?? '"none"';
      draft.headers.push([name, name === "If-Match" ? tag : `key-${random.below(3_000)}`]);
    }
  }
  const [schema] = Object.values(operation.bodies).map((body) => body.schema);
  if (schema !== undefined) {
    draft.body = validValue(document, schema, "body", topic) as Record<string, unknown>;
  }
}

/** One that this very list told; half of the time any list's. */
function cursorOf({ operation, random, topic: { tenant } }: Draft): string | undefined {
  const all = tenant.all("cursor").map((one) => one.split(" "));
  const own = all.filter(([list]) => list === operation.id);
  const fitting = own.length > 0 && random.chance(0.8) ? own : all;
  return fitting.length === 0 ? undefined : random.pick(fitting)[1];
}

function pathValue(
  { path, method }: Operation,
  name: string,
  topic: Topic,
  { account, invitation }: { account: string; invitation: string },
): string {
  const { random } = topic;
  if (path.includes("/user/invites/")) return invitation;
  if (path.includes("/pa_token/")) return known("token", topic);
  if (path.includes("/@zone/")) return known("zone", topic);
  if (name === "email") return known("address", topic);
  if (path.startsWith("/accounts/invite/")) return known("invite", topic);
  if (path.startsWith("/accounts/users/") || name === "user_id" || path.includes("/@user/")) {
    return known(method === "get" && random.chance(0.5) ? "person" : "user", topic);
  }
  // These two are asked by id only.
  return name === "account_id" ? topic.account : account;
}

function write(
  { operation, method, path, query, headers, body, content, random }: Draft,
  caller: Caller,
): Shot["sent"] {
  const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => path.get(name) ?? "");
  const sent = content ?? (body && encoded(operation, body, random));
  return {
    method,
    target: query.length === 0 ? filled : `${filled}?${query.join("&")}`,
    headers: [...credentials(caller), ...(sent ? [["Content-Type", sent.type] as const] : []), ...headers],
    body: sent?.content,
  };
}

/** As one of the types the operation reads. */
function encoded({ bodies }: Operation, body: Record<string, unknown>, random: Random): Content {
  const type =
    random.chance(0.7) && "application/json" in bodies
      ? "application/json"
      : random.pick(Object.keys(bodies));
  if (type === "multipart/form-data") return multipart(Object.entries(body));
  return type === "application/json" ? json(body) : form(body);
}
