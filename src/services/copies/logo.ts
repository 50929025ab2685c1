import { DomainError } from "../../domain/errors.ts";
import { logoKey, putLogo } from "../../storage/logos.ts";
import type { Context } from "../context.ts";
import { currentLogo, withLogoStorage } from "../logos/access.ts";
import { getImportingAccount } from "./importing.ts";

/**
 * Stores the bytes of the logo that an account being imported points to. Throws `service_not_empty`,
 * `account_not_found`, `import_incompatible` for other bytes, and `logo_storage_unavailable`. One round trip and
 * one write to R2.
 */
export async function importLogo(ctx: Context, uuid: string, bytes: Uint8Array): Promise<void> {
  const logo = currentLogo(await getImportingAccount(ctx, uuid));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  if (logo?.hash !== new Uint8Array(digest).toHex()) throw new DomainError("import_incompatible");
  await withLogoStorage(() => putLogo(ctx.logos, logoKey(uuid, logo), { ...logo, bytes }));
}
