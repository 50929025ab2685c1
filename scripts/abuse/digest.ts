import { createHash } from "node:crypto";

import type { Shot } from "./generate.ts";
import type { Sent } from "./send.ts";

/** Sums up what was sent, so that two runs of one seed can be told to have sent the same. */
export class Digest {
  readonly #hash = createHash("sha256");
  /** By what was made: the service names it anew in every run, and here it is its place in that order. */
  readonly #names = new Map<string, string>();
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  add({ caller, sent }: Shot): void {
    this.#hash.update(`${caller.name} ${this.#nameless(textOf(sent))}\n`);
  }

  end(): string {
    return this.#hash.digest("hex").slice(0, 16);
  }

  #nameless(text: string): string {
    return (
      text
        // A body may have been cut in the middle of one.
        .replaceAll(/[\w.-]{8,}/g, (word) =>
          this.#secrets.some((one) => one.startsWith(word)) ? "secret" : word,
        )
        .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, (id) => {
          const name = this.#names.get(id) ?? `id ${this.#names.size}`;
          this.#names.set(id, name);
          return name;
        })
        .replaceAll(/\b\d+-[0-9a-f]{16}\b/g, "tag")
        .replaceAll(/cursor=[^&\s]*/g, "cursor")
    );
  }
}

function textOf({ method, target, headers, body }: Sent): string {
  const shown = headers.filter(([name]) => name !== "Authorization").map((header) => header.join(": "));
  return [method, target, ...shown, body && Buffer.from(body).toString("latin1")].join("\n");
}
