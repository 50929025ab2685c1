import type { Identity } from "../../domain/identity.ts";
import type { Requirement } from "../../domain/permissions.ts";
import type { Settings } from "../../domain/settings.ts";
import type { UsageMeter } from "../../durable/usage-meter.ts";
import type { Database } from "../../storage/database.ts";
import type { RequestStats } from "../../storage/request-stats.ts";
import type { AccessTokenCredentials } from "../access-tokens/secret.ts";

/** Who a request speaks for, as its credentials tell; the user behind it is read from the database. */
export type Principal =
  | {
      readonly kind: "identity";
      readonly identity: Identity;
      /** Whether the configured operators name this caller. */
      readonly operator: boolean;
    }
  | ({ readonly kind: "token" } & AccessTokenCredentials);

/** A repeatable request: the same key again is answered as it was the first time. */
export interface IdempotentRequest {
  readonly operation: string;
  readonly key: string;
  /** SHA-256 of what was asked for. */
  readonly requestHash: string;
}

/** What every use case is given: who asks, for what, when, and the places where things are kept. */
export interface Context {
  readonly principal: Principal;
  /** What the permission table says this operation needs. */
  readonly requires: Requirement;
  /** Epoch milliseconds; one moment for the whole request. */
  readonly now: number;
  readonly requestId: string;
  /** Set where the caller sent a key with a request that creates. */
  readonly idempotency?: IdempotentRequest;
  readonly settings: Settings;
  readonly db: Database;
  /** What this request has asked of the platform. */
  readonly stats: RequestStats;
  /** One object an account, named by its uuid. */
  readonly usage: DurableObjectNamespace<UsageMeter>;
  /** Where logos are stored. */
  readonly logos: R2Bucket;
  /** Work that is done after the answer left; see `jobs.ts`. */
  readonly jobs: Queue;
  /** Lets a promise run on after the answer. */
  readonly defer: (work: Promise<unknown>) => void;
}
