/** Parsing and formatting of timestamps. Inside the service they are epoch milliseconds. */

/** The last millisecond of the year 9999 and the first of the year 1: the range of RFC 3339. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const earliest = Date.parse("0001-01-01T00:00:00.000Z");

/** Numbers up to this one are epoch seconds; larger ones are milliseconds, as in pydantic. */
const maxSeconds = 2e10;

const dateTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Parses RFC 3339 with `Z`, an offset or none (UTC), a date, or epoch seconds (milliseconds above
 * 2·10^10). Returns undefined for anything else, and for a date that does not exist.
 */
export function parseTimestamp(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?\d+(?:\.\d+)?$/.test(trimmed)) return timestampFromNumber(Number(trimmed));
  const [whole, year = "", month = "", day = "", hour, minute, second, fraction, zone] =
    dateTime.exec(trimmed) ?? [];
  if (whole === undefined) return undefined;
  const days = Date.parse(`${year}-${month}-${day}T00:00:00.000Z`);
  // Date.parse would move a day that the month does not have to the next month.
  if (Number.isNaN(days) || new Date(days).getUTCDate() !== Number(day)) return undefined;
  const [hours, minutes, seconds] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  const milliseconds = Number(`${fraction ?? ""}000`.slice(0, 3));
  const time = ((hours * 60 + minutes - offset) * 60 + seconds) * 1000 + milliseconds;
  return inRange(days + time);
}

/** Converts a number: epoch seconds, or milliseconds above 2·10^10. Returns undefined if it is out of range. */
export function timestampFromNumber(number: number): number | undefined {
  if (!Number.isFinite(number)) return undefined;
  return inRange(Math.floor(Math.abs(number) > maxSeconds ? number : number * 1000));
}

/** Formats a timestamp for responses: RFC 3339 in UTC with milliseconds; null stays null. */
export function formatTimestamp(timestamp: number): string;
export function formatTimestamp(timestamp: number | null): string | null;
export function formatTimestamp(timestamp: number | null): string | null {
  return timestamp === null ? null : new Date(timestamp).toISOString();
}

function inRange(timestamp: number): number | undefined {
  return timestamp >= earliest && timestamp <= latest ? timestamp : undefined;
}

/** Returns the offset from UTC in minutes, positive to the east; undefined if it is invalid. */
function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
