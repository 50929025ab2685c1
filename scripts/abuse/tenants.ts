import { setTimeout as sleep } from "node:timers/promises";

import { png } from "../../test/domain/images.ts";
import { readLocalMail } from "../dev/local-mail.ts";
import { CliError } from "../cli.ts";
import { asker, credentials, type Caller } from "./ask.ts";
import { multipart } from "./bodies.ts";
import type { Tenant } from "./seen.ts";
import type { Line } from "./send.ts";

/** How long invitations may take to be mailed, in milliseconds. */
const mailPatience = 60_000;

/** An account with some people and a logo, and without limits that the rest of the run would meet. */
export async function makeHome(line: Line, operator: Caller, owner: Caller, tenant: Tenant): Promise<void> {
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
export async function invite(
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
  tenant.waiting = String(ids[4]);
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
  throw new CliError("the invitations were not mailed");
}
