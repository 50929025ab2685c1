import { run } from "./run.ts";
import { Refusal } from "./state.ts";

/** Returns a token for each address, signed with the key of a state folder, as `npm run token` makes them. */
export async function tokens(state: string, ...emails: string[]): Promise<string[]> {
  process.env["STATE_DIR"] = state;
  const { code, output } = await run("node", ["scripts/token.ts", ...emails]);
  if (code !== 0) throw new Refusal(`no token: ${output}`);
  return output.trim().split("\n");
}
