import { audience, makeSigner } from "./tokens.ts";
import { issuer } from "./data/rows.ts";
import { cpuMicrosOf, median, round2, type Pace } from "./rounds.ts";
import type { World } from "./world.ts";

/** How many verifications a call makes: enough that the call itself does not count. */
const times = { jose: 2_000, ours: 20_000 } as const;

/** Measures verifying a token that was seen before against jose alone with its key at hand, in microseconds. */
export async function compareVerification(world: World, { rounds }: Pace) {
  const results = [];
  for (const algorithm of ["RS256", "ES256"] as const) {
    const { key, sign } = await makeSigner(algorithm);
    const token = await sign({ sub: "owner", email: "owner@bench.example", email_verified: true });
    const round = (by: keyof typeof times) =>
      cpuMicrosOf(world, async () => {
        const began = performance.now();
        const body = JSON.stringify({ by, token, times: times[by], issuer, audience, key });
        const answer = await fetch(world.address.verification, { method: "POST", body });
        if (!answer.ok) throw new Error(`Not verified: ${answer.status} ${await answer.text()}`);
        return { requests: times[by], result: ((performance.now() - began) * 1000) / times[by] };
      });
    await round("jose");
    await round("ours");
    const pairs: { jose: number; ours: number }[] = [];
    for (let number = 0; number < rounds; number += 1) {
      pairs.push({ jose: (await round("jose")).result, ours: (await round("ours")).result });
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
