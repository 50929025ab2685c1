import type { SQL } from "drizzle-orm";

import type { Statement } from "../storage/database.ts";
import { auditRows } from "../storage/schema.ts";
import type { Caller } from "./caller.ts";
import type { Context } from "./context.ts";

/** What was done, told so that it can be read without knowing the code. */
export interface AuditEntry {
  /** The account whose history this belongs to; null for what outlives it. */
  readonly accountId: number | SQL<number> | null;
  /** Thing and deed, such as `account.updated`. */
  readonly action: string;
  /** What it was done to, such as `account:{uuid}`. */
  readonly target: string;
  /** `[before, after]` of each field that changed, secrets left out. */
  readonly changes: Readonly<Record<string, readonly [before: unknown, after: unknown]>>;
}

/** The statement that writes an audit row; it belongs in the batch of the change itself. */
export function auditStatement(ctx: Context, caller: Caller, entry: AuditEntry): Statement {
  return ctx.db
    .insert(auditRows)
    .values({ ...entry, at: ctx.now, actor: caller.uuid, requestId: ctx.requestId });
}
