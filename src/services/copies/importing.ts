import { DomainError } from "../../domain/errors.ts";
import { imports } from "../../storage/schema/imports.ts";
import { AccountName, accountQuery, type FoundAccount } from "../accounts/access.ts";
import { queryAsOperator } from "../caller.ts";
import type { Context } from "../context.ts";

/** Reads the import that is under way. */
export function importSessionQuery({ db }: Context) {
  return db.select().from(imports).limit(1);
}

/** An account of the import that is under way. Throws `service_not_empty` where there is none, and `account_not_found`. */
export async function getImportingAccount(ctx: Context, uuid: string): Promise<FoundAccount> {
  const [[running], [account]] = await queryAsOperator(
    ctx,
    importSessionQuery(ctx),
    accountQuery(ctx, new AccountName(uuid)),
  );
  if (running === undefined) throw new DomainError("service_not_empty");
  if (account === undefined) throw new DomainError("account_not_found");
  return account;
}
