import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../cli.ts";

/** Runs the worker's crons for as long as the process lives: `wrangler dev` leaves that to its user. */
export async function runCrons(port: number): Promise<void> {
  const crons = cronsOf(await readFile("wrangler.toml", "utf8")).filter(isUnderstood);
  for (;;) {
    await sleep(60_000 - (Date.now() % 60_000));
    const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000);
    for (const cron of crons.filter((expression) => cronMatches(expression, minute))) {
      void runCron(port, cron, minute);
    }
  }
}

async function runCron(port: number, cron: string, minute: Date): Promise<void> {
  const query = new URLSearchParams({ cron, time: String(minute.getTime()) }).toString();
  try {
    // Miniflare's own way in, which it opens to callers on this machine only.
    const response = await fetch(`http://127.0.0.1:${port}/cdn-cgi/local/scheduled?${query}`);
    if (!response.ok) {
      console.error(`the cron "${cron}" failed: ${await response.text()}`);
    }
  } catch (error) {
    console.error(`the cron "${cron}" was not run: ${String(error)}`);
  }
}

function isUnderstood(expression: string): boolean {
  try {
    cronMatches(expression, new Date());
    return true;
  } catch (error) {
    console.error(error instanceof CliError ? error.message : error);
    return false;
  }
}

/** Returns the cron expressions of a wrangler.toml. */
export function cronsOf(wranglerToml: string): string[] {
  const list = /^\s*crons\s*=\s*\[([^\]]*)\]/m.exec(wranglerToml)?.[1] ?? "";
  return [...list.matchAll(/"([^"]*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? "");
}

/**
 * Tells whether a cron expression names this minute (UTC).
 *
 * Understands minutes and hours, as `*`, `*` with a step, a number, a range or a list of these; the other three fields
 * must be `*`, and anything else throws a CliError.
 */
export function cronMatches(expression: string, at: Date): boolean {
  const [minutes = "", hours = "", ...days] = expression.trim().split(/\s+/);
  if (days.length !== 3 || days.some((field) => field !== "*")) {
    throw new CliError(`a local run does not understand the cron "${expression}"`);
  }
  const now = [at.getUTCMinutes(), at.getUTCHours()] as const;
  const [minute, hour] = [fieldMatches(minutes, now[0], expression), fieldMatches(hours, now[1], expression)];
  return minute && hour;
}

function fieldMatches(field: string, value: number, expression: string): boolean {
  return field
    .split(",")
    .map((part) => partMatches(part, value, expression))
    .includes(true);
}

function partMatches(part: string, value: number, expression: string): boolean {
  const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/([1-9]\d*))?$/.exec(part);
  if (match === null) {
    throw new CliError(`a local run does not understand the cron "${expression}"`);
  }
  const [, first, last, step] = match;
  const from = Number(first ?? 0);
  const to = Number(last ?? (first === undefined || step !== undefined ? Infinity : first));
  return value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
}
