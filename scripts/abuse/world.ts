import { setTimeout as sleep } from "node:timers/promises";

import { png } from "../../test/domain/images.ts";
import { readLocalMail } from "../local-mail.ts";
import { Refusal } from "../state.ts";
import { tokens } from "../tokens.ts";
import { multipart } from "./bodies.ts";
import type { Line } from "./send.ts";
import { Tenant } from "./seen.ts";

/** Who asks. */
export interface Caller {
  readonly name: string;
  readonly token: string | undefined;
  /** Whose texts it may be told; `all` of both tenants. */
  readonly sees: readonly Tenant[];
  /** Where what it makes belongs. */
  readonly tenant: Tenant | undefined;
}

export interface World {
  readonly tenants: readonly Tenant[];
  readonly callers: Readonly<Record<CallerName, Caller>>;
  /** They accept invitations. */
  readonly guests: ReadonlyMap<string, Caller>;
  /** Each of them goes for good. */
  readonly leavers: Caller[];
}

export type CallerName =
  | "none"
  | "bad"
  | "outsider"
  | "member"
  | "owner"
  | "other"
  | "reader"
  | "operator"
  | "token";

/** How long invitations may take to be mailed, in milliseconds. */
const mailPatience = 60_000;

/** Makes two tenants that share nothing, and everyone who asks about them. */
export async function makeWorld(line: Line, state: string, leaving: number): Promise<World> {
  const [ada, bob] = [new Tenant("a", "Kestrel71a"), new Tenant("b", "Plover82b")];
  const addresses = new Map([
    ["owner", `owner.${ada.marker}@example.com`],
    ["other", `owner.${bob.marker}@example.com`],
    ["member", `member.${ada.marker}@example.com`],
    ["outsider", "outsider@example.com"],
    ["reader", "reader@example.com"],
    ["operator", "root@example.com"],
    ...[ada, bob].flatMap(({ name, marker }) =>
      [1, 2, 3, 4].map((place) => [`guest ${name}${place}`, `guest${place}.${marker}@example.com`] as const),
    ),
    ...Array.from(
      { length: leaving },
      (_, place) => [`leaver ${place}`, `leaver${place}@example.com`] as const,
    ),
  ]);
  const made = await tokens(state, ...addresses.values());
  const tokenOf = new Map([...addresses.keys()].map((name, place) => [name, made[place]]));
  const caller = (
    name: string,
    tenant?: Tenant,
    sees: readonly Tenant[] = tenant ? [tenant] : [],
  ): Caller => {
    return { name, token: tokenOf.get(name), sees, tenant };
  };
  const operator = caller("operator", undefined, [ada, bob]);
  const callers = {
    none: caller("none"),
    bad: { ...caller("bad"), token: `${made[0]?.slice(0, -4)}AAAA` },
    outsider: caller("outsider"),
    member: caller("member", ada),
    owner: caller("owner", ada),
    other: caller("other", bob),
    reader: caller("reader", undefined, [ada, bob]),
    operator,
  };
  const ask = asker(line);
  const reader = await ask(callers.reader, "GET", "/api/v1/user");
  await ask(operator, "PATCH", `/api/manage/@user/${String(reader["id"])}`, { groups: [3] });
  for (const [tenant, owner] of [
    [ada, callers.owner],
    [bob, callers.other],
  ] as const) {
    await makeHome(line, operator, owner, tenant);
  }
  const member = await ask(callers.member, "GET", "/api/v1/user");
  await ask(callers.owner, "PATCH", `/api/v1/account/${ada.home}/users`, {
    add: [{ id: member["id"], role: "AMEMBER" }],
  });
  ada.see("person", member["id"]);
  const own = await ask(callers.owner, "POST", "/api/v1/user/pa_tokens", { description: "abuse" });
  const guests = new Map<string, Caller>();
  for (const [tenant, owner] of [
    [ada, callers.owner],
    [bob, callers.other],
  ] as const) {
    for (const place of [1, 2, 3, 4]) {
      const guest = caller(`guest ${tenant.name}${place}`, tenant);
      guests.set(guest.name, guest);
    }
    await invite(line, state, owner, tenant, guests);
  }
  return {
    tenants: [ada, bob],
    callers: { ...callers, token: { ...callers.owner, name: "token", token: String(own["token"]) } },
    guests,
    leavers: Array.from({ length: leaving }, (_, place) => caller(`leaver ${place}`)),
  };
}

/** An account with some people and a logo, and without limits that the rest of the run would meet. */
async function makeHome(line: Line, operator: Caller, owner: Caller, tenant: Tenant): Promise<void> {
  const ask = asker(line);
  const { marker } = tenant;
  const slug = `home-${tenant.name}`;
  const { id } = await ask(owner, "POST", "/api/v1/accounts", { slug, title: `Home ${marker}` });
  tenant.home = String(id);
  tenant.slugs.set(tenant.home, slug);
  await ask(owner, "PATCH", "/api/v1/user", { name: `Owner ${marker}` });
  await ask(operator, "PATCH", `/api/manage/@account/${tenant.home}`, {
    type: "v3enterprise",
    usage_limit: 1_000_000_000,
  });
  for (const place of [1, 2, 3]) {
    const { uuid } = await ask(owner, "POST", `/accounts/users/?organization=${tenant.home}`, {
      email: `user${place}.${marker}@example.com`,
      first_name: `User ${marker}`,
    });
    tenant.see("user", uuid);
  }
  tenant.see("person", (await ask(owner, "GET", "/api/v1/user"))["id"]);
  const { content, type } = multipart([["file", png()]]);
  const path = `/api/v1/account/${tenant.home}/logo.png?account_id=${tenant.home}`;
  await line.send({
    method: "PATCH",
    target: path,
    headers: [...credentials(owner), ["Content-Type", type]],
    body: content,
  });
}

/** Guests one and two have a mailed secret and have used it, three and four an invitation; two secrets stay unused. */
async function invite(
  line: Line,
  state: string,
  owner: Caller,
  tenant: Tenant,
  guests: ReadonlyMap<string, Caller>,
): Promise<void> {
  const ask = asker(line);
  const { marker, home, name } = tenant;
  const addresses = ["guest1", "guest2", "guest3", "guest4", "waiting1", "waiting2"];
  const ids: string[] = [];
  for (const address of addresses) {
    const made = await ask(owner, "POST", `/accounts/invite/?organization=${home}`, {
      invitee_identifier: `${address}.${marker}@example.com`,
    });
    ids.push(String(made["uuid"]));
  }
  for (const [place, id] of [
    [3, ids[2]],
    [4, ids[3]],
  ] as const) {
    tenant.received.push({ guest: `guest ${name}${place}`, id: String(id) });
  }
  const secrets = await secretsOf(
    state,
    (to) => addresses.indexOf(to.split(`.${marker}`)[0] ?? ""),
    addresses,
  );
  for (const [place, secret] of [
    [1, secrets[0]],
    [2, secrets[1]],
  ] as const) {
    const guest = `guest ${name}${place}`;
    tenant.mailed.push({ guest, secret: String(secret) });
    const caller = guests.get(guest);
    if (caller) await ask(caller, "POST", "/api/v1/invites/accept", { token: secret });
  }
  for (const secret of secrets.slice(4)) tenant.see("secret", secret);
}

/** Waits until each address has its mail. */
async function secretsOf(
  state: string,
  placeOf: (to: string) => number,
  addresses: readonly string[],
): Promise<string[]> {
  for (const until = Date.now() + mailPatience; Date.now() < until; await sleep(200)) {
    const secrets: string[] = [];
    for (const { to, text } of readLocalMail(state)) {
      const secret = /invite#([\w-]+)/.exec(text)?.[1];
      if (secret !== undefined && placeOf(to) >= 0) secrets[placeOf(to)] = secret;
    }
    if (addresses.every((_, place) => secrets[place] !== undefined)) return secrets;
  }
  throw new Refusal("the invitations were not mailed");
}

export function credentials({ token }: Caller): (readonly [string, string])[] {
  return token === undefined ? [] : [["Authorization", `Bearer ${token}`]];
}

/** Asks for what must succeed; throws a Refusal when it does not. */
function asker(line: Line) {
  return async (
    caller: Caller,
    method: string,
    target: string,
    body?: object,
  ): Promise<Record<string, unknown>> => {
    const { status, text } = await line.send({
      method,
      target,
      headers: [...credentials(caller), ["Content-Type", "application/json"]],
      body: body && Buffer.from(JSON.stringify(body)),
    });
    if (status >= 300)
      throw new Refusal(`${caller.name} ${method} ${target} was answered ${status}: ${text}`);
    return (text === "" ? {} : (JSON.parse(text) ?? {})) as Record<string, unknown>;
  };
}
