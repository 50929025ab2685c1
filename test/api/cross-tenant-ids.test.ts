/** Every operation with an id answers the same for another tenant's id and an unknown id. */
import { expect, it } from "vitest";

import { storeToken } from "../support/access-tokens.ts";
import { runStatements } from "../support/database.ts";
import {
  addMember,
  anonymous,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
} from "../support/fixtures.ts";
import { storeInvite, uniqueEmail } from "../support/invitations.ts";
import { storeLogo } from "../support/logos.ts";
import { operationsOf } from "../support/openapi-schema.ts";
import { createColleague, integerIdOf } from "../support/organization-users.ts";
import { event, recordEvents } from "../support/usage.ts";
import {
  crossTenantRequests,
  exemptOperations,
  type TenantIds,
  unknownIds,
} from "./cross-tenant-requests.ts";

const published = operationsOf((await anonymous.get("/openapi.json")).body);
const idParameters = new Set([
  "account",
  "account_id",
  "actor",
  "id",
  "knowledgebox",
  "organization",
  "stash_id",
  "uuid",
]);

it("every operation with an id is tested with ids of another account, or is exempt for a reason", () => {
  const taking = published
    .filter(
      ({ path, parameters }) =>
        path.includes("{") || parameters.some((one) => one.in === "query" && idParameters.has(one.name)),
    )
    .map(({ id }) => id);
  const known = new Set([...Object.keys(crossTenantRequests), ...Object.keys(exemptOperations)]);
  expect(taking.filter((id) => !known.has(id))).toEqual([]);
  const all = new Set(published.map(({ id }) => id));
  expect([...known].filter((id) => !all.has(id))).toEqual([]);
});

it.each(Object.entries(crossTenantRequests))(
  "%s answers the same for another tenant's ids and for unknown ids [R2]",
  async (_id, asks) => {
    const theirs = await makeTenant();
    const before = await everythingOf(theirs);
    const owner = await createUser();
    const own = await createAccount(owner);
    const [member, outsider] = [await createUser(), await createUser()];
    await addMember(own, member);
    await outsider.get("/api/v1/user");
    const callers: Readonly<Record<string, Caller>> = { owner, member, outsider };
    for (const [who, caller] of Object.entries(callers)) {
      for (const [at, ask] of asks.entries()) {
        const real = comparable(await ask(caller, own, theirs));
        const unknown = comparable(await ask(caller, own, unknownIds()));
        expect({ who, at, ...real }).toEqual({ who, at, ...unknown });
        // Other statuses would mean that the id was rejected before it was looked up.
        expect([200, 204, 403, 404]).toContain(real.status);
      }
    }
    expect(await everythingOf(theirs)).toEqual(before);
  },
);

/** Returns a response without the parts that differ between any two requests. */
function comparable({ status, text, headers }: ApiResponse) {
  const said = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
  return { status, text, said };
}

/** Creates an account with one of everything. */
async function makeTenant(): Promise<TenantIds> {
  const owner = await createUser();
  const account = await createAccount(owner);
  const { uuid: colleague } = await createColleague([account]);
  const address = uniqueEmail();
  const box = crypto.randomUUID();
  await recordEvents(owner, account, event({ knowledgebox: box }));
  await storeLogo(account);
  return {
    id: account.id,
    slug: account.slug,
    key: await integerIdOf(account),
    user: (await owner.get("/api/v1/user")).body.id,
    colleague,
    invite: await storeInvite(account, "AMEMBER", address),
    address,
    token: (await storeToken(owner)).id,
    box,
  };
}

/** Returns the rows of a tenant and its users. */
function everythingOf({ id, user, colleague, token }: TenantIds): Promise<unknown> {
  const account = "(SELECT id FROM accounts WHERE uuid = ?)";
  return runStatements(
    // Without columns that the usage object updates asynchronously.
    ["SELECT slug, title, version, logo_hash, blocking_state, member_count FROM accounts WHERE uuid = ?", id],
    [`SELECT * FROM memberships WHERE account_id = ${account} ORDER BY id`, id],
    [`SELECT * FROM invites WHERE account_id = ${account} ORDER BY id`, id],
    ["SELECT * FROM users WHERE uuid IN (?, ?) ORDER BY id", user, colleague],
    ["SELECT * FROM personal_access_tokens WHERE id = ?", token],
  );
}
