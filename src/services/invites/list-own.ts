import { and, eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { invites } from "../../storage/schema/invites.ts";
import { users } from "../../storage/schema/users.ts";
import { queryAsCaller } from "../caller.ts";
import { callerId } from "../credentials.ts";
import type { Context } from "../context.ts";
import { inviterColumns, inviterName, isPending } from "./access.ts";

/** An invitation as the invited see it. */
export interface ReceivedInvitation {
  readonly uuid: string;
  readonly account: { readonly uuid: string; readonly slug: string; readonly title: string };
  readonly role: AccountRole;
  /** The inviter's name, or address where there is none; null when that user is gone. */
  readonly inviter: string | null;
  readonly validUntil: number;
}

/** The pending invitations sent to the caller's verified address, the oldest first. One round trip. */
export async function listReceivedInvitations(ctx: Context): Promise<readonly ReceivedInvitation[]> {
  const sentTo = ctx.db
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
    .where(and(sql`invites.email_key = ${ownAddress(ctx)}`, isPending(ctx)))
    .orderBy(sql`invites.id`);
  const [, rows] = await queryAsCaller(ctx, sentTo);
  return rows.map((row) => ({
    uuid: row.uuid,
    account: { uuid: row.accountUuid, slug: row.slug, title: row.title },
    role: row.role,
    inviter: inviterName(row),
    validUntil: row.validUntil,
  }));
}

/** The caller's verified address, for use inside a statement; NULL where there is none. */
function ownAddress(ctx: Context) {
  const { principal } = ctx;
  if (principal.kind === "token") {
    return sql`(select users.verified_email from users where users.id = ${callerId(ctx)})`;
  }
  return sql`${principal.identity.verifiedEmail ?? null}`;
}
