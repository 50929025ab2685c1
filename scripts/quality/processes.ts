import { execFileSync } from "node:child_process";

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly group: number;
}

/** Returns the process groups of a process and of all its descendants. */
export function findGroups(root: number): Set<number> {
  const processes = listProcesses();
  const family = new Set([root]);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { id, parent } of processes) {
      if (family.has(parent)) family.add(id);
    }
  }
  return new Set(processes.filter(({ id }) => family.has(id)).map(({ group }) => group));
}

/** Returns the ids of the running processes of these groups. */
export function findMembers(groups: ReadonlySet<number>): number[] {
  return listProcesses()
    .filter(({ group }) => groups.has(group))
    .map(({ id }) => id);
}

/** Lists all running processes, without zombies. */
function listProcesses(): Process[] {
  const output = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" });
  return output
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([id, , , state]) => id !== "" && state?.startsWith("Z") === false)
    .map(([id, parent, group]) => ({ id: Number(id), parent: Number(parent), group: Number(group) }));
}
