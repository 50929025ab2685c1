import type { UsageMeter } from "./durable/usage-meter.ts";

/** The worker's bindings and variables, as `wrangler.toml` declares them. */
export interface Env {
  readonly DB: D1Database;
  readonly LOGOS: R2Bucket;
  readonly USAGE: DurableObjectNamespace<UsageMeter>;
  readonly JOBS: Queue;
  readonly MAIL: SendEmail;
  readonly ASSETS: Fetcher;
  /** Without it nothing is counted. */
  readonly METRICS?: AnalyticsEngineDataset;
  readonly LIMIT_PRINCIPAL: RateLimit;
  readonly LIMIT_SLUGS: RateLimit;
  readonly LIMIT_FAILED_TOKENS: RateLimit;
  readonly LIMIT_LOGIN_CALLER: RateLimit;
  readonly LIMIT_LOGIN_ADDRESS: RateLimit;
  readonly LIMIT_PREVIEWS: RateLimit;

  readonly PUBLIC_URL?: string;
  readonly ISSUERS?: string;
  readonly OPERATORS?: string;
  readonly CORS_ORIGINS?: string;
  readonly RATE_LIMITS?: string;
  readonly READ_REPLICAS?: string;
  readonly REQUEST_LOG?: string;
  readonly SERVER_TIMING?: string;
  readonly DEBUG_SQL?: string;
  readonly DEFAULT_PLAN?: string;
  readonly MAX_OWNED_ACCOUNTS?: string;
  readonly LOGIN_MANUAL_ENTRY_ROUTE?: string;
  readonly INVITE_SECRET?: string;
  readonly MAIL_FROM?: string;
  readonly SIGN_IN_URL?: string;
  readonly EVENT_WINDOW_DAYS?: string;
}
