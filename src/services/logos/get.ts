import { DomainError, errorName } from "../../domain/errors.ts";
import type { ImageType } from "../../domain/logo.ts";
import { retry } from "../../domain/retry.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { logoKey, type StoredLogo } from "../../storage/logos.ts";
import {
  type Access,
  type AccountName,
  accountQuery,
  checkAccess,
  type FoundAccount,
} from "../accounts/access.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";

/** The account of a logo: named in the path, and by its id in the query. */
export interface LogoOwner {
  readonly name: AccountName;
  readonly accountId: string;
}

/** The logo that an account refers to. */
export type Logo = StoredLogo & { readonly type: ImageType };

/** Checks access to the account. Throws what `checkAccess` throws, and `account_not_found` for another account's id. */
export function checkLogoOwner(
  ctx: Context,
  caller: Caller,
  found: FoundAccount | undefined,
  { accountId }: LogoOwner,
): Access {
  const access = checkAccess(ctx, caller, found);
  if (parseUuid(accountId) !== access.account.uuid) throw new DomainError("account_not_found");
  return access;
}

/** Returns the logo that an account refers to, if any. */
export function currentLogo({
  logoHash: hash,
  logoUpload: upload,
  logoType: type,
}: Pick<FoundAccount, "logoHash" | "logoUpload" | "logoType">): Logo | undefined {
  return hash === null || upload === null || type === null ? undefined : { hash, upload, type };
}

/**
 * Runs an operation on R2 and retries it if it fails: every upload has a key of its own, so any operation may run
 * twice. Throws `logo_storage_unavailable`.
 */
export async function withLogoStorage<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await retry(run, () => true);
  } catch (error) {
    throw new DomainError("logo_storage_unavailable", { retryAfter: 1 }, errorName(error));
  }
}

/** Which parts of a logo are needed. */
export interface LogoQuery {
  /** Whether the client already has the content with this SHA-256. */
  readonly isKnown: (hash: string) => boolean;
  /** Whether the bytes are needed, not only the size. */
  readonly bytes: boolean;
}

export interface FoundLogo {
  /** SHA-256 of the content. */
  readonly hash: string;
  readonly type: ImageType;
  /** Undefined if the client has it already. */
  readonly content: { readonly size: number; readonly bytes: ReadableStream | null } | undefined;
}

/** How often the account is read again when its logo is missing from R2. */
const maxAttempts = 3;

/**
 * Returns an account's logo. Throws what `checkLogoOwner` throws, `logo_not_found` and `logo_storage_unavailable`.
 * One round trip, and one read of R2 if the content is needed.
 */
export async function getLogo(ctx: Context, owner: LogoOwner, query: LogoQuery): Promise<FoundLogo> {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const [caller, [found]] = await queryAsCaller(ctx, accountQuery(ctx, owner.name));
    const { account } = checkLogoOwner(ctx, caller, found, owner);
    const logo = currentLogo(account);
    if (logo === undefined) throw new DomainError("logo_not_found");
    const { hash, type } = logo;
    if (query.isKnown(hash)) return { hash, type, content: undefined };
    const content = await openLogo(ctx, logoKey(account.uuid, logo), query.bytes);
    if (content !== undefined) return { hash, type, content };
    // It was replaced between the two reads. The new logo was stored before the account referred to it.
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
