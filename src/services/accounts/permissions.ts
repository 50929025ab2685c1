import { DomainError } from "../../domain/errors.ts";
import { permissionsOn, type Permission } from "../../domain/permissions.ts";
import { parseUuid } from "../../domain/uuid.ts";
import type { Context } from "../context.ts";
import { AccountName } from "./access.ts";
import { getAccount } from "./get.ts";

/** Which permissions are asked about. */
export interface PermissionQuery {
  /** The id of the account that `name` must be. */
  readonly accountId: string;
  /** Only those that concern a knowledge box. */
  readonly knowledgeBox: boolean;
}

/**
 * What the caller may do on an account. Throws what `checkAccess` throws, and `account_not_found`
 * where the id is another account's. One round trip.
 */
export async function listPermissions(
  ctx: Context,
  name: string,
  { accountId, knowledgeBox }: PermissionQuery,
): Promise<readonly Permission[]> {
  const { account, caller } = await getAccount(ctx, new AccountName(name));
  if (parseUuid(accountId) !== account.uuid) throw new DomainError("account_not_found");
  return permissionsOn(account.callerRole ?? undefined, caller.globalPermissions, knowledgeBox);
}
