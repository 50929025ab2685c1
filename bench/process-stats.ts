import { readdir, readFile } from "node:fs/promises";

/** Clock ticks per second in which Linux counts processor time. */
const ticksPerSecond = 100;

/** Returns the process id of the runtime, a child of this process. Undefined where the system has no `/proc`. */
export async function findRuntime(): Promise<number | undefined> {
  for (const id of await readdir("/proc").catch(() => [])) {
    const [name, , parent] = /^\d+$/.test(id) ? await readStat(Number(id)) : [];
    if (name === "workerd" && Number(parent) === process.pid) return Number(id);
  }
  return undefined;
}

/** Returns the processor time that a process has used, in seconds. */
export async function processorSeconds(id: number): Promise<number> {
  const fields = await readStat(id);
  return (Number(fields[12]) + Number(fields[13])) / ticksPerSecond;
}

/** Returns the name of a process, which may contain spaces, and the fields after it. */
async function readStat(id: number): Promise<string[]> {
  const text = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  const [, name, rest] = /\((.*)\) (.*)/.exec(text) ?? [];
  return name === undefined || rest === undefined ? [] : [name, ...rest.split(" ")];
}

/** Returns the memory that a process holds, in bytes. */
export async function residentBytes(id: number): Promise<number> {
  const text = await readFile(`/proc/${id}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}
