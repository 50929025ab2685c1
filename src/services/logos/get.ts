import { DomainError, errorName } from "../../domain/errors.ts";
import type { ImageType } from "../../domain/logo.ts";
import { retry } from "../../domain/retry.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { logoKey, type StoredLogo } from "../../storage/logos.ts";
import { type Access, AccountName, type FoundAccount } from "../accounts/access.ts";
import { getAccount } from "../accounts/get.ts";
import type { Context } from "../caller/context.ts";

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

/** What of a logo is wanted. */
export interface LogoQuery {
  /** Whether the caller has the content of this SHA-256 already, and wants none of it. */
  readonly isKnown: (hash: string) => boolean;
  /** Whether its bytes are wanted, and not only how many there are. */
  readonly bytes: boolean;
}

/** A logo as far as it was wanted. */
export interface FoundLogo {
  /** SHA-256 of the content. */
  readonly hash: string;
  readonly type: ImageType;
  /** Undefined where the caller knows it. */
  readonly content: { readonly size: number; readonly bytes: ReadableStream | null } | undefined;
}

/** How often the account is looked at for a logo that is stored. */
const maxAttempts = 3;

/**
 * An account's logo. Throws what `getLogoOwner` throws, `logo_not_found` and `logo_storage_unavailable`. One
 * round trip, and one read of R2 where the content is wanted.
 */
export async function getLogo(ctx: Context, owner: LogoOwner, query: LogoQuery): Promise<FoundLogo> {
  for (let look = 1; look <= maxAttempts; look += 1) {
    const { account } = await getLogoOwner(ctx, owner);
    const logo = currentLogo(account);
    if (logo === undefined) throw new DomainError("logo_not_found");
    const { hash, type } = logo;
    if (query.isKnown(hash)) return { hash, type, content: undefined };
    const content = await openLogo(ctx, logoKey(account.uuid, logo), query.bytes);
    if (content !== undefined) return { hash, type, content };
    // It was replaced between the two reads; its successor was stored before it became the logo.
  }
  console.error({ event: "logo_missing_in_storage", requestId: ctx.requestId });
  throw new DomainError("logo_not_found");
}

async function openLogo(ctx: Context, key: string, bytes: boolean): Promise<FoundLogo["content"]> {
  if (!bytes) {
    const head = await withLogoStorage(() => ctx.logos.head(key));
    return head === null ? undefined : { size: head.size, bytes: null };
  }
  const object = await withLogoStorage(() => ctx.logos.get(key));
  return object === null ? undefined : { size: object.size, bytes: object.body };
}
