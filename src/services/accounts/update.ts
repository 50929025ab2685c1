import { eq, sql } from "drizzle-orm";

import { slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { normalizeText, searchKey } from "../../domain/text.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { accounts, erasures } from "../../storage/schema.ts";
import { auditStatement, masked } from "../audit.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { enqueueJob } from "../jobs.ts";
import { type Access, type AccountName, assertAccess, type FoundAccount } from "./access.ts";
import { getAccount } from "./get.ts";

/** Single sign-on of an account. */
export interface Saml {
  readonly domain: string;
  readonly ssoUrl: string;
  readonly entityId: string;
  readonly x509Cert: string;
}

/** The versions of an account that a change is meant for. */
export type ExpectedVersions = readonly number[];

/** What changes; a key left out stays. */
export interface AccountChanges {
  readonly title?: string | undefined;
  readonly slug?: string | undefined;
  readonly description?: string | null | undefined;
  readonly saml?: Saml | null | undefined;
}

/**
 * Changes an account and answers it as it is then. Throws what `checkAccess` throws,
 * `slug_taken`, and `version_mismatch` where it is in none of the versions `expected`. Two round
 * trips; one when nothing changes.
 */
export async function updateAccount(
  ctx: Context,
  which: AccountName,
  readChanges: () => Promise<AccountChanges>,
  expected?: ExpectedVersions,
): Promise<Access> {
  const access = await getAccount(ctx, which);
  const { account } = access;
  return writeAccount(ctx, access, changedColumns(account, await readChanges()), expected);
}

/**
 * Writes columns that differ, with their audit row, as long as the account is as it was read. The
 * version is asked about last: what is in the way of the change is told before.
 */
export async function writeAccount(
  ctx: Context,
  access: Access,
  columns: Partial<typeof accounts.$inferInsert>,
  expected: ExpectedVersions | undefined,
): Promise<Access> {
  const { account, caller } = access;
  const names = Object.keys(columns) as (keyof typeof columns)[];
  const fits = expected === undefined || expected.includes(account.version);
  if (names.length === 0) {
    if (!fits) throw new DomainError("version_mismatch");
    return access;
  }
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
        .filter((name) => name !== "titleKey" && name !== "logoUpload")
        .map((name) => [
          accounts[name].name,
          name === "samlX509Cert" ? [masked, masked] : [account[name], columns[name]],
        ]),
    ),
  });
  // Only what differs is written, so what it differs from must be what is there.
  const asRead = sql`exists (select 1 from ${accounts} where ${accounts.id} = ${account.id} and ${accounts.version} = ${account.version})`;
  const [, , [updated]] = await runBatch(ctx.db, [
    assertAccess(ctx, access),
    assertion(ctx.db, "conflict", asRead),
    update,
    assertion(ctx.db, "version_mismatch", fits ? sql`true` : sql`false`),
    audit,
  ] as const);
  if (updated === undefined) throw new DomainError("conflict");
  return { ...access, account: { ...account, ...updated } };
}

function changedColumns(account: FoundAccount, changes: AccountChanges): Partial<FoundAccount> {
  const title = changes.title === undefined ? undefined : normalizeText(changes.title);
  const { saml } = changes;
  return changedFields(account, {
    title,
    titleKey: title === undefined ? undefined : searchKey(title),
    slug: changes.slug === undefined ? undefined : slugKey(changes.slug),
    description:
      changes.description === undefined ? undefined : (changes.description?.normalize("NFC") ?? null),
    samlDomain: saml === undefined ? undefined : (saml?.domain ?? null),
    samlSsoUrl: saml === undefined ? undefined : (saml?.ssoUrl ?? null),
    samlEntityId: saml === undefined ? undefined : (saml?.entityId ?? null),
    samlX509Cert: saml === undefined ? undefined : (saml?.x509Cert ?? null),
  });
}

/**
 * Deletes an account with all that is its own. Its rows go at once; its logo, its usage and its
 * history follow through the queue, which a row left in the same batch makes certain. Throws `version_mismatch` where
 * it is in none of the versions `expected`. Two round trips.
 */
export async function deleteAccount(
  ctx: Context,
  which: AccountName,
  expected?: ExpectedVersions,
): Promise<void> {
  const access = await getAccount(ctx, which);
  const { account, caller } = access;
  if (expected?.includes(account.version) === false) throw new DomainError("version_mismatch");
  const { version } = account;
  const asRead = sql`exists (select 1 from accounts where id = ${account.id} and version = ${version})`;
  await runBatch(ctx.db, [
    assertAccess(ctx, access),
    ...(expected === undefined ? [] : [assertion(ctx.db, "conflict", asRead)]),
    ctx.db.insert(erasures).values({ accountUuid: account.uuid, accountId: account.id, askedAt: ctx.now }),
    ctx.db.delete(accounts).where(eq(accounts.id, account.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "account.deleted",
      target: `account:${account.uuid}`,
      changes: { slug: [account.slug, null], title: [account.title, null] },
    }),
  ]);
  ctx.defer(enqueueJob(ctx.jobs, { kind: "erase-account", accountUuid: account.uuid }));
}
