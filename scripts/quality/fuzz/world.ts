import { setTimeout as sleep } from "node:timers/promises";

import { readMails } from "../../dev/mailbox.ts";
import { CliError } from "../../cli.ts";
import { createTokens } from "../../dev/token.ts";
import type { HttpClient } from "../http-client.ts";
import { KnownIds } from "./known-ids.ts";

export interface Caller {
  readonly name: string;
  token: string | undefined;
  /** The tenants whose data the caller may see. */
  readonly sees: readonly Tenant[];
  /** The tenant that owns what the caller creates. */
  readonly tenant: Tenant | undefined;
}

interface Invitation {
  readonly id: string;
  readonly secret: string;
}

export class Tenant {
  readonly name: string;
  /** Part of every text that the tenant's callers send. */
  readonly marker: string;
  readonly ids = new KnownIds();
  readonly owner: Caller;
  readonly guest: Caller;
  /** Id of the account that is never deleted, blocked or limited. */
  home = "";
  /** The guest has accepted this invitation and may accept it again. */
  accepted: Invitation = { id: "", secret: "" };
  /** Nobody accepts these invitations. One is never mailed again, because a mail has a new secret. */
  pending: Invitation = { id: "", secret: "" };
  resendable: Invitation = { id: "", secret: "" };

  constructor(name: string, marker: string) {
    this.name = name;
    this.marker = marker;
    this.owner = createCaller(`owner-${name}`, [this], this);
    this.guest = createCaller(`guest-${name}`, [this], this);
  }
}

/** Two tenants that share nothing, and everyone who sends requests about them. */
export class World {
  readonly tenants = [new Tenant("a", "Kestrel71a"), new Tenant("b", "Plover82b")] as const;
  readonly outsider = createCaller("outsider", []);
  readonly reader = createCaller("reader", this.tenants);
  readonly operator = createCaller("root", this.tenants);
  readonly nobody = createCaller("nobody", []);
  readonly badToken = createCaller("bad-token", []);
  readonly ownerToken = createCaller("owner-a-token", [this.tenants[0]], this.tenants[0]);
  /** Users who delete themselves. */
  readonly leavers: readonly Caller[];

  constructor(leaverCount: number) {
    this.leavers = Array.from({ length: leaverCount }, (_, index) => createCaller(`leaver-${index}`, []));
  }

  get callers(): readonly Caller[] {
    const { outsider, reader, operator, nobody, badToken, ownerToken } = this;
    return [...this.members, outsider, reader, operator, nobody, badToken, ownerToken];
  }

  get members(): readonly Caller[] {
    return this.tenants.flatMap(({ owner, guest }) => [owner, guest]);
  }

  /** What a response may contain only once: tokens and the secrets in invitation links. */
  get secrets(): string[] {
    const sent = this.tenants.flatMap(({ accepted, pending }) => [accepted.secret, pending.secret]);
    return [...this.callers.flatMap(({ token }) => token ?? []), ...sent].filter((secret) => secret !== "");
  }
}

function createCaller(name: string, sees: readonly Tenant[], tenant?: Tenant): Caller {
  return { name, token: undefined, sees, tenant };
}

/** Signs in all callers and creates an account and invitations for each tenant. */
export async function populate(world: World, client: HttpClient, state: string): Promise<void> {
  const { tenants, outsider, reader, operator } = world;
  const people = [...world.members, outsider, reader, operator, ...world.leavers];
  const emails = people.map(({ name, tenant }) => `${name}${tenant ? `.${tenant.marker}` : ""}@example.com`);
  const signed = await createTokens(state, ...emails);
  for (const [index, person] of people.entries()) person.token = signed[index];
  world.badToken.token = `${signed[0]?.slice(0, -4)}AAAA`;

  const send = async (caller: Caller, method: string, target: string, json: object = {}) => {
    const headers = [...authorization(caller), ["Content-Type", "application/json"] as const];
    const body = Buffer.from(JSON.stringify(json));
    const { status, text } = await client.send({ method, target, headers, body });
    if (status >= 300) throw new CliError(`${caller.name} ${method} ${target} returned ${status}: ${text}`);
    return Object(JSON.parse(text || "null")) as Record<string, string>;
  };
  for (const tenant of tenants) {
    const { owner, guest, ids, marker } = tenant;
    const account = { slug: `home-${tenant.name}`, title: `Home ${marker}` };
    const { id: home = "" } = await send(owner, "POST", "/api/v1/accounts", account);
    tenant.home = home;
    ids.add(`slug ${home}`, account.slug);
    const limits = { type: "v3enterprise", usage_limit: 1_000_000_000 };
    await send(operator, "PATCH", `/api/manage/@account/${home}`, limits);
    for (const first_name of ["Ada", "Grace", "Radia"]) {
      const user = { email: `${first_name}.${marker}@example.com`, first_name };
      ids.add("user", (await send(owner, "POST", `/accounts/users/?organization=${home}`, user))["uuid"]);
    }
    const invite = async (email: string): Promise<Invitation> => {
      const body = { invitee_identifier: email };
      const { uuid = "" } = await send(owner, "POST", `/accounts/invite/?organization=${home}`, body);
      return { id: uuid, secret: await mailedSecret(state, email) };
    };
    tenant.accepted = await invite(`guest-${tenant.name}.${marker}@example.com`);
    tenant.pending = await invite(`pending.${marker}@example.com`);
    tenant.resendable = await invite(`resendable.${marker}@example.com`);
    await send(guest, "POST", "/api/v1/invites/accept", { token: tenant.accepted.secret });
  }
  const { id } = await send(reader, "GET", "/api/v1/user");
  // Members of group 3 may read every account.
  await send(operator, "PATCH", `/api/manage/@user/${id}`, { groups: [3] });
  const created = await send(tenants[0].owner, "POST", "/api/v1/user/pa_tokens", { description: "fuzz" });
  world.ownerToken.token = created["token"];
}

export function authorization({ token }: Caller): (readonly [string, string])[] {
  return token === undefined ? [] : [["Authorization", `Bearer ${token}`]];
}

/** Waits up to a minute for the invitation mail to an address. Returns the secret in its link. */
async function mailedSecret(state: string, address: string): Promise<string> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const mail = (await readMails(state)).find(({ to }) => to === address);
    const secret = /invite#([\w-]+)/.exec(mail?.text ?? "")?.[1];
    if (secret !== undefined) return secret;
  }
  throw new CliError(`No invitation was mailed to ${address} within a minute.`);
}
