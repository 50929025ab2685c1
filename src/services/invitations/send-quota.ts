/** How many mails of invitations an account sends in an hour: counted on its row, in the batch that asks for the mail. */
import { eq, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { invitationQuotaWindow, maxInvitationsPerHour } from "../../domain/invitation.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { type Placeholders, prepareStatement } from "../../storage/prepared.ts";
import { accounts } from "../../storage/schema.ts";
import type { FoundAccount } from "../accounts/access.ts";
import type { Context } from "../caller/context.ts";

type Hourly = Pick<FoundAccount, "id" | "invitesSince" | "invitesSent">;

/** Throws `invitation_quota_exceeded`, until the hour is over, where the account has sent as many as an hour allows. */
export function checkSendQuota({ now, settings }: Context, account: Hourly): void {
  const { invitesSince: since, invitesSent } = account;
  if (!settings.limitsInvites || since === null || since + invitationQuotaWindow <= now) return;
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

/** The statements that count one mail; their batch fails as `conflict` when the last was taken since. */
export function consumeSendQuota({ db, now, settings }: Context, { id }: Hourly): Statement[] {
  const hour = { id, now, before: now - invitationQuotaWindow };
  return settings.limitsInvites
    ? [assertSendQuota(db, hour), countSending(db, hour)]
    : [countSending(db, hour)];
}

const assertSendQuota = prepareStatement(["id", "before"], (db, hour) => {
  const left = sql`exists (select 1 from accounts where id = ${hour.id} and (${begins(hour)} or invites_sent < ${maxInvitationsPerHour}))`;
  return assertion(db, "conflict", left);
});

const countSending = prepareStatement(["id", "now", "before"], (db, hour) =>
  db
    .update(accounts)
    .set({
      invitesSince: sql`case when ${begins(hour)} then ${hour.now} else invites_since end`,
      invitesSent: sql`case when ${begins(hour)} then 1 else invites_sent + 1 end`,
    })
    .where(eq(accounts.id, hour.id)),
);

function begins({ before }: Placeholders<"before">): SQL {
  return sql`(invites_since is null or invites_since <= ${before})`;
}
