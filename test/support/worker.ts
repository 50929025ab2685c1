/** Workers with the same code and a changed environment. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";

import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";

/**
 * Returns a fetch function, for `Caller.via`, of a worker with some bindings or variables changed. It returns a
 * response after the work that was deferred until after the response.
 */
export function workerWith(change: { readonly [Name in keyof Env]?: Env[Name] | undefined }): (
  request: Request,
) => Promise<Response> {
  const changed = { ...env, ...change } as Env;
  return async (request) => {
    const context = createExecutionContext();
    const response = await worker.fetch(request, changed, context);
    await waitOnExecutionContext(context);
    return response;
  };
}

/** Returns a database in which statements fail if `fails` returns true for their SQL. */
export function failingDatabase(fails: (statement: string) => boolean, error: Error): D1Database {
  const sentences = new WeakMap<object, string>();
  const wrapStatement = (statement: D1PreparedStatement, sentence: string): D1PreparedStatement => {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") {
          return (...values: unknown[]) => wrapStatement(target.bind(...values), sentence);
        }
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return fails(sentence) ? () => Promise.reject(error) : value.bind(target);
      },
    });
    sentences.set(wrapped, sentence);
    originals.set(wrapped, statement);
    return wrapped;
  };
  const originals = new WeakMap<object, D1PreparedStatement>();
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return (sentence: string) => wrapStatement(target.prepare(sentence), sentence);
      if (name === "batch") {
        return (statements: D1PreparedStatement[]) =>
          statements.some((statement) => fails(sentences.get(statement) ?? ""))
            ? Promise.reject(error)
            : target.batch(statements.map((statement) => originals.get(statement) ?? statement));
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Waits for the next minute if the current one is nearly over: rate limits count per minute. */
export async function waitForFreshMinute(seconds = 20): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < seconds * 1000) await scheduler.wait(left + 50);
}
