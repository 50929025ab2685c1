import { setTimeout as sleep } from "node:timers/promises";

import { operationsOf, type Operation, type Schema } from "../../test/http/schemas.ts";
import { Digest } from "./digest.ts";
import { Generator, type Shot } from "./generate.ts";
import { Judge } from "./judge.ts";
import { learn } from "./learn.ts";
import { curl, Tally, type Failure } from "./report.ts";
import { routeOf } from "./routes.ts";
import type { Line } from "./send.ts";
import { makeWorld, secretsOf, type World } from "./world.ts";

/** After so many different failures it ends: more of them say no more. */
const enough = 40;
/** From so many requests an operation on, each must have succeeded and refused. */
const telling = 20;
/** How long an invitation must have been sent to be sent again, in milliseconds. */
const minute = 61_000;

/** All requests of one seed, each held against the document as it is answered. */
export class Campaign {
  readonly failures: Failure[] = [];
  readonly tally = new Tally();
  sent = 0;
  readonly #line: Line;
  readonly #operations: readonly Operation[];
  readonly #generator: Generator;
  readonly #judge: Judge;
  readonly #digest: Digest;
  readonly #begun = Date.now();

  constructor(line: Line, document: Schema, world: World, seed: number) {
    const secrets = secretsOf(world);
    this.#line = line;
    this.#operations = askedOf(document);
    this.#generator = new Generator(document, this.#operations, world, seed);
    this.#judge = new Judge(document, this.#operations, world.tenants, secrets);
    this.#digest = new Digest(secrets);
  }

  /** Takes the document from the service and makes the world that the requests are about. */
  static async begin(line: Line, state: string, seed: number, requests: number): Promise<Campaign> {
    const { text } = await line.send({
      method: "GET",
      target: "/openapi.json",
      headers: [],
      body: undefined,
    });
    const document = JSON.parse(text) as Schema;
    const world = await makeWorld(line, state, Math.ceil(requests / askedOf(document).length));
    return new Campaign(line, document, world, seed);
  }

  /** Returns what is missing to call it a test of every operation, and the sum of what was sent. */
  async run(requests: number): Promise<{ untried: string[]; digest: string }> {
    for (; this.sent < requests && this.failures.length < enough; this.sent += 1) {
      const shot = this.#generator.shot(this.sent);
      this.#digest.add(shot);
      await this.#fire(shot);
    }
    const digest = this.#digest.end();
    if (requests < telling * this.#operations.length) return { untried: [], digest };
    if (this.tally.untried(this.#operations).some((words) => words.startsWith("resendInvitation"))) {
      await sleep(Math.max(0, minute - (Date.now() - this.#begun)));
      await this.#fire(this.#generator.resending());
    }
    return { untried: this.tally.untried(this.#operations), digest };
  }

  async #fire(shot: Shot): Promise<void> {
    const { method, target } = shot.sent;
    const answer = await this.#line.send(shot.sent).catch(String);
    if (typeof answer === "string") {
      this.#note([`no answer: ${answer}`], shot, "");
      return;
    }
    const route = routeOf(this.#operations, method, target);
    if (method !== "HEAD" && route.kind === "operation") this.tally.count(route.operation.id, answer.status);
    learn(shot, answer);
    const faults = this.#judge.faults(shot, answer);
    if (faults.length > 0) this.#note(faults, shot, `${answer.status} ${answer.text.slice(0, 500)}`);
  }

  /** The same faults once more are one failure. */
  #note(faults: readonly string[], shot: Shot, answer: string): void {
    const request = curl(shot, this.#line.address);
    const same = this.failures.find((failure) => failure.faults.join() === faults.join());
    if (same === undefined) this.failures.push({ number: this.sent, times: 1, faults, request, answer });
    else same.times += 1;
  }
}

/**
 * The operations that are asked: all but those that copy a whole service, as an import wants an empty one and an
 * export tells the names of tables.
 */
function askedOf(document: Schema): Operation[] {
  return operationsOf(document).filter(({ path }) => !/\/@(?:export|import)/.test(path));
}
