import type { Variables } from "./config.ts";
import type { UsageMeter } from "./durable/usage-meter.ts";

/** The worker's bindings and variables, as `wrangler.toml` declares them. */
export interface Env extends Variables {
  readonly DB: D1Database;
  readonly LOGOS: R2Bucket;
  readonly USAGE: DurableObjectNamespace<UsageMeter>;
  readonly JOBS: Queue;
  readonly MAIL: SendEmail;
  readonly ASSETS: Fetcher;
  /** If absent, no metrics are written. */
  readonly METRICS?: AnalyticsEngineDataset;
  readonly LIMIT_PRINCIPAL: RateLimit;
  readonly LIMIT_SLUGS: RateLimit;
  readonly LIMIT_FAILED_TOKENS: RateLimit;
  readonly LIMIT_LOGIN_CALLER: RateLimit;
  readonly LIMIT_LOGIN_ADDRESS: RateLimit;
  readonly LIMIT_PREVIEWS: RateLimit;
}
