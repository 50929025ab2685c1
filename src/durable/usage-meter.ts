import { DurableObject } from "cloudflare:workers";

/** One account's usage, in the SQLite of one Durable Object named by the account's uuid. */
export class UsageMeter extends DurableObject {
  /** Forgets everything, alarms included; what is counted afterwards starts from nothing. */
  async erase(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }
}
