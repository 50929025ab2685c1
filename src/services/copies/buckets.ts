/** What a usage object stores, as buckets that can be told. */
import { bucketStart } from "../../domain/buckets.ts";
import { metrics } from "../../domain/usage.ts";
import type { UsageRow } from "../../durable/copy.ts";

export interface UsageBucket {
  readonly size: "hour" | "day";
  readonly at: number;
  /** A uuid; null for all together. */
  readonly knowledgebox: string | null;
  /** Those that are not 0. */
  readonly sums: Readonly<Record<string, number>>;
}

/**
 * Makes buckets of the rows of `meta`, `hours` and `days`, in that order. The hour that increments are
 * counted in stands in `meta`: it is added to its hour and its day, or left over where they have no row.
 */
export function toBuckets(): {
  readonly take: (rows: readonly UsageRow[]) => UsageBucket[];
  readonly left: () => UsageBucket[];
} {
  let open: UsageBucket[] = [];
  const take = (rows: readonly UsageRow[]) =>
    rows.flatMap(({ table, row }) => {
      if (table === "meta") {
        open = openBuckets(Number(row["hour"]), Number(row["hour_usage"]));
        return [];
      }
      const size = table === "hours" ? "hour" : "day";
      const at = Number(row["at"]);
      const knowledgebox = row["knowledgebox"] === "" ? null : String(row["knowledgebox"]);
      const added = open.find((one) => one.size === size && one.at === at && knowledgebox === null);
      open = open.filter((one) => one !== added);
      const sums = metrics
        .map((name) => [name, Number(row[name]) + (added?.sums[name] ?? 0)] as const)
        .filter(([, sum]) => sum > 0);
      return [{ size, at, knowledgebox, sums: Object.fromEntries(sums) } as const];
    });
  return { take, left: () => open };
}

function openBuckets(hour: number, usage: number): UsageBucket[] {
  if (usage === 0) return [];
  return [
    { size: "hour", at: hour, knowledgebox: null, sums: { usage } },
    { size: "day", at: bucketStart("day", hour), knowledgebox: null, sums: { usage } },
  ];
}
