/** Limits how many invitation mails an account sends per hour. The count is in the account's row. */
import { eq, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { invitationQuotaWindow, maxInvitationsPerHour } from "../../domain/invitation.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { prepareStatement, type Placeholders } from "../../storage/prepared.ts";
import { accounts } from "../../storage/schema.ts";
import type { FoundAccount } from "../accounts/access.ts";
import type { Context } from "../caller/context.ts";

type QuotaAccount = Pick<FoundAccount, "id" | "invitesSince" | "invitesSent">;

/** Throws `invitation_quota_exceeded` if the account has sent as many invitations as an hour allows. */
export function checkSendQuota({ now, settings }: Context, account: QuotaAccount): void {
  const { invitesSince: since, invitesSent } = account;
  if (!settings.rateLimits || since === null || since + invitationQuotaWindow <= now) return;
  if (invitesSent < maxInvitationsPerHour) return;
  const retryAfter = Math.ceil(Math.min(invitationQuotaWindow, since + invitationQuotaWindow - now) / 1000);
  throw new DomainError("invitation_quota_exceeded", {
    retryAfter,
    limit: {
      name: "invites",
      quota: maxInvitationsPerHour,
      window: invitationQuotaWindow / 1000,
      remaining: 0,
      reset: retryAfter,
    },
  });
}

/** Aborts the batch with `conflict` if the quota was used up in between. */
export function assertSendQuota({ db, now, settings }: Context, { id }: QuotaAccount): Statement[] {
  return settings.rateLimits ? [quotaLeft(db, { id, before: now - invitationQuotaWindow })] : [];
}

/** Counts one mail. Writes the account's row. */
export function countSending({ db, now }: Context, { id }: QuotaAccount): Statement {
  return countOne(db, { id, now, before: now - invitationQuotaWindow });
}

const quotaLeft = prepareStatement(["id", "before"], (db, { id, before }) => {
  const left = sql`exists (select 1 from accounts where id = ${id} and (${isNewWindow({ before })} or invites_sent < ${maxInvitationsPerHour}))`;
  return assertion(db, "conflict", left);
});

const countOne = prepareStatement(["id", "now", "before"], (db, { id, now, before }) =>
  db
    .update(accounts)
    .set({
      invitesSince: sql`case when ${isNewWindow({ before })} then ${now} else invites_since end`,
      invitesSent: sql`case when ${isNewWindow({ before })} then 1 else invites_sent + 1 end`,
    })
    .where(eq(accounts.id, id)),
);

function isNewWindow({ before }: Placeholders<"before">): SQL {
  return sql`(invites_since is null or invites_since <= ${before})`;
}
