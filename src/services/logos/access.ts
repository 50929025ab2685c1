import { DomainError, errorName } from "../../domain/errors.ts";
import type { ImageType } from "../../domain/logo.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { retry } from "../../storage/again.ts";
import type { StoredLogo } from "../../storage/logos.ts";
import { AccountName, type Access, type FoundAccount } from "../accounts/access.ts";
import { getAccount } from "../accounts/get.ts";
import type { Context } from "../context.ts";

/** Whose logo is asked for: the account of a name, which must have this id. */
export interface LogoOwner {
  /** Its slug or its id. */
  readonly name: string;
  readonly accountId: string;
}

/** A logo as its account points to it. */
export type Logo = StoredLogo & { readonly type: ImageType };

/**
 * The account whose logo the caller may do this to. Throws what `checkAccess` throws, and
 * `account_not_found` where the id is another account's. One round trip.
 */
export async function getLogoOwner(ctx: Context, { name, accountId }: LogoOwner): Promise<Access> {
  const access = await getAccount(ctx, new AccountName(name));
  if (parseUuid(accountId) !== access.account.uuid) throw new DomainError("account_not_found");
  return access;
}

/** The logo an account points to; undefined where it has none. */
export function currentLogo({
  logoHash: hash,
  logoUpload: upload,
  logoType: type,
}: Pick<FoundAccount, "logoHash" | "logoUpload" | "logoType">): Logo | undefined {
  return hash === null || upload === null || type === null ? undefined : { hash, upload, type };
}

/**
 * Does something where logos are stored, and again when it fails: each upload has a key of its own, so
 * nothing is done there that may not be done twice. Throws `logo_storage_unavailable` when it cannot be reached.
 */
export async function withLogoStorage<Result>(reach: () => Promise<Result>): Promise<Result> {
  try {
    return await retry(reach, () => true);
  } catch (error) {
    throw new DomainError("logo_storage_unavailable", { retryAfter: 1 }, errorName(error));
  }
}
