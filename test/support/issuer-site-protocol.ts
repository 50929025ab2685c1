/** Protocol between the tests in workerd and the issuers' sites in Node. */

/** The response of a site. */
export interface SiteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Number of spaces after the body. */
  readonly filler: number;
  /** Whether the body is compressed. */
  readonly gzip: boolean;
  /** Whether the site stops sending until its response is changed: from the start, or after the body. */
  readonly silent: "never" | "from the start" | "before the end";
}

/** A request that a site received. */
export interface SiteRequest {
  readonly method: string;
  readonly path: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** URL of the server that opens, controls and closes sites. */
    readonly issuerSites: string;
    /** Port of the site of `https://remote.test`, which is in the configuration of all tests. */
    readonly remoteSite: number;
  }
}
