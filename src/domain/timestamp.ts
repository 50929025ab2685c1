/** Times as clients write and read them; epoch milliseconds inside. */

/** The last millisecond of the year 9999, and the first of the year 1, which any clock can show. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const earliest = Date.parse("0001-01-01T00:00:00.000Z");

/** Epoch seconds up to here; larger numbers are milliseconds, as pydantic reads them. */
const mostSeconds = 2e10;

const written =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Reads a time: RFC 3339 with `Z`, an offset or none (which is UTC), a bare date, or epoch seconds
 * (milliseconds from 2·10^10 on). Undefined for anything else, and for a date no calendar has.
 */
export function parseTimestamp(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?\d+(?:\.\d+)?$/.test(trimmed)) return timestampFromNumber(Number(trimmed));
  const [whole, year = "", month = "", day = "", hour, minute, second, fraction, zone] =
    written.exec(trimmed) ?? [];
  if (whole === undefined) return undefined;
  const days = Date.parse(`${year}-${month}-${day}T00:00:00.000Z`);
  // A day that the month does not have would be taken for one of the next month.
  if (Number.isNaN(days) || new Date(days).getUTCDate() !== Number(day)) return undefined;
  const [hours, minutes, seconds] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  const milliseconds = Number(`${fraction ?? ""}000`.slice(0, 3));
  const time = ((hours * 60 + minutes - offset) * 60 + seconds) * 1000 + milliseconds;
  return inRange(days + time);
}

/** Reads a time told as a number, in epoch seconds, or milliseconds from 2·10^10 on. */
export function timestampFromNumber(number: number): number | undefined {
  if (!Number.isFinite(number)) return undefined;
  return inRange(Math.floor(Math.abs(number) > mostSeconds ? number : number * 1000));
}

/** Writes a time as answers tell it, in UTC to the millisecond; null where there is none. */
export function formatTimestamp(moment: number): string;
export function formatTimestamp(moment: number | null): string | null;
export function formatTimestamp(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}

function inRange(moment: number): number | undefined {
  return moment >= earliest && moment <= latest ? moment : undefined;
}

/** Minutes east of UTC. */
function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
