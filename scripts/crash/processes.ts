import { execFileSync } from "node:child_process";

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly group: number;
}

/** Returns the process groups of a process and of everything that it started, however deep. */
export function groupsOf(root: number): Set<number> {
  const all = livingProcesses();
  const family = new Set([root]);
  for (let known = 0; known < family.size;) {
    known = family.size;
    for (const { id, parent } of all) {
      if (family.has(parent)) family.add(id);
    }
  }
  return new Set(all.filter(({ id }) => family.has(id)).map(({ group }) => group));
}

/** Returns the ids of the living processes of some groups. */
export function membersOf(groups: ReadonlySet<number>): number[] {
  return livingProcesses()
    .filter(({ group }) => groups.has(group))
    .map(({ id }) => id);
}

/** A process that ended and that nobody waited for is none. */
function livingProcesses(): Process[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" }).split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([id, , , state]) => id !== "" && state?.startsWith("Z") === false)
    .map(([id, parent, group]) => ({ id: Number(id), parent: Number(parent), group: Number(group) }));
}
