import { DomainError } from "../../domain/errors.ts";
import { imports } from "../../storage/schema/imports.ts";
import { AccountName, accountQuery, type FoundAccount } from "../accounts/access.ts";
import { readAsOperator } from "../caller.ts";
import type { Context } from "../context.ts";

/** Reads the import that is under way. */
export function importQuery({ db }: Context) {
  return db.select().from(imports).limit(1);
}

/** An account of the import that is under way. Throws `service_in_use` where there is none, and `account_missing`. */
export async function readImporting(ctx: Context, uuid: string): Promise<FoundAccount> {
  const [[running], [account]] = await readAsOperator(
    ctx,
    importQuery(ctx),
    accountQuery(ctx, new AccountName(uuid)),
  );
  if (running === undefined) throw new DomainError("service_in_use");
  if (account === undefined) throw new DomainError("account_missing");
  return account;
}
