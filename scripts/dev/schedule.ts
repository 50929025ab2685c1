/** The schedule in wrangler.toml. `wrangler dev` does not run it. */
export const CRON = "*/5 * * * *";
const INTERVAL = 5 * 60_000;

/** Runs the service's scheduled work every five minutes, for as long as the process lives. */
export function runSchedule(port: number): void {
  setInterval(() => void trigger(port), INTERVAL);
}

async function trigger(port: number): Promise<void> {
  const query = new URLSearchParams({ cron: CRON }).toString();
  try {
    // A path of the local runtime, which accepts requests of this machine only.
    const response = await fetch(`http://127.0.0.1:${port}/cdn-cgi/local/scheduled?${query}`);
    if (!response.ok) console.error("The scheduled work failed:", await response.text());
  } catch (error) {
    console.error("The scheduled work was not run:", String(error));
  }
}
