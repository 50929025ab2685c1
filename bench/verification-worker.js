/** Verifies tokens as often as it is told to, so that the request itself does not count. */
import { importJWK, jwtVerify } from "jose";

import { parseIssuers } from "../src/auth/issuers.ts";
import { TokenVerifier } from "../src/auth/verify-token.ts";

const verifiers = {
  /** With its key at hand. */
  jose: async ({ issuer, audience, key }) => {
    const imported = await importJWK(key);
    return (token) => jwtVerify(token, imported, { issuer, audience });
  },
  /** It has seen the token once. */
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
