export const cloudProviders = ["AWS", "GCP", "ON_PREMISES", "CLOUDFLARE"] as const;
export type CloudProvider = (typeof cloudProviders)[number];

/** Where Durable Objects can be asked to be made (Cloudflare's location hints). */
export const locationHints = ["wnam", "enam", "weur", "eeur", "apac", "oc", "sam", "afr", "me"] as const;
export type LocationHint = (typeof locationHints)[number];
