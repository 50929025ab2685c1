/** Verifies tokens, so often per request that the request itself is negligible. */
import { importJWK, jwtVerify } from "jose";

import { parseIssuers } from "../src/auth/issuers.ts";
import { TokenVerifier } from "../src/auth/verify-token.ts";

const verifiers = {
  /** With an imported key. */
  jose: async ({ issuer, audience, key }) => {
    const imported = await importJWK(key);
    return (token) => jwtVerify(token, imported, { issuer, audience });
  },
  /** With the token in the cache. */
  ours: async ({ token, issuer, audience, key }) => {
    const entry = { issuer, audience, jwks: { keys: [key] } };
    const verifier = new TokenVerifier(parseIssuers(JSON.stringify([entry])));
    await verifier.verify(token);
    return (given) => verifier.verify(given);
  },
};

export default {
  async fetch(request) {
    const round = await request.json();
    const verify = await verifiers[round.by](round);
    for (let done = 0; done < round.times; done += 1) await verify(round.token);
    return new Response();
  },
};
