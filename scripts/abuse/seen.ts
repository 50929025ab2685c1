/** Which things requests are about; each kind in the order it was seen. */
export type Kind =
  | "account"
  | "user"
  | "person"
  | "invite"
  | "address"
  | "token"
  | "zone"
  | "cursor"
  | "secret";

/** How many of a kind are kept: the older ones may be gone by now. */
const kept = 40;

/** What one tenant has made so far, as far as its own answers told. */
export class Tenant {
  readonly name: string;
  /** Stands in every text of this tenant and in nobody else's. */
  readonly marker: string;
  /** The account that is never deleted, blocked or limited, by id; its members stay. */
  home = "";
  readonly #seen = new Map<Kind, string[]>();
  readonly slugs = new Map<string, string>();
  readonly tags = new Map<string, string>();
  /** Invitations that a guest may accept time and again, and the guest. */
  readonly received: { guest: string; id: string }[] = [];
  readonly mailed: { guest: string; secret: string }[] = [];
  /** An invitation that nobody takes away. */
  waiting = "";

  constructor(name: string, marker: string) {
    this.name = name;
    this.marker = marker;
  }

  all(kind: Kind): readonly string[] {
    return this.#seen.get(kind) ?? [];
  }

  see(kind: Kind, value: unknown): void {
    if (typeof value !== "string" || this.all(kind).includes(value)) return;
    this.#seen.set(kind, [...this.all(kind), value].slice(-kept));
  }

  /** It is gone, whatever it was. */
  forget(value: string): void {
    for (const [kind, values] of this.#seen) {
      this.#seen.set(
        kind,
        values.filter((one) => one !== value),
      );
    }
  }
}
