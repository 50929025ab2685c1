import config from "./vitest.config.ts";

/** Runs what records a release, and nothing else; `scripts/release.ts` asks for it. */
export default { ...config, test: { ...config.test, include: ["test/release/record.ts"] } };
