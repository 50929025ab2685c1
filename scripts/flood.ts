/** What a client gets done, and how fast, while others hold connections open and try tokens; as one JSON document. */
import { setTimeout as sleep } from "node:timers/promises";

import { type Service, withService } from "./quality/service.ts";
import { BadTokens } from "./flood/bad-tokens.ts";
import { Client } from "./flood/client.ts";
import { SlowConnections } from "./flood/slow.ts";
import { main } from "./cli.ts";
import { tokens } from "./dev/tokens.ts";

const slowConnections = 200;
const guessingConnections = 16;
/** How long each part is measured, in milliseconds. */
const span = 25_000;

await main(async () => {
  await withService({ limits: "on" }, flood);
});

async function flood({ address }: Service, state: string): Promise<void> {
  const [token = ""] = await tokens(state, "ada@example.com");
  const client = new Client(address, token);
  const account = await client.create();
  await client.ask(account, 3_000);
  const quiet = await client.ask(account, span);
  const slow = new SlowConnections(address);
  slow.add(slowConnections);
  await sleep(2_000);
  const held = await client.ask(account, span);
  const bad = new BadTokens(address, token, guessingConnections);
  const asking = bad.ask();
  const flooded = await client.ask(account, span);
  const badTokens = bad.end();
  await asking;
  const slowly = { opened: slowConnections, openAtTheEnd: slow.open, endedByTheService: slow.ended };
  slow.close();
  client.close();
  console.log(
    JSON.stringify(
      { quiet, withSlowConnections: held, withBadTokensToo: flooded, slowConnections: slowly, badTokens },
      null,
      2,
    ),
  );
}
