/** The words of names and titles. No word contains another, so a search finds exactly the intended titles. */

/** In about twenty titles, for every number of accounts. */
export const rareWord = "quagga";
/** In a tenth of all titles. */
export const commonWord = "harbour";
/** First letter of about one in eight titles. */
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
