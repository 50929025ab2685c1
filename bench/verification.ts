import type { JWK } from "jose";

import { issuer } from "./data/rows.ts";
import type { Environment } from "./environment.ts";
import { cpuMicrosOf, median, round2, type Pace } from "./rounds.ts";
import { audience, createSigner } from "./tokens.ts";

/** Verifications per call, so many that the call itself is negligible. */
const verificationsPerCall = { jose: 5_000, ours: 20_000 } as const;

/**
 * Compares verifying a cached token with jose alone and an imported key, in microseconds of processor time. Where the
 * system has no `/proc`, in microseconds of elapsed time.
 */
export async function compareVerification(environment: Environment, { rounds }: Pace) {
  const results = [];
  for (const algorithm of ["RS256", "ES256"] as const) {
    const { key, sign } = await createSigner(algorithm);
    const token = await sign({ sub: "owner", email: "owner@bench.example", email_verified: true });
    const round = (by: Verifications["by"]) =>
      verify(environment, { by, token, key, times: verificationsPerCall[by] });
    await round("jose");
    await round("ours");
    const pairs: { jose: number; ours: number }[] = [];
    for (let number = 0; number < rounds; number += 1) {
      pairs.push({ jose: await round("jose"), ours: await round("ours") });
    }
    results.push({
      algorithm,
      joseMicros: round2(median(pairs.map(({ jose }) => jose))),
      cachedMicros: round2(median(pairs.map(({ ours }) => ours))),
      times: round2(median(pairs.map(({ jose, ours }) => jose / ours))),
    });
  }
  return results;
}

interface Verifications {
  readonly by: keyof typeof verificationsPerCall;
  readonly token: string;
  readonly key: JWK;
  readonly times: number;
}

async function verify(environment: Environment, verifications: Verifications): Promise<number> {
  const requests = verifications.times;
  const { result, cpuMicros } = await cpuMicrosOf(environment, async () => {
    const start = performance.now();
    const body = JSON.stringify({ ...verifications, issuer, audience });
    const response = await fetch(environment.address.verification, { method: "POST", body });
    if (!response.ok) throw new Error(`Verification failed: ${response.status} ${await response.text()}`);
    return { requests, result: ((performance.now() - start) * 1000) / requests };
  });
  return cpuMicros ?? result;
}
