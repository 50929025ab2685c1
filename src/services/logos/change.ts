import { DomainError } from "../../domain/errors.ts";
import type { ImageType } from "../../domain/logo.ts";
import { logoKey, putLogo } from "../../storage/logos.ts";
import type { Access } from "../accounts/access.ts";
import { writeAccount } from "../accounts/update.ts";
import type { Context } from "../caller/context.ts";
import { enqueueLogoDeletion } from "./cleanup.ts";
import { currentLogo, getLogoOwner, type Logo, type LogoOwner, withLogoStorage } from "./get.ts";

/** An image that may be a logo. */
export interface Image {
  readonly bytes: Uint8Array;
  readonly type: ImageType;
}

/** The logos, by SHA-256, that a change is meant for; undefined: any. */
type ExpectedLogos = readonly string[] | undefined;

/**
 * Makes an image the logo of an account. Its content is stored before the account points to it, and
 * what it replaces goes afterwards. Throws what `getLogoOwner` throws, `version_mismatch` where the
 * logo is none of those `expected`, and `logo_storage_unavailable`. Two round trips and one write to R2;
 * with the logo that it already is, one round trip and a look whether it is stored.
 */
export async function uploadLogo(
  ctx: Context,
  owner: LogoOwner,
  { bytes, type }: Image,
  expected: ExpectedLogos,
): Promise<void> {
  const access = await getLogoOwner(ctx, owner);
  const { uuid } = access.account;
  const former = currentLogo(access.account);
  checkExpectedLogo(former, expected);
  const hash = await sha256(bytes);
  if (former?.hash === hash) {
    const key = logoKey(uuid, former);
    if ((await withLogoStorage(() => ctx.logos.head(key))) === null) {
      await withLogoStorage(() => putLogo(ctx.logos, key, { bytes, hash, type }));
    }
    return;
  }
  const logo: Logo = { hash, type, upload: crypto.randomUUID() };
  const key = logoKey(uuid, logo);
  await withLogoStorage(() => putLogo(ctx.logos, key, { bytes, hash, type }));
  try {
    await setCurrentLogo(ctx, access, logo);
  } catch (error) {
    // Refused by name, the batch has certainly changed nothing, and nothing else knows the key. After
    // any other failure the account may point to it: the sweep tells.
    if (error instanceof DomainError && error.code !== "storage_unavailable") {
      ctx.defer(ctx.logos.delete(key));
    }
    throw error;
  }
  if (former !== undefined) ctx.defer(enqueueLogoDeletion(ctx.jobs, uuid, former));
}

/**
 * Takes an account's logo away. Throws what `getLogoOwner` throws, `logo_not_found`, and
 * `version_mismatch` where it is none of those `expected`. Two round trips.
 */
export async function deleteLogo(ctx: Context, owner: LogoOwner, expected: ExpectedLogos): Promise<void> {
  const access = await getLogoOwner(ctx, owner);
  const former = currentLogo(access.account);
  if (former === undefined) throw new DomainError("logo_not_found");
  checkExpectedLogo(former, expected);
  await setCurrentLogo(ctx, access, undefined);
  ctx.defer(enqueueLogoDeletion(ctx.jobs, access.account.uuid, former));
}

function checkExpectedLogo(logo: Logo | undefined, expected: ExpectedLogos): void {
  const fits = expected === undefined || (logo !== undefined && expected.includes(logo.hash));
  if (!fits) throw new DomainError("version_mismatch");
}

/** The account is as it was read, or `conflict` is thrown: so the former logo is the one replaced. */
async function setCurrentLogo(ctx: Context, access: Access, logo: Logo | undefined): Promise<void> {
  const { hash = null, type = null, upload = null } = logo ?? {};
  await writeAccount(ctx, access, { logoHash: hash, logoType: type, logoUpload: upload }, undefined);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
