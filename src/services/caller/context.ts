import type { Identity } from "../../domain/identity.ts";
import type { Requirement } from "../../domain/permissions.ts";
import type { Config } from "../../config.ts";
import type { UsageMeter } from "../../durable/usage-meter.ts";
import type { Database } from "../../storage/database.ts";
import type { RequestStats } from "../../storage/request-stats.ts";
import type { AccessTokenCredentials } from "../access-tokens/secret.ts";

/** Who makes a request, according to its credentials. The user is read from the database later. */
export type Principal =
  | {
      readonly kind: "identity";
      readonly identity: Identity;
      /** Whether OPERATORS names this identity. */
      readonly operator: boolean;
    }
  | ({ readonly kind: "token" } & AccessTokenCredentials);

/** A request with an idempotency key: repeated with the same key, it returns the first response. */
export interface IdempotentRequest {
  readonly operation: string;
  readonly key: string;
  /** SHA-256 of the request's parsed values. */
  readonly requestHash: string;
}

/** Everything a use case needs: the caller's credentials, the time and the bindings. */
export interface Context {
  readonly principal: Principal;
  /** The operation's row in the permission table. */
  readonly requires: Requirement;
  /** Epoch milliseconds, the same for the whole request. */
  readonly now: number;
  readonly requestId: string;
  /** Set if the request creates something and has an idempotency key. */
  readonly idempotency?: IdempotentRequest;
  readonly settings: Config;
  readonly db: Database;
  /** Costs of this request so far. */
  readonly stats: RequestStats;
  /** One object per account, named by the account's uuid. */
  readonly usage: DurableObjectNamespace<UsageMeter>;
  readonly logos: R2Bucket;
  readonly jobs: Queue;
  /** Lets a promise run after the response; a failure is logged. */
  readonly defer: (work: Promise<unknown>) => void;
}
