import { readdir, readFile } from "node:fs/promises";

/** Ticks of the clock in which Linux counts a process's time, each second. */
const ticks = 100;

/** Returns the runtime's process id, the child of this one; undefined where the system does not tell. */
export async function findRuntime(): Promise<number | undefined> {
  for (const id of await readdir("/proc").catch(() => [])) {
    const [name, , parent] = /^\d+$/.test(id) ? await statusOf(Number(id)) : [];
    if (name === "workerd" && Number(parent) === process.pid) return Number(id);
  }
  return undefined;
}

/** Returns the processor time that a process has used, in seconds. */
export async function processorSeconds(id: number): Promise<number> {
  const fields = await statusOf(id);
  return (Number(fields[12]) + Number(fields[13])) / ticks;
}

/** The name of a process, which may hold spaces, its state and so on. */
async function statusOf(id: number): Promise<string[]> {
  const text = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  const [, name, rest] = /\((.*)\) (.*)/.exec(text) ?? [];
  return name === undefined || rest === undefined ? [] : [name, ...rest.split(" ")];
}

/** Returns the memory that a process holds, in bytes. */
export async function residentBytes(id: number): Promise<number> {
  const text = await readFile(`/proc/${id}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}
