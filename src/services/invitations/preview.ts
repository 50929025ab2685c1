import { eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError, errorName } from "../../domain/errors.ts";
import { runBatch } from "../../storage/database.ts";
import { logoKey } from "../../storage/logos.ts";
import { accounts, invites, users } from "../../storage/schema.ts";
import type { Context } from "../caller/context.ts";
import { currentLogo, type Logo } from "../logos/get.ts";
import { inviterColumns, inviterName, isPending } from "./access.ts";
import { parseInvitationToken } from "./token.ts";

/** What an invitation is to, as whoever has its secret may see it. */
export interface InvitationPreview {
  readonly title: string;
  /** The account's logo as a `data:` URL; null where there is none, or none to be had now. */
  readonly logo: string | null;
  /** The inviter's name, or address where there is none; null when that user is gone. */
  readonly inviter: string | null;
  readonly role: AccountRole;
  readonly validUntil: number;
}

/**
 * Shows what the secret of an invitation leads to, before anybody signs in; that the account is
 * blocked shows on accepting only. Throws `invitation_not_found` alike for a secret that is wrong, used,
 * expired, revoked or of an account that is gone. One round trip, none for a secret that is wrong, and one
 * read of R2 where there is a logo.
 */
export async function previewInvitation(
  ctx: Pick<Context, "db" | "logos" | "now" | "requestId" | "settings">,
  secret: string,
): Promise<InvitationPreview> {
  const reference = await parseInvitationToken(ctx.settings.inviteSecret, secret);
  if (reference === undefined) throw new DomainError("invitation_not_found");
  const { uuid, version } = reference;
  const query = ctx.db
    .select({
      title: accounts.title,
      accountUuid: sql<string>`accounts.uuid`.as("account_uuid"),
      logoHash: accounts.logoHash,
      logoUpload: accounts.logoUpload,
      logoType: accounts.logoType,
      role: invites.role,
      validUntil: invites.validUntil,
      ...inviterColumns,
    })
    .from(invites)
    .innerJoin(accounts, eq(accounts.id, invites.accountId))
    .leftJoin(users, eq(users.id, invites.invitedBy))
    .where(sql`invites.uuid = ${uuid} and invites.version = ${version} and ${isPending(ctx)}`);
  const [[found]] = await runBatch(ctx.db, [query] as const);
  if (found === undefined) throw new DomainError("invitation_not_found");
  const { title, role, validUntil } = found;
  const logo = await showLogo(ctx, found.accountUuid, currentLogo(found));
  return { title, logo, inviter: inviterName(found), role, validUntil };
}

/** The logo itself: whoever has the secret has no other way to it, as the logo's own address asks who they are. */
async function showLogo(
  { logos, requestId }: Pick<Context, "logos" | "requestId">,
  accountUuid: string,
  logo: Logo | undefined,
): Promise<string | null> {
  if (logo === undefined) return null;
  try {
    const object = await logos.get(logoKey(accountUuid, logo));
    if (object === null) return null;
    const bytes = new Uint8Array(await object.arrayBuffer());
    return `data:${logo.type};base64,${bytes.toBase64()}`;
  } catch (error) {
    console.error({ event: "logo_preview_failed", requestId, reason: errorName(error) });
    return null;
  }
}
