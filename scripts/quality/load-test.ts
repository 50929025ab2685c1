/**
 * Measures how many requests of one client succeed, and how fast, while others hold slow connections and send invalid
 * tokens. Prints one JSON document.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { main } from "../cli.ts";
import { createTokens } from "../dev/token.ts";
import { InvalidTokens } from "./load-test/invalid-tokens.ts";
import { MeasuredClient } from "./load-test/measured-client.ts";
import { SlowConnections } from "./load-test/slow-connections.ts";
import { type Service, withService } from "./service.ts";

const slowConnections = 200;
const invalidTokenConnections = 16;
/** Milliseconds of each phase. */
const duration = 25_000;

await main(() => withService({ limits: "on" }, run));

async function run({ address }: Service, state: string): Promise<void> {
  const [token = ""] = await createTokens(state, "ada@example.com");
  const client = new MeasuredClient(address, token);
  const account = await client.createAccount();
  await client.run(account, 3_000);
  const alone = await client.run(account, duration);

  const slow = new SlowConnections(address);
  slow.open(slowConnections);
  await sleep(2_000);
  const withSlowConnections = await client.run(account, duration);

  const invalid = new InvalidTokens(address, token, invalidTokenConnections);
  const sending = invalid.send();
  const withInvalidTokens = await client.run(account, duration);
  const invalidTokenStatuses = invalid.stop();
  await sending;

  const connections = { opened: slowConnections, openAtEnd: slow.openCount, closedByService: slow.closed };
  slow.close();
  client.close();
  const result = { alone, withSlowConnections, withInvalidTokens, connections, invalidTokenStatuses };
  console.log(JSON.stringify(result, null, 2));
}
