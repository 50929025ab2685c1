import { DomainError } from "../../domain/errors.ts";
import { logoKey, putLogo } from "../../storage/logos.ts";
import type { Context } from "../context.ts";
import { logoOf, reachLogos } from "../logos/access.ts";
import { readImporting } from "./importing.ts";

/**
 * Stores the bytes of the logo that an account being imported points to. Throws `service_in_use`,
 * `account_missing`, `import_misfit` for other bytes, and `logos_unavailable`. One round trip and
 * one write to R2.
 */
export async function importLogo(ctx: Context, uuid: string, bytes: Uint8Array): Promise<void> {
  const logo = logoOf(await readImporting(ctx, uuid));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  if (logo?.hash !== new Uint8Array(digest).toHex()) throw new DomainError("import_misfit");
  await reachLogos(() => putLogo(ctx.logos, logoKey(uuid, logo), { ...logo, bytes }));
}
