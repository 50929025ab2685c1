import { and, eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { makePage, type Page, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import { accounts, invites, users } from "../../storage/schema.ts";
import {
  type AccountName,
  accountQuery,
  checkAccess,
  checkCurrentAccess,
  currentOrganization,
  hasAccountPermission,
} from "../accounts/access.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { afterCursor, countRows, limitIf, orderById } from "../pagination.ts";
import { invitationsQuery, inviterColumns, inviterName, isPending, type StoredInvitation } from "./access.ts";

/** Types of the cursor keys: the list is ordered by id. */
export const invitationListKeys = ["number"] as const;

// Otherwise SQLite would use the index of the ordering and read every invitation that ever existed.
const pendingInvites = sql`invites indexed by invites_valid`;

/**
 * Returns a page of the current organization's pending invitations. Throws what `checkCurrentAccess` throws, and
 * `page_invalid`. One round trip.
 */
export async function listInvitations(
  ctx: Context,
  name: string | undefined,
  request: PageRequest,
): Promise<Page<StoredInvitation>> {
  const window = pageWindow(request);
  const current = currentOrganization(ctx, name);
  const account = sql`(select ${accounts.id} from ${accounts} where ${current})`;
  const allowed = hasAccountPermission(callerConditions(ctx), account, "invites:read");
  const inAccount = sql`invites.account_id = ${account}`;
  const pending = and(inAccount, isPending(ctx));
  const rest = afterCursor(sql`invites.id`, window);
  const order = orderById(sql`invites.id`, window);
  const ids = sql`select invites.id from ${pendingInvites} where ${and(pending, rest)} order by ${order} limit ${limitIf(allowed, window.limit)} offset ${window.offset}`;
  const every = sql`select 1 from ${pendingInvites} where ${pending} limit ${limitIf(allowed, -1)}`;
  const [caller, [found], rows, [total]] = await queryAsCaller(
    ctx,
    accountQuery(ctx, current),
    invitationsQuery(ctx, sql`${invites.id} in (${ids})`).orderBy(order),
    countRows(ctx, every),
  );
  checkCurrentAccess(ctx, caller, found, name);
  const page = makePage(request, rows, total?.count ?? 0, (row) => [row.id]);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}

/** Returns all pending invitations of an account by id. Throws what `checkAccess` throws. One round trip. */
export async function listAllInvitations(
  ctx: Context,
  which: AccountName,
): Promise<readonly StoredInvitation[]> {
  const account = sql`(select ${accounts.id} from ${accounts} where ${which})`;
  const inAccount = sql`invites.account_id = ${account}`;
  const allowed = hasAccountPermission(callerConditions(ctx), account, "invites:read");
  const ids = sql`select invites.id from ${pendingInvites} where ${inAccount} and ${isPending(ctx)} limit ${limitIf(allowed, -1)}`;
  const [caller, [found], rows] = await queryAsCaller(
    ctx,
    accountQuery(ctx, which),
    invitationsQuery(ctx, sql`${invites.id} in (${ids})`).orderBy(sql`invites.id`),
  );
  checkAccess(ctx, caller, found);
  return rows;
}

/** An invitation as its recipient sees it. */
export interface ReceivedInvitation {
  readonly uuid: string;
  readonly account: { readonly uuid: string; readonly slug: string; readonly title: string };
  readonly role: AccountRole;
  /** The inviter's name, else address; null if that user was deleted. */
  readonly inviter: string | null;
  readonly validUntil: number;
}

/** Returns the pending invitations of the caller's verified address, oldest first. One round trip. */
export async function listReceivedInvitations(ctx: Context): Promise<readonly ReceivedInvitation[]> {
  const query = ctx.db
    .select({
      uuid: sql<string>`invites.uuid`.as("invite_uuid"),
      role: invites.role,
      validUntil: invites.validUntil,
      accountUuid: sql<string>`accounts.uuid`.as("account_uuid"),
      slug: accounts.slug,
      title: accounts.title,
      ...inviterColumns,
    })
    .from(invites)
    .innerJoin(accounts, eq(accounts.id, invites.accountId))
    .leftJoin(users, eq(users.id, invites.invitedBy))
    .where(and(sql`invites.email_key = ${callerConditions(ctx).verifiedEmail}`, isPending(ctx)))
    .orderBy(sql`invites.id`);
  const [, rows] = await queryAsCaller(ctx, query);
  return rows.map((row) => ({
    uuid: row.uuid,
    account: { uuid: row.accountUuid, slug: row.slug, title: row.title },
    role: row.role,
    inviter: inviterName(row),
    validUntil: row.validUntil,
  }));
}
