/** What a request pays for distance: round trips times the way, from a location near the caller to where the data is. */

/** Within one region, from a location to what is kept there; an assumption. */
const near = 10;

/**
 * Milliseconds of a round trip to Western Europe and to Eastern North America, measured between data
 * centres of other networks: IBM Cloud, 17 August to 15 September 2024, from Frankfurt, Washington, Dallas,
 * São Paulo, Tokyo and Sydney; cloudping.co from Cape Town. The share of the world's requests is an assumption.
 */
export const continents = [
  { name: "Europe", share: 0.4, hours: 1, weur: near, enam: 91, replica: near },
  { name: "North America, east", share: 0.2, hours: -5, weur: 91, enam: near, replica: near },
  { name: "North America, centre", share: 0.13, hours: -6, weur: 123, enam: 31, replica: 31 },
  { name: "Asia", share: 0.15, hours: 9, weur: 231, enam: 166, replica: near },
  // No replicas are kept in South America and Africa: the nearest is in Eastern North America and Western Europe.
  { name: "South America", share: 0.06, hours: -3, weur: 198, enam: 118, replica: 118 },
  { name: "Oceania", share: 0.03, hours: 10, weur: 250, enam: 214, replica: near },
  { name: "Africa", share: 0.03, hours: 2, weur: 155, enam: 227, replica: 155 },
] as const;

export interface RegionCost {
  readonly from: string;
  readonly share: number;
  /** One trip to the primary, which stands in Western Europe. */
  readonly read: number;
  /** One trip to the nearest replica. */
  readonly readFromReplica: number;
  /** Two trips to the primary: a look and the batch. */
  readonly write: number;
  /** One trip to the primary, one to the usage object in each of the two zones. */
  readonly incrementInEurope: number;
  readonly incrementInUs: number;
}

/** What a request from each continent waits for, in milliseconds, besides the work itself; the database is in Western Europe. */
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
