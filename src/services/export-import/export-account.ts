import { sql, type SQL } from "drizzle-orm";

import type { AccountRole, invitationStates } from "../../domain/account.ts";
import type { ImageType } from "../../domain/logo.ts";
import { bucketStart } from "../../domain/usage/buckets.ts";
import { metrics } from "../../domain/usage/usage.ts";
import { type UsageRow, usageTables } from "../../durable/export.ts";
import { logoKey } from "../../storage/logos.ts";
import { auditRows, invites, memberships, users } from "../../storage/schema.ts";
import {
  type Access,
  AccountName,
  accountQuery,
  checkAccess,
  hasAccountPermission,
} from "../accounts/access.ts";
import type { AuditRow } from "../audit-list.ts";
import { queryAsCaller, queryWithoutCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { currentLogo, withLogoStorage } from "../logos/get.ts";
import type { Member } from "../members/find.ts";
import { limitIf } from "../pagination.ts";
import { exportUsageRows } from "./usage.ts";

export interface ExportedMember extends Member {
  readonly id: number;
  readonly createdAt: number;
}

export interface ExportedInvite {
  readonly id: number;
  readonly uuid: string;
  readonly email: string;
  readonly role: AccountRole;
  readonly state: (typeof invitationStates)[number];
  readonly sentAt: number;
  readonly validUntil: number;
  /** A uuid; null if the user was deleted. */
  readonly inviter: string | null;
  /** A uuid; null if it was not accepted, or the user was deleted. */
  readonly acceptedBy: string | null;
}

/** A part of an account's data. All parts together are complete. */
export type AccountPart =
  | { readonly kind: "member"; readonly rows: readonly ExportedMember[] }
  | { readonly kind: "invitation"; readonly rows: readonly ExportedInvite[] }
  | { readonly kind: "change"; readonly rows: readonly AuditRow[] }
  | { readonly kind: "usage"; readonly rows: readonly UsageBucket[] }
  | { readonly kind: "logo"; readonly rows: readonly ExportedLogo[] };

export interface ExportedLogo {
  readonly type: ImageType;
  readonly bytes: Uint8Array;
}

export interface AccountExport {
  readonly access: Access;
  /** Read lazily, a page at a time. */
  readonly parts: AsyncIterable<AccountPart>;
}

/** How many rows one round trip reads. */
const step = 200;

/**
 * Returns everything that belongs to an account. The parts are read one after another, so they are no snapshot, and
 * reading them may throw. Throws what `checkAccess` throws. One round trip, one more for each further page, one
 * object call per thousand buckets, and one read of R2.
 */
export async function exportAccount(ctx: Context, which: AccountName): Promise<AccountExport> {
  const account = sql`(select accounts.id from accounts where ${which})`;
  const allowed = hasAccountPermission(callerConditions(ctx), account, "account:export");
  const queries = pages(ctx, account, limitIf(allowed, step));
  const [caller, [found], members, invitations, changes] = await queryAsCaller(
    ctx,
    accountQuery(ctx, which),
    queries.member(0),
    queries.invitation(0),
    queries.change(0),
  );
  const access = checkAccess(ctx, caller, found);
  return {
    access,
    parts: readParts(ctx, access, { member: members, invitation: invitations, change: changes }),
  };
}

interface FirstPages {
  readonly member: readonly ExportedMember[];
  readonly invitation: readonly ExportedInvite[];
  readonly change: readonly AuditRow[];
}

async function* readParts(ctx: Context, access: Access, first: FirstPages): AsyncGenerator<AccountPart> {
  const { account } = access;
  const queries = pages(ctx, sql`${account.id}`, step);
  for (const kind of ["member", "invitation", "change"] as const) {
    let rows: FirstPages[typeof kind] = first[kind];
    for (;;) {
      // TypeScript does not relate `kind` and `rows`.
      if (rows.length > 0) yield { kind, rows } as AccountPart;
      if (rows.length < step) break;
      [rows] = await queryWithoutCaller(ctx, queries[kind](rows.at(-1)?.id ?? 0));
    }
  }
  yield* readBuckets(ctx, access);
  const logo = currentLogo(account);
  if (logo === undefined) return;
  const object = await withLogoStorage(() => ctx.logos.get(logoKey(account.uuid, logo)));
  // It was replaced during the export, which must be complete.
  if (object === null) throw new Error("The logo is gone");
  yield { kind: "logo", rows: [{ type: logo.type, bytes: new Uint8Array(await object.arrayBuffer()) }] };
}

async function* readBuckets(ctx: Context, { account }: Access): AsyncGenerator<AccountPart> {
  const tables = usageTables.filter((table) => table === "meta" || table === "hours" || table === "days");
  const buckets = toBuckets();
  let after: Awaited<ReturnType<typeof exportUsageRows>>["next"] = null;
  do {
    const { rows, next } = await exportUsageRows(ctx, account, tables, after);
    const converted = buckets.convert(rows);
    if (converted.length > 0) yield { kind: "usage", rows: converted };
    after = next;
  } while (after !== null);
  const rest = buckets.rest();
  if (rest.length > 0) yield { kind: "usage", rows: rest };
}

/** Selects pages of an account's rows, by id after a given one. */
function pages({ db }: Context, account: SQL, limit: number) {
  const after = (id: number) => sql`cast(${id} as integer)`;
  return {
    member: (id: number) =>
      db
        .select({
          id: memberships.id,
          uuid: users.uuid,
          firstName: users.firstName,
          lastName: users.lastName,
          email: users.email,
          role: memberships.role,
          createdAt: memberships.createdAt,
        })
        .from(memberships)
        .innerJoin(users, sql`users.id = memberships.user_id`)
        .where(sql`memberships.account_id = ${account} and memberships.id > ${after(id)}`)
        .orderBy(sql`memberships.id`)
        .limit(limit),
    invitation: (id: number) =>
      db
        .select({
          id: invites.id,
          uuid: invites.uuid,
          email: invites.email,
          role: invites.role,
          state: invites.state,
          sentAt: invites.sentAt,
          validUntil: invites.validUntil,
          inviter: sql<string | null>`(select uuid from users where id = invites.invited_by)`.as("inviter"),
          acceptedBy: sql<string | null>`(select uuid from users where id = invites.accepted_by)`.as(
            "acceptor",
          ),
        })
        .from(invites)
        .where(sql`invites.account_id = ${account} and invites.id > ${after(id)}`)
        .orderBy(sql`invites.id`)
        .limit(limit),
    change: (id: number) =>
      db
        .select({
          id: auditRows.id,
          at: auditRows.at,
          actor: auditRows.actor,
          action: auditRows.action,
          target: auditRows.target,
          changes: auditRows.changes,
          requestId: auditRows.requestId,
        })
        .from(auditRows)
        .where(sql`audit_rows.account_id = ${account} and audit_rows.id > ${after(id)}`)
        .orderBy(sql`audit_rows.id`)
        .limit(limit),
  };
}

export interface UsageBucket {
  readonly size: "hour" | "day";
  readonly at: number;
  /** A uuid; null for all knowledge boxes together. */
  readonly knowledgebox: string | null;
  /** By metric; zeros are left out. */
  readonly sums: Readonly<Record<string, number>>;
}

/**
 * Converts the rows of `meta`, `hours` and `days`, in that order, to buckets. `meta` holds the hour that increments
 * are counted in: its usage is added to its hour and day, or returned by `rest` if they have no row.
 */
export function toBuckets(): {
  readonly convert: (rows: readonly UsageRow[]) => UsageBucket[];
  readonly rest: () => UsageBucket[];
} {
  let current: UsageBucket[] = [];
  const convert = (rows: readonly UsageRow[]) =>
    rows.flatMap(({ table, row }) => {
      if (table === "meta") {
        current = currentBuckets(Number(row["hour"]), Number(row["hour_usage"]));
        return [];
      }
      const size = table === "hours" ? "hour" : "day";
      const at = Number(row["at"]);
      const knowledgebox = row["knowledgebox"] === "" ? null : String(row["knowledgebox"]);
      const added = current.find((one) => one.size === size && one.at === at && knowledgebox === null);
      current = current.filter((one) => one !== added);
      const sums = metrics
        .map((name) => [name, Number(row[name]) + (added?.sums[name] ?? 0)] as const)
        .filter(([, sum]) => sum > 0);
      return [{ size, at, knowledgebox, sums: Object.fromEntries(sums) } as const];
    });
  return { convert, rest: () => current };
}

function currentBuckets(hour: number, usage: number): UsageBucket[] {
  if (usage === 0) return [];
  return [
    { size: "hour", at: hour, knowledgebox: null, sums: { usage } },
    { size: "day", at: bucketStart("day", hour), knowledgebox: null, sums: { usage } },
  ];
}
