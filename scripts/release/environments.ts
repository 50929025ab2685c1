/** The deployed environments of wrangler.toml, and what is wrong with them. */
import { unstable_readConfig } from "wrangler";
import { z } from "zod";

export const ENVIRONMENTS = ["staging", "production"] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

const named = z.array(z.object({ name: z.string() }));
const bound = z.array(z.object({ binding: z.string() }));

/** The part of wrangler's configuration that is checked. */
const configuration = z.object({
  workers_dev: z.boolean().optional(),
  preview_urls: z.boolean().optional(),
  routes: z.array(z.object({ pattern: z.string(), custom_domain: z.boolean().optional() })).default([]),
  vars: z.record(z.string(), z.string()),
  d1_databases: z.array(z.object({ binding: z.string(), database_id: z.string().optional() })),
  r2_buckets: bound,
  analytics_engine_datasets: bound,
  queues: z.object({ producers: bound, consumers: z.array(z.unknown()) }),
  durable_objects: z.object({ bindings: named }),
  send_email: named,
  ratelimits: named,
});
export type Configuration = z.infer<typeof configuration>;

/** Reads one environment of a configuration file; "" is the one of local development. */
export function readEnvironment(path: string, env: EnvironmentName | ""): Configuration {
  return configuration.parse(unstable_readConfig({ config: path, env }));
}

/** Returns what keeps an environment from being deployed safely, one sentence each. `local` has all bindings. */
export function problemsOf(config: Configuration, local: Configuration): string[] {
  const problems: string[] = [];
  if (config.workers_dev !== false) problems.push("workers_dev must be false.");
  if (config.preview_urls !== false) problems.push("preview_urls must be false.");
  const host = URL.parse(config.vars["PUBLIC_URL"] ?? "")?.host;
  if (!config.routes.some((route) => route.custom_domain === true && route.pattern === host)) {
    problems.push("routes must have the host of PUBLIC_URL as a pattern with custom_domain = true.");
  }
  const bindings = new Set(bindingsOf(config));
  const missing = bindingsOf(local).filter((binding) => !bindings.has(binding));
  problems.push(...missing.map((binding) => `The binding ${binding} is missing.`));
  if (config.queues.consumers.length === 0) problems.push("queues.consumers is empty, so no job would run.");
  return problems;
}

/** Returns what nobody has filled in yet, one sentence each, with the name of the setting. */
export function placeholdersOf({ d1_databases: databases, routes, vars }: Configuration): string[] {
  const texts: [name: string, text: string][] = [
    ...routes.map(({ pattern }): [string, string] => ["routes", pattern]),
    ...Object.entries(vars),
  ];
  return [
    ...databases
      .filter(({ database_id: id = "" }) => /^[0-]*$/.test(id))
      .map(
        ({ binding }) => `database_id of ${binding} is not set. Use the id that wrangler d1 create printed.`,
      ),
    ...(/^[\s[\]]*$/.test(vars["ISSUERS"] ?? "")
      ? ["ISSUERS names no issuer, so nobody could sign in. Add your identity provider."]
      : []),
    ...texts
      .filter(([, text]) => EXAMPLE.test(text))
      .map(([name, text]) => `${name} has an example address (${text}). Replace it with your own.`),
  ];
}

/** A host that RFC 2606 reserves for examples, such as accounts.example.com, but not myexample.com. */
const EXAMPLE = /(?<![\w-])example\.(?:com|net|org)(?![\w-]|\.\w)|\.example(?![\w-]|\.\w)/i;

function bindingsOf(config: Configuration): string[] {
  return [
    ...[
      config.d1_databases,
      config.r2_buckets,
      config.analytics_engine_datasets,
      config.queues.producers,
    ].flatMap((list) => list.map(({ binding }) => binding)),
    ...[config.durable_objects.bindings, config.send_email, config.ratelimits].flatMap((list) =>
      list.map(({ name }) => name),
    ),
  ];
}
