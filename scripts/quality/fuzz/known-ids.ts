/** Older values of a kind are dropped; they may be deleted by now. */
const maxPerKind = 40;

/** Ids, slugs, ETags and cursors that responses contained, by kind and oldest first. */
export class KnownIds {
  readonly #values = new Map<string, readonly string[]>();

  all(kind: string): readonly string[] {
    return this.#values.get(kind) ?? [];
  }

  add(kind: string, value: unknown): void {
    if (typeof value !== "string") return;
    const others = this.all(kind).filter((other) => other !== value);
    this.#values.set(kind, [...others, value].slice(-maxPerKind));
  }

  remove(value: string): void {
    for (const [kind, values] of this.#values) {
      const others = values.filter((other) => other !== value);
      this.#values.set(kind, others);
    }
  }
}

/** Returns the kind of a path segment: `users`, `user` and `@user` contain users. */
export function kindOf(segment: string): string {
  const kind = segment.replaceAll(/^@|s$/g, "");
  return kind === "organization" ? "account" : kind;
}
