import { searchKey, validateText } from "./text.ts";

/** Stands before each searched field; no stored text has it. See the search migration. */
const fieldStart = "\u0001\u0001";

/** Terms past this many are looked at row by row instead of through the index. */
const indexedTerms = 16;

/** The searched fields of one row as one text. */
export function searchText(fields: readonly string[]): string {
  return fields.map((field) => fieldStart + searchKey(field)).join("\n");
}

/**
 * The terms of a search: split at white space and commas, a quoted phrase kept whole, each in
 * the form that is searched, none twice. Any character is an ordinary one.
 * The splitting is that of Django REST framework's SearchFilter.
 */
export function searchTerms(search: string): string[] {
  const terms = new Set<string>();
  for (const found of splitWords(search)) {
    const word = found.replace(/^,+|,+$/g, "");
    const quote = word[0];
    if (word.length > 1 && (quote === '"' || quote === "'") && word.endsWith(quote)) {
      terms.add(word.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll("\\\\", "\\"));
    } else {
      for (const part of word.split(",")) terms.add(part.trim());
    }
  }
  terms.delete("");
  return [...new Set([...terms].map(searchKey))];
}

/** Words, in each of which quotes that are closed keep white space; in one walk, however many are not. */
function splitWords(search: string): string[] {
  const words: string[] = [];
  /** Quotes with no partner from somewhere on have none further on either. */
  const unpaired = new Set<string>();
  const endOf = (form: RegExp, start: number): number => {
    form.lastIndex = start;
    return form.test(search) ? form.lastIndex : start;
  };
  for (let at = endOf(space, 0); at < search.length;) {
    let end = at;
    for (let next = endOf(plain, at); ;) {
      const quote = search[next];
      if ((quote !== '"' && quote !== "'") || unpaired.has(quote)) break;
      const closed = endOf(quote === '"' ? doubleQuoted : singleQuoted, next);
      if (closed === next) {
        unpaired.add(quote);
        break;
      }
      next = endOf(plain, closed);
      end = next;
    }
    if (end === at) end = endOf(unspaced, at);
    words.push(search.slice(at, end));
    at = endOf(space, end);
  }
  return words;
}

const space = /\s+/uy;
const plain = /[^\s'"]+/uy;
const unspaced = /\S+/uy;
const doubleQuoted = /"(?:[^"\\]|\\.)*"/suy;
const singleQuoted = /'(?:[^'\\]|\\.)*'/suy;

/** Whether no stored text can have a term in it: it could not be stored itself. */
export function isUnsearchable(term: string): boolean {
  return validateText(term) !== undefined;
}

/** A platform-wide search in the form the database takes. */
export interface IndexedSearch {
  /** FTS5 query over the trigram index. */
  readonly match: string;
  /** Terms that `match` leaves out or cannot tell, to be looked for in each row it finds. */
  readonly rest: readonly string[];
}

/**
 * Turns terms into a query of the trigram index: terms of three characters and more are found
 * anywhere, shorter ones at the beginning of a field. Undefined when nothing can match.
 */
export function toIndexedSearch(terms: readonly string[]): IndexedSearch | undefined {
  if (terms.some(isUnsearchable)) return undefined;
  const longestFirst = terms.toSorted((left, right) => right.length - left.length).map(indexedForm);
  const indexed = longestFirst.slice(0, indexedTerms);
  const match = indexed.map((term) => `"${term.replaceAll('"', '""')}"`).join(" ");
  const rest = longestFirst.filter((term, at) => at >= indexedTerms || indistinct.test(term));
  return { match, rest };
}

/** Characters the index takes for one another, as it reads all of them as U+FFFD. */
const indistinct = /[\p{Noncharacter_Code_Point}\ufffd]/u;

function indexedForm(term: string): string {
  return [...term].length < 3 ? fieldStart.slice(0, 3 - [...term].length) + term : term;
}
