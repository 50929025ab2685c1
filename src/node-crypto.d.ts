/** The part of the platform's own `node:crypto` that is used; the rest stays out of reach. */
declare module "node:crypto" {
  export class X509Certificate {
    /** Throws for anything that is no certificate in DER or PEM. */
    constructor(certificate: Uint8Array);
    /** The certificate's DER. */
    readonly raw: Uint8Array;
  }
}
