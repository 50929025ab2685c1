import { DomainError } from "../../domain/errors.ts";
import type { ImageType } from "../../domain/logo.ts";
import { logoKey, putLogo } from "../../storage/logos.ts";
import { type Access, accountQuery } from "../accounts/access.ts";
import { accountChange } from "../accounts/change.ts";
import { logoDeletionJob } from "../background/logo-cleanup.ts";
import type { Context } from "../caller/context.ts";
import { type Change, commit, type NoChange } from "../commit.ts";
import { checkLogoOwner, currentLogo, type Logo, type LogoOwner, withLogoStorage } from "./get.ts";

/** An image whose format was checked. */
export interface Image {
  readonly bytes: Uint8Array;
  readonly type: ImageType;
}

/** SHA-256 of the logos that a change accepts; undefined for any. */
type ExpectedLogos = readonly string[] | undefined;

/**
 * Stores an image as the logo of an account. The image is stored before the account refers to it; the previous
 * one is deleted later. Throws what `checkLogoOwner` throws, `version_mismatch` unless the logo is one of the
 * `expected` ones, and `logo_storage_unavailable`. Two round trips and one write to R2. The same image again costs
 * one round trip and one look into R2.
 */
export async function uploadLogo(
  ctx: Context,
  owner: LogoOwner,
  { bytes, type }: Image,
  expected: ExpectedLogos,
): Promise<void> {
  const hash = await sha256(bytes);
  await commit(ctx, [accountQuery(ctx, owner.name)] as const, async (caller, [found]) => {
    const access = checkLogoOwner(ctx, caller, found, owner);
    const { uuid } = access.account;
    const previous = currentLogo(access.account);
    checkExpectedLogo(previous, expected);
    if (previous?.hash === hash) {
      const key = logoKey(uuid, previous);
      if ((await withLogoStorage(() => ctx.logos.head(key))) === null) {
        await withLogoStorage(() => putLogo(ctx.logos, key, { bytes, hash, type }));
      }
      return { access, unchanged: access };
    }
    const logo: Logo = { hash, type, upload: crypto.randomUUID() };
    const key = logoKey(uuid, logo);
    await withLogoStorage(() => putLogo(ctx.logos, key, { bytes, hash, type }));
    // No account refers to the key then. If the outcome is unknown, the cleanup decides.
    return { ...logoChange(ctx, access, logo), onRefused: () => ctx.logos.delete(key) };
  });
}

/**
 * Removes an account's logo. Throws what `checkLogoOwner` throws, `logo_not_found`, and `version_mismatch` unless
 * it is one of the `expected` ones. Two round trips.
 */
export async function deleteLogo(ctx: Context, owner: LogoOwner, expected: ExpectedLogos): Promise<void> {
  await commit(ctx, [accountQuery(ctx, owner.name)] as const, (caller, [found]) => {
    const access = checkLogoOwner(ctx, caller, found, owner);
    const previous = currentLogo(access.account);
    if (previous === undefined) throw new DomainError("logo_not_found");
    checkExpectedLogo(previous, expected);
    return logoChange(ctx, access, undefined);
  });
}

function checkExpectedLogo(logo: Logo | undefined, expected: ExpectedLogos): void {
  const matches = expected === undefined || (logo !== undefined && expected.includes(logo.hash));
  if (!matches) throw new DomainError("version_mismatch");
}

/** The account must be what was read, so the previous logo is the one that is replaced. */
function logoChange(ctx: Context, access: Access, logo: Logo | undefined): Change<Access> | NoChange<Access> {
  const previous = currentLogo(access.account);
  const { hash = null, type = null, upload = null } = logo ?? {};
  const change = accountChange(
    ctx,
    access,
    { logoHash: hash, logoType: type, logoUpload: upload },
    undefined,
  );
  const jobs = previous === undefined ? [] : [logoDeletionJob(access.account.uuid, previous)];
  return { ...change, jobs };
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
