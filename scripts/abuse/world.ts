import { tokens } from "../dev/tokens.ts";
import { asker, type Caller } from "./ask.ts";
import type { Line } from "./send.ts";
import { Tenant } from "./seen.ts";
import { invite, makeHome } from "./tenants.ts";

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
  const owned = [
    [ada, callers.owner],
    [bob, callers.other],
  ] as const;
  const guests = new Map(
    owned
      .flatMap(([tenant]) => [1, 2, 3, 4].map((place) => caller(`guest ${tenant.name}${place}`, tenant)))
      .map((guest) => [guest.name, guest]),
  );
  for (const [tenant, owner] of owned) {
    await makeHome(line, operator, owner, tenant);
    await invite(line, state, owner, tenant, guests);
  }
  const ask = asker(line);
  const reader = await ask(callers.reader, "GET", "/api/v1/user");
  // The group whose members read every account.
  await ask(operator, "PATCH", `/api/manage/@user/${String(reader["id"])}`, { groups: [3] });
  const member = await ask(callers.member, "GET", "/api/v1/user");
  const add = [{ id: member["id"], role: "AMEMBER" }];
  await ask(callers.owner, "PATCH", `/api/v1/account/${ada.home}/users`, { add });
  ada.see("person", member["id"]);
  const own = await ask(callers.owner, "POST", "/api/v1/user/pa_tokens", { description: "abuse" });
  const token = { ...callers.owner, name: "token", token: String(own["token"]) };
  const leavers = Array.from({ length: leaving }, (_, place) => caller(`leaver ${place}`));
  return { tenants: [ada, bob], callers: { ...callers, token }, guests, leavers };
}

/** Everything that is told once and never again: tokens, and what stands in an invitation's link. */
export function secretsOf({ tenants, callers, guests }: World): string[] {
  return [
    ...[...Object.values(callers), ...guests.values()].flatMap(({ token }) => token ?? []),
    ...tenants.flatMap((tenant) => tenant.all("secret")),
    ...tenants.flatMap(({ mailed }) => mailed.map(({ secret }) => secret)),
  ];
}
