/** The account's row, and one call of an object that does one statement. */
import { pathOf } from "./reads.js";

const counted = "SELECT * FROM accounts WHERE uuid = ?";

/** An increment, and as well the sum of recorded events. */
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

/** The two faces have the uuid at two places. */
async function meterOf(request, { DB, METER }) {
  const uuid = pathOf(request).find((part) => part.length === 36);
  const account = await DB.prepare(counted).bind(uuid).first();
  return METER.get(METER.idFromName(account.uuid));
}
