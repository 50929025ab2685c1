import { eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { joinName } from "../../domain/user.ts";
import { runBatch } from "../../storage/database.ts";
import { accounts, invites, users } from "../../storage/schema.ts";
import type { Context } from "../context.ts";
import { isPending } from "./access.ts";
import { readInviteToken } from "./secret.ts";

/** What an invitation is to, as whoever has its secret may see it. */
export interface InvitePreview {
  readonly title: string;
  /** The inviter's name, or address where there is none; null when that user is gone. */
  readonly inviter: string | null;
  readonly role: AccountRole;
  readonly validUntil: number;
}

/**
 * Shows what the secret of an invitation leads to, before anybody signs in; that the account is
 * blocked shows on accepting only. Throws `invite_missing` alike for a secret that is wrong, used,
 * expired, revoked or of an account that is gone. One round trip, none for a secret that is wrong.
 */
export async function previewInvite(
  ctx: Pick<Context, "db" | "now" | "settings">,
  secret: string,
): Promise<InvitePreview> {
  const reference = await readInviteToken(ctx.settings.inviteSecret, secret);
  if (reference === undefined) throw new DomainError("invite_missing");
  const { uuid, version } = reference;
  const query = ctx.db
    .select({
      title: accounts.title,
      role: invites.role,
      validUntil: invites.validUntil,
      inviterId: users.id,
      firstName: users.firstName,
      lastName: users.lastName,
      email: sql<string>`users.email`.as("inviter_email"),
    })
    .from(invites)
    .innerJoin(accounts, eq(accounts.id, invites.accountId))
    .leftJoin(users, eq(users.id, invites.invitedBy))
    .where(sql`invites.uuid = ${uuid} and invites.version = ${version} and ${isPending(ctx)}`);
  const [[found]] = await runBatch(ctx.db, [query] as const);
  if (found === undefined) throw new DomainError("invite_missing");
  const { title, role, validUntil, inviterId, firstName, lastName, email } = found;
  const inviter = inviterId === null ? null : joinName(firstName ?? "", lastName ?? "") || email;
  return { title, inviter, role, validUntil };
}
