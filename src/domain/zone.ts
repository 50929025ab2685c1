export const cloudProviders = ["AWS", "GCP", "ON_PREMISES", "CLOUDFLARE"] as const;
export type CloudProvider = (typeof cloudProviders)[number];

/** Cloudflare's location hints: where a Durable Object is created. */
export const locationHints = ["wnam", "enam", "weur", "eeur", "apac", "oc", "sam", "afr", "me"] as const;
export type LocationHint = (typeof locationHints)[number];
