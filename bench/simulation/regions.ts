/** The latency that distance adds to a request: its round trips times the distance from the caller to the data. */

/** Milliseconds of a round trip within one region; an assumption. */
const sameRegion = 10;

/**
 * Milliseconds of a round trip to Western Europe (`weur`), Eastern North America (`enam`) and the nearest replica.
 * Measured between data centres of other networks: IBM Cloud, 17 August to 15 September 2024, from Frankfurt,
 * Washington, Dallas, São Paulo, Tokyo and Sydney; cloudping.co from Cape Town. `share` of all requests is an
 * assumption. `hours` is the difference to UTC.
 */
export const continents = [
  { name: "Europe", share: 0.4, hours: 1, weur: sameRegion, enam: 91, replica: sameRegion },
  { name: "North America, east", share: 0.2, hours: -5, weur: 91, enam: sameRegion, replica: sameRegion },
  { name: "North America, centre", share: 0.13, hours: -6, weur: 123, enam: 31, replica: 31 },
  { name: "Asia", share: 0.15, hours: 9, weur: 231, enam: 166, replica: sameRegion },
  // South America and Africa have no replicas. The nearest are in Eastern North America and Western Europe.
  { name: "South America", share: 0.06, hours: -3, weur: 198, enam: 118, replica: 118 },
  { name: "Oceania", share: 0.03, hours: 10, weur: 250, enam: 214, replica: sameRegion },
  { name: "Africa", share: 0.03, hours: 2, weur: 155, enam: 227, replica: 155 },
] as const;

export interface RegionCost {
  readonly from: string;
  readonly share: number;
  /** One round trip to the primary in Western Europe. */
  readonly read: number;
  /** One round trip to the nearest replica. */
  readonly readFromReplica: number;
  /** Two round trips to the primary: a read and the batch. */
  readonly write: number;
  /** One round trip to the primary and one to the usage object, in each of the two zones. */
  readonly incrementInEurope: number;
  readonly incrementInUs: number;
}

/** Returns the milliseconds that distance adds to a request from each continent. The database is in Western Europe. */
export function regionCosts(): RegionCost[] {
  return continents.map(({ name, share, weur, enam, replica }) => ({
    from: name,
    share,
    read: weur,
    readFromReplica: replica,
    write: 2 * weur,
    incrementInEurope: weur + weur,
    incrementInUs: weur + enam,
  }));
}
