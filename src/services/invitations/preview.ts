import { eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError, errorName } from "../../domain/errors.ts";
import { logoKey } from "../../storage/logos.ts";
import { accounts, invites, users } from "../../storage/schema.ts";
import { queryWithoutCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { currentLogo, type Logo } from "../logos/get.ts";
import { inviterColumns, inviterName, isPending } from "./access.ts";
import { parseInvitationToken } from "./token.ts";

/** The part of an invitation that anybody with its secret may see. */
export interface InvitationPreview {
  readonly title: string;
  /** The account's logo as a `data:` URL; null if it has none or R2 is unavailable. */
  readonly logo: string | null;
  /** The inviter's name, else address; null if that user was deleted. */
  readonly inviter: string | null;
  readonly role: AccountRole;
  readonly validUntil: number;
}

/**
 * Returns the invitation of a secret, without signing in. A blocked account shows only on accepting. Throws
 * `invitation_not_found` for a secret that is wrong, used, expired, revoked or of a deleted account. One round trip,
 * none for a wrong secret, and one read of R2 if there is a logo.
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
  const [[found]] = await queryWithoutCaller(ctx, query);
  if (found === undefined) throw new DomainError("invitation_not_found");
  const { title, role, validUntil } = found;
  const logo = await showLogo(ctx, found.accountUuid, currentLogo(found));
  return { title, logo, inviter: inviterName(found), role, validUntil };
}

/** Returns the logo itself, because its address needs credentials. */
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
