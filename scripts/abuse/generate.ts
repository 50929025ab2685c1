import type { Operation, Schema } from "../../test/http/schemas.ts";
import { fill, write, type Draft } from "./draft.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Tenant } from "./seen.ts";
import type { Sent } from "./send.ts";
import { known } from "./valid.ts";
import { credentials, type Caller } from "./ask.ts";
import type { CallerName, World } from "./world.ts";

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

  /** An invitation's resending, which succeeds once a minute. */
  resending(): Shot {
    const [tenant] = this.#world.tenants;
    const operation = this.#operations.find(({ id }) => id === "resendInvitation");
    if (tenant === undefined || operation === undefined) throw new Error("no invitation can be sent again");
    const path = new Map([["uuid", tenant.waiting]]);
    const target = operation.path.replace("{uuid}", tenant.waiting);
    const caller = this.#world.callers.owner;
    const sent = { method: "POST", target, headers: credentials(caller), body: undefined };
    return { caller, operation, tenant, account: tenant.home, body: undefined, path, sent };
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
