import type { JWK } from "jose";

import { audience, makeSigner } from "./tokens.ts";
import { issuer } from "./data/rows.ts";
import { cpuMicrosOf, median, round2, type Pace } from "./rounds.ts";
import type { World } from "./world.ts";

/** How many verifications a call makes: enough that the call itself does not count. */
const times = { jose: 5_000, ours: 20_000 } as const;

/**
 * Measures verifying a token that was seen before against jose alone with its key at hand, in
 * microseconds of processor time; of time where the system does not tell that.
 */
export async function compareVerification(world: World, { rounds }: Pace) {
  const results = [];
  for (const algorithm of ["RS256", "ES256"] as const) {
    const { key, sign } = await makeSigner(algorithm);
    const token = await sign({ sub: "owner", email: "owner@bench.example", email_verified: true });
    const round = (by: keyof typeof times) => verify(world, { by, token, key, times: times[by] });
    await round("jose");
    await round("ours");
    const pairs: { jose: number; ours: number }[] = [];
    for (let number = 0; number < rounds; number += 1) {
      pairs.push({ jose: await round("jose"), ours: await round("ours") });
    }
    results.push({
      algorithm,
      joseMicros: round2(median(pairs.map(({ jose }) => jose))),
      rememberedMicros: round2(median(pairs.map(({ ours }) => ours))),
      times: round2(median(pairs.map(({ jose, ours }) => jose / ours))),
    });
  }
  return results;
}

interface Verifications {
  readonly by: keyof typeof times;
  readonly token: string;
  readonly key: JWK;
  readonly times: number;
}

async function verify(world: World, verifications: Verifications): Promise<number> {
  const requests = verifications.times;
  const { result, cpuMicros } = await cpuMicrosOf(world, async () => {
    const began = performance.now();
    const body = JSON.stringify({ ...verifications, issuer, audience });
    const answer = await fetch(world.address.verification, { method: "POST", body });
    if (!answer.ok) throw new Error(`Not verified: ${answer.status} ${await answer.text()}`);
    return { requests, result: ((performance.now() - began) * 1000) / requests };
  });
  return cpuMicros ?? result;
}
