/** Reads the account's row and calls an object that runs one statement. */
import { pathOf } from "./reads.js";

const accountByUuid = "SELECT * FROM accounts WHERE uuid = ?";

/** Counts an increment, or the sum of recorded events. */
export const increment = async (request, env) => {
  const { usage, events } = await request.json();
  const meter = await meterOf(request, env);
  await meter.increment(usage ?? events.reduce((sum, { value }) => sum + value, 0));
  return Response.json({ usage });
};

export const readUsage = async (request, env) => {
  const meter = await meterOf(request, env);
  const search = new URL(request.url).searchParams;
  const range = [Date.parse(search.get("from")), Date.parse(search.get("to"))];
  return Response.json(
    search.get("aggregation") === "hour" ? await meter.hours(...range) : await meter.sum(...range),
  );
};

/** The uuid has a different position in the paths of the two APIs. */
async function meterOf(request, { DB, METER }) {
  const uuid = pathOf(request).find((part) => part.length === 36);
  const account = await DB.prepare(accountByUuid).bind(uuid).first();
  return METER.get(METER.idFromName(account.uuid));
}
