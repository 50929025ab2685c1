/** What the tests, in workerd, and the issuers' sites, in Node, say to each other. */

/** How a site answers whoever asks it. */
export interface SiteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Spaces that follow the body. */
  readonly filler: number;
  /** Whether the body travels compressed. */
  readonly gzip: boolean;
  /** Whether the site keeps silent until its next answer: from the start, or from behind the body on. */
  readonly silent: "never" | "from the start" | "before the end";
}

/** A request a site was sent. */
export interface SiteRequest {
  readonly method: string;
  readonly path: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Where sites are opened, steered and closed. */
    readonly issuerSites: string;
    /** The port of the site of `https://remote.test`, which all tests' configuration names. */
    readonly remoteSite: number;
  }
}
