import { and, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { makePage, pageWindow, type Page, type PageRequest } from "../../domain/page.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { invites } from "../../storage/schema/invites.ts";
import { accountQuery, hasOn, requireAccess, type AccountName } from "../accounts/access.ts";
import { isCurrent, requireCurrent } from "../accounts/current.ts";
import { askerOf } from "../asker.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { beyondId, byId, countOf, limitWhere } from "../paging.ts";
import { invitesQuery, isPending, type FoundInvite } from "./access.ts";

/** The cursor keys of a list of invitations: it goes by id. */
export const inviteListKeys = ["number"] as const;

// Left to itself SQLite walks an index in the order asked for, past every invitation there ever was.
const pendingInvites = sql`invites indexed by invites_valid`;

/**
 * A page of the pending invitations of the current organization. Throws what `requireCurrent`
 * throws, and `page_invalid`. One round trip.
 */
export async function listInvites(
  ctx: Context,
  name: string | undefined,
  request: PageRequest,
): Promise<Page<FoundInvite>> {
  const window = pageWindow(request);
  const current = isCurrent(ctx, name);
  const account = sql`(select ${accounts.id} from ${accounts} where ${current})`;
  const concerned = hasOn(askerOf(ctx), account, "invites:read");
  const ofAccount = sql`invites.account_id = ${account}`;
  const pending = and(ofAccount, isPending(ctx));
  const rest = beyondId(sql`invites.id`, window);
  const order = byId(sql`invites.id`, window);
  const ids = sql`select invites.id from ${pendingInvites} where ${and(pending, rest)} order by ${order} limit ${limitWhere(concerned, window.limit)} offset ${window.offset}`;
  const every = sql`select 1 from ${pendingInvites} where ${pending} limit ${limitWhere(concerned, -1)}`;
  const [caller, [found], rows, [total]] = await readAs(
    ctx,
    accountQuery(ctx, current),
    invitesQuery(ctx, sql`${invites.id} in (${ids})`).orderBy(order),
    countOf(ctx, every),
  );
  requireCurrent(ctx, caller, found, name);
  const page = makePage(request, rows, total?.count ?? 0, (row) => [row.id]);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}

/** Every pending invitation of an account, by id. Throws what `requireAccess` throws. One round trip. */
export async function listEveryInvite(ctx: Context, which: AccountName): Promise<readonly FoundInvite[]> {
  const account = sql`(select ${accounts.id} from ${accounts} where ${which})`;
  const ofAccount = sql`invites.account_id = ${account}`;
  const concerned = hasOn(askerOf(ctx), account, "invites:read");
  const ids = sql`select invites.id from ${pendingInvites} where ${ofAccount} and ${isPending(ctx)} limit ${limitWhere(concerned, -1)}`;
  const [caller, [found], rows] = await readAs(
    ctx,
    accountQuery(ctx, which),
    invitesQuery(ctx, sql`${invites.id} in (${ids})`).orderBy(sql`invites.id`),
  );
  requireAccess(ctx, caller, found);
  return rows;
}
