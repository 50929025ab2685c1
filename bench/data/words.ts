/** What names and titles are made of. No word holds another, so that a search finds what it is meant to. */

/** Stands in some twenty titles, however many there are. */
export const rareWord = "quagga";
/** Stands in a tenth of all titles. */
export const commonWord = "harbour";
/** Begins a title in some eight. */
export const oneLetter = "m";

export const adjectives = [
  "amber",
  "brisk",
  "copper",
  "distant",
  "early",
  "fluent",
  "gentle",
  "hollow",
  "ivory",
  "jolly",
  "keen",
  "lunar",
  "mellow",
  "mighty",
  "misty",
  "noble",
  "open",
  "plain",
  "quiet",
  "rapid",
  "silent",
  "tidy",
  "upper",
  "vivid",
];

export const nouns = [
  "anvil",
  "bakery",
  "canyon",
  "dairy",
  "estate",
  "forge",
  "garden",
  "hotel",
  "island",
  "jewels",
  "kettle",
  "lantern",
  "museum",
  "nursery",
  "orchard",
  "pottery",
  "quarry",
  "rocket",
  "studio",
  "textile",
  "umbrella",
  "vineyard",
  "workshop",
  "yard",
];

export const firstNames = [
  "Ada",
  "Bruno",
  "Chloé",
  "Dmitri",
  "Elena",
  "Farid",
  "Greta",
  "Hiro",
  "Ingrid",
  "José",
  "Katya",
  "Liam",
  "Mina",
  "Noor",
  "Olga",
  "Pavel",
];

export const lastNames = [
  "Almeida",
  "Berger",
  "Castro",
  "Dubois",
  "Eriksen",
  "Ferrari",
  "García",
  "Haddad",
  "Ito",
  "Jansen",
  "Kowalski",
  "Lindqvist",
  "Moreau",
  "Novak",
  "Okafor",
  "Petrov",
];
