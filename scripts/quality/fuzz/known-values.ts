import * as fc from "fast-check";

import { certificate } from "../../../test/support/certificates.ts";
import { png } from "../../../test/support/images.ts";
import type { Operation } from "../../../test/support/openapi-schema.ts";
import { kindOf } from "./known-ids.ts";
import type { Values } from "./schema-arbitrary.ts";
import type { Caller, Tenant } from "./world.ts";

/** What a request is about: its ids are the tenant's, its texts the caller's. */
export interface Topic {
  readonly operation: Operation;
  readonly tenant: Tenant;
  readonly account: string;
  readonly caller: Caller;
}

const unknownId = "99999999-2222-4333-8444-555555555555";
const knowledgeBox = "11111111-2222-4333-8444-555555555555";
const day = 86_400_000;
/** The start of the day, so that a seed gives the same times all day. */
const today = Math.floor(Date.now() / day) * day;
const word = fc.stringMatching(/^[a-z0-9]{12}$/);

/** Returns what the schemas do not say: ids that exist, secrets, files and times. */
export function knownValues({ operation, tenant, account, caller }: Topic): Values {
  const { ids, accepted, pending } = tenant;
  const marker = caller.tenant?.marker ?? "x";
  const url = word.map((name) => `https://${name}.example`);
  const past = timeWithin(-90, 0);
  const box = fc.constant(knowledgeBox);
  const search = fc.constantFrom("home", "u", marker);
  const id = fc.constant(account);
  return {
    text: word.map((name) => `${name} ${marker}`),
    byFormat: {
      email: word.map((name) => `${name}.${marker}@example.com`),
      uri: url,
      uuid: idOf(ids.all("user")),
      "date-time": timeWithin(2, 365),
    },
    byName: {
      account: id,
      account_id: id,
      organization: id,
      uuid: id,
      "X-Organization": id,
      avatar: url,
      origin: url,
      domain: word.map((name) => `${name}.example`),
      from: past,
      timestamp: past,
      to: past,
      knowledgebox: box,
      stash_id: box,
      query: search,
      search,
      page: fc.constant("1"),
      page_size: fc.integer({ min: 1, max: 100 }),
      "delete item": idOf(ids.all("user").slice(1)),
      actor: idOf(ids.all("user")),
      cursor: idOf(ids.all(`cursor ${operation.id}`)),
      file: fc.constant(png()),
      x509_cert: fc.constant(certificate),
      // Only operators add users to groups.
      groups: operation.id === "updateManagedUser" ? fc.subarray([1, 2, 3]) : fc.constant([]),
      token: fc.constant(operation.id === "previewInvite" ? pending.secret : accepted.secret),
      zone: fc.constantFrom("europe-1", "us-1", ...ids.all("zone")),
      "If-Match": fc.constant(ids.all(`etag ${account}`).at(-1) ?? '"none"'),
      "Idempotency-Key": fc.nat(3_000).map((number) => `key-${number}`),
    },
  };
}

/** Returns the values of a path parameter: a slug or an id that was seen, or one that does not exist. */
export function pathParameter(name: string, { operation, tenant, account }: Topic): fc.Arbitrary<string> {
  const { ids, accepted, resendable } = tenant;
  const segments = operation.path.split("/");
  const kind = kindOf(segments[segments.indexOf(`{${name}}`) - 1] ?? "");
  if (kind === "account") {
    const slugs = name.includes("slug") ? ids.all(`slug ${account}`).slice(-1) : [];
    return fc.constantFrom(account, ...slugs);
  }
  if (operation.id === "acceptReceivedInvitation") return fc.constant(accepted.id);
  if (operation.id === "resendInvitation") return fc.constant(resendable.id);
  const known = ids.all(name === "email" ? name : kind);
  // The oldest is never deleted, so that there is always one.
  return idOf(operation.method === "delete" ? known.slice(1) : known);
}

/** Returns accounts: mostly the tenant's home, but never for operations that delete, block or limit an account. */
export function accountOf(
  { id, path }: Operation,
  tenant: Tenant,
  tenants: readonly Tenant[],
): fc.Arbitrary<string> {
  const created = idOf(tenant.ids.all("account"));
  if (id === "deleteAccount" || id === "deleteOrganization" || path.includes("/@account/")) return created;
  return fc.oneof(
    { weight: 65, arbitrary: fc.constant(tenant.home) },
    { weight: 27, arbitrary: created },
    { weight: 8, arbitrary: fc.constantFrom(...tenants).map(({ home }) => home) },
  );
}

function idOf(known: readonly string[]): fc.Arbitrary<string> {
  const unknown = fc.constant(unknownId);
  return known.length === 0
    ? unknown
    : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, unknown);
}

/** Returns times as ISO 8601, within so many days from the start of this one. */
function timeWithin(from: number, until: number): fc.Arbitrary<string> {
  const [min, max] = [new Date(today + from * day), new Date(today + until * day)];
  return fc.date({ min, max }).map((date) => date.toISOString());
}
