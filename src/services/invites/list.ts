import { and, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { makePage, pageWindow, type Page, type PageRequest } from "../../domain/page.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { invites } from "../../storage/schema/invites.ts";
import { accountQuery, hasAccountPermission, checkAccess, type AccountName } from "../accounts/access.ts";
import { currentOrganization, checkCurrentAccess } from "../accounts/current.ts";
import { callerConditions } from "../asker.ts";
import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";
import { afterCursor, orderById, countRows, limitIf } from "../paging.ts";
import { invitationsQuery, isPending, type StoredInvitation } from "./access.ts";

/** The cursor keys of a list of invitations: it goes by id. */
export const invitationListKeys = ["number"] as const;

// Left to itself SQLite walks an index in the order asked for, past every invitation there ever was.
const pendingInvites = sql`invites indexed by invites_valid`;

/**
 * A page of the pending invitations of the current organization. Throws what `checkCurrentAccess`
 * throws, and `page_invalid`. One round trip.
 */
export async function listInvitations(
  ctx: Context,
  name: string | undefined,
  request: PageRequest,
): Promise<Page<StoredInvitation>> {
  const window = pageWindow(request);
  const current = currentOrganization(ctx, name);
  const account = sql`(select ${accounts.id} from ${accounts} where ${current})`;
  const concerned = hasAccountPermission(callerConditions(ctx), account, "invites:read");
  const ofAccount = sql`invites.account_id = ${account}`;
  const pending = and(ofAccount, isPending(ctx));
  const rest = afterCursor(sql`invites.id`, window);
  const order = orderById(sql`invites.id`, window);
  const ids = sql`select invites.id from ${pendingInvites} where ${and(pending, rest)} order by ${order} limit ${limitIf(concerned, window.limit)} offset ${window.offset}`;
  const every = sql`select 1 from ${pendingInvites} where ${pending} limit ${limitIf(concerned, -1)}`;
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

/** Every pending invitation of an account, by id. Throws what `checkAccess` throws. One round trip. */
export async function listAllInvitations(
  ctx: Context,
  which: AccountName,
): Promise<readonly StoredInvitation[]> {
  const account = sql`(select ${accounts.id} from ${accounts} where ${which})`;
  const ofAccount = sql`invites.account_id = ${account}`;
  const concerned = hasAccountPermission(callerConditions(ctx), account, "invites:read");
  const ids = sql`select invites.id from ${pendingInvites} where ${ofAccount} and ${isPending(ctx)} limit ${limitIf(concerned, -1)}`;
  const [caller, [found], rows] = await queryAsCaller(
    ctx,
    accountQuery(ctx, which),
    invitationsQuery(ctx, sql`${invites.id} in (${ids})`).orderBy(sql`invites.id`),
  );
  checkAccess(ctx, caller, found);
  return rows;
}
