import { run } from "../exec.ts";
import { CliError } from "../cli.ts";

/** Returns a token for each address, signed with the key of a state folder, as `npm run token` makes them. */
export async function tokens(state: string, ...emails: string[]): Promise<string[]> {
  process.env["STATE_DIR"] = state;
  const { code, output } = await run("node", ["scripts/dev/token.ts", ...emails]);
  if (code !== 0) throw new CliError(`no token: ${output}`);
  return output.trim().split("\n");
}
