import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";

import { type Operation, operationsOf, type Schema } from "../../../test/support/openapi-schema.ts";
import type { HttpClient } from "../http-client.ts";
import { type FuzzCase, fuzzCases } from "./fuzz-case.ts";
import { observeResponse } from "./observe-response.ts";
import { ResponseChecker } from "./response-checker.ts";
import { authorization, type Caller, World } from "./world.ts";

/** More different failures end the run. */
const maxFailures = 40;
/** From so many requests to each operation, one of them must have succeeded and one must have been rejected. */
const minRounds = 20;

/** The requests of one seed and what the service returned. */
export class FuzzRun {
  readonly world: World;
  /** How often responses broke the same rules, and the first request and response that did. */
  readonly failures = new Map<string, { request: string; response: string; count: number }>();
  /** How often each operation returned each status. */
  readonly statuses = new Map<string, Map<number, number>>();
  readonly #document: Schema;
  readonly #operations: readonly Operation[];
  readonly #checker: ResponseChecker;
  readonly #plan: readonly { readonly operation: Operation; readonly seed: number }[];

  constructor(document: Schema, seed: number, requests: number) {
    // Without the export and import of the whole service, which needs an empty one.
    const operations = operationsOf(document).filter(({ path }) => !/\/@(?:export|import)/.test(path));
    const numRuns = Math.ceil(requests / operations.length);
    const shuffled = fc.shuffledSubarray(operations, { minLength: operations.length });
    const seeds = fc.sample(fc.noBias(fc.integer()), { seed, numRuns: requests });
    const order = fc.sample(shuffled, { seed, numRuns }).flat();
    this.#plan = order
      .slice(0, requests)
      .map((operation, index) => ({ operation, seed: seeds[index] ?? index }));
    this.world = new World(numRuns);
    this.#document = document;
    this.#operations = operations;
    this.#checker = new ResponseChecker(document, operations, this.world);
  }

  /** Draws the requests one by one, each when the response to the one before was observed. Every round contains each operation once. */
  *cases(): Generator<FuzzCase> {
    const leavers = this.world.leavers.values();
    for (const { operation, seed } of this.#plan) {
      const isDeletion = operation.id === "deleteAuthenticatedUser";
      yield* this.#sample(operation, seed, isDeletion ? leavers.next().value : undefined);
    }
  }

  /** Sends all requests. Returns the operations that never succeeded, or were never rejected although they can be. */
  async run(client: HttpClient): Promise<string[]> {
    const start = Date.now();
    for (const fuzzCase of this.cases()) {
      await this.#send(client, fuzzCase);
      if (this.failures.size >= maxFailures) return [];
    }
    if (this.#plan.length < minRounds * this.#operations.length) return [];
    // An invitation is not mailed twice within a minute.
    if (this.#untested().length > 0) await sleep(Math.max(0, start + 61_000 - Date.now()));
    for (const { operation, seed } of this.#plan) {
      if (!this.#untested().some((text) => text.startsWith(`${operation.id} `))) continue;
      for (const fuzzCase of this.#sample(operation, seed + 1)) await this.#send(client, fuzzCase);
    }
    return this.#untested();
  }

  #sample(operation: Operation, seed: number, leaver?: Caller): FuzzCase[] {
    const cases = fuzzCases(this.#document, this.world, operation, leaver);
    return fc.sample(cases, { seed, numRuns: 1, unbiased: true });
  }

  async #send(client: HttpClient, fuzzCase: FuzzCase): Promise<void> {
    const headers = [...authorization(fuzzCase.caller), ...fuzzCase.headers];
    const response = await client.send({ ...fuzzCase, headers }).catch(String);
    if (typeof response === "string") return this.#addFailure([response], fuzzCase, client.address);
    const { status, text } = response;
    const id = fuzzCase.method === "HEAD" ? undefined : this.#checker.findOperation(fuzzCase)?.id;
    if (id !== undefined) {
      const counts = this.statuses.get(id) ?? new Map<number, number>();
      this.statuses.set(id, counts.set(status, (counts.get(status) ?? 0) + 1));
    }
    observeResponse(fuzzCase, response);
    const reasons = this.#checker.check(fuzzCase, response);
    const shown = `${status} ${text.slice(0, 500)}`;
    if (reasons.length > 0) this.#addFailure(reasons, fuzzCase, client.address, shown);
  }

  #addFailure(reasons: readonly string[], fuzzCase: FuzzCase, address: URL, response = ""): void {
    const reason = reasons.join("; ");
    const first = { request: curlCommand(fuzzCase, address), response, count: 0 };
    const failure = this.failures.get(reason) ?? first;
    this.failures.set(reason, { ...failure, count: failure.count + 1 });
  }

  #untested(): string[] {
    return this.#operations.flatMap(({ id, answers }) => {
      const statuses = [...(this.statuses.get(id)?.keys() ?? [])];
      const canReject = Object.keys(answers).some((status) => status.startsWith("4"));
      return [
        ...(statuses.some((status) => status < 300) ? [] : [`${id} never succeeded`]),
        ...(canReject && !statuses.some((status) => status >= 400) ? [`${id} was never rejected`] : []),
      ];
    });
  }
}

/** Returns a command that sends the same request; the token is a variable with the caller's name. */
function curlCommand({ caller, method, target, headers, body }: FuzzCase, address: URL): string {
  const quote = (text: string) => `$'${JSON.stringify(text).slice(1, -1).replaceAll("'", "\\'")}'`;
  const options = headers.map((header) => `-H ${quote(header.join(": "))}`);
  if (caller.token) options.push(`-H "Authorization: Bearer $${caller.name.replaceAll("-", "_")}"`);
  if (body) options.push(`--data-binary ${quote(Buffer.from(body).toString().slice(0, 500))}`);
  return `curl --path-as-is -i -X ${method} ${quote(address.origin + target)} ${options.join(" ")}`;
}
