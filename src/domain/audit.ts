/** Audit ids a millisecond; 1,024 keep them safe integers until the year 2248. */
const idsPerMillisecond = 1024;

/** The least id an audit row of this moment, in epoch milliseconds, can have: ids go with time. */
export function firstAuditId(moment: number): number {
  return moment * idsPerMillisecond;
}

/** Who did what the service does by itself. */
export const systemActor = { uuid: "system" } as const;
