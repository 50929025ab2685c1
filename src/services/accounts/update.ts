import { eq, sql, type SQL } from "drizzle-orm";

import { slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { normalText, searchKey } from "../../domain/text.ts";
import { precondition, runBatch } from "../../storage/database.ts";
import { accounts } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import type { Context } from "../context.ts";
import { accessStillHolds, type FoundAccount } from "./access.ts";
import { getAccount } from "./get.ts";

/** Single sign-on of an account. */
export interface Saml {
  readonly domain: string;
  readonly ssoUrl: string;
  readonly entityId: string;
  readonly x509Cert: string;
}

/** What changes; a key left out stays. */
export interface AccountChanges {
  readonly title?: string | undefined;
  readonly slug?: string | undefined;
  readonly description?: string | null | undefined;
  readonly saml?: Saml | null | undefined;
}

/**
 * Changes an account and answers it as it is then. Throws what `requireAccess` throws, and
 * `slug_taken`. Two round trips; one when nothing changes.
 */
export async function updateAccount(
  ctx: Context,
  which: SQL,
  readChanges: () => Promise<AccountChanges>,
): Promise<FoundAccount> {
  const access = await getAccount(ctx, which);
  const { account, caller } = access;
  const columns = changedColumns(account, await readChanges());
  const names = Object.keys(columns) as (keyof AccountColumns)[];
  if (names.length === 0) return account;

  const update = ctx.db
    .update(accounts)
    .set({ ...columns, version: sql`${accounts.version} + 1` })
    .where(eq(accounts.id, account.id))
    .returning();
  const audit = auditStatement(ctx, caller, {
    accountId: account.id,
    action: "account.updated",
    target: `account:${account.uuid}`,
    changes: Object.fromEntries(
      names
        .filter((name) => name !== "titleKey")
        .map((name) => [
          accounts[name].name,
          name === "samlX509Cert" ? ["…", "…"] : [account[name], columns[name]],
        ]),
    ),
  });
  // Only what differs is written, so what it differs from must be what is there.
  const asRead = sql`exists (select 1 from ${accounts} where ${accounts.id} = ${account.id} and ${accounts.version} = ${account.version})`;
  const [, , [updated]] = await runBatch(ctx.db, [
    accessStillHolds(ctx, access),
    precondition(ctx.db, "changed_meanwhile", asRead),
    update,
    audit,
  ] as const);
  if (updated === undefined) throw new DomainError("changed_meanwhile");
  return { ...account, ...updated };
}

type AccountColumns = Pick<
  typeof accounts.$inferSelect,
  | "title"
  | "titleKey"
  | "slug"
  | "description"
  | "samlDomain"
  | "samlSsoUrl"
  | "samlEntityId"
  | "samlX509Cert"
>;

/** The columns whose value differs: an update to the same value would be billed and told as a change. */
function changedColumns(account: FoundAccount, changes: AccountChanges): Partial<AccountColumns> {
  const title = changes.title === undefined ? undefined : normalText(changes.title);
  const { saml } = changes;
  const wanted: { [Name in keyof AccountColumns]: AccountColumns[Name] | undefined } = {
    title,
    titleKey: title === undefined ? undefined : searchKey(title),
    slug: changes.slug === undefined ? undefined : slugKey(changes.slug),
    description:
      changes.description === undefined ? undefined : (changes.description?.normalize("NFC") ?? null),
    samlDomain: saml === undefined ? undefined : (saml?.domain ?? null),
    samlSsoUrl: saml === undefined ? undefined : (saml?.ssoUrl ?? null),
    samlEntityId: saml === undefined ? undefined : (saml?.entityId ?? null),
    samlX509Cert: saml === undefined ? undefined : (saml?.x509Cert ?? null),
  };
  const changed = Object.entries(wanted).filter(
    ([name, value]) => value !== undefined && value !== account[name as keyof AccountColumns],
  );
  return Object.fromEntries(changed);
}
