import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../scripts/exec.ts";
import { median, round2 } from "./rounds.ts";

/** Measures the processor time to start the built Worker, in milliseconds ("active" of `wrangler check startup`). */
export async function measureStartup(rounds: number): Promise<{ activeMs: number; garbageMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), "startup-"));
  try {
    const starts: { active: number; garbage: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const args = ["check", "startup", "--env", "", "--outfile", join(folder, "profile.cpuprofile")];
      const { code, output } = await run("wrangler", args);
      const [, active, garbage = 0] =
        /Active: ([\d.]+) ms(?: \(including ([\d.]+) ms garbage)?/.exec(output) ?? [];
      if (code !== 0 || active === undefined) throw new Error(`wrangler check startup failed:\n${output}`);
      starts.push({ active: Number(active), garbage: Number(garbage) });
    }
    return {
      activeMs: round2(median(starts.map(({ active }) => active))),
      garbageMs: round2(median(starts.map(({ garbage }) => garbage))),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
