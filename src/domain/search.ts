import { searchKey, validateText } from "./text.ts";

/** Marks the start of each searched field; no stored text contains it. See the search migration. */
const fieldStart = "\u0001\u0001";

/** Further terms are checked in each row that the index finds. */
const maxIndexedTerms = 16;

/** Joins the searched fields of a row into the indexed text. */
export function searchText(fields: readonly string[]): string {
  return fields.map((field) => fieldStart + searchKey(field)).join("\n");
}

/**
 * Splits a search into distinct terms, as Django REST framework's SearchFilter does: at white space and
 * commas, but not inside a quoted phrase. No character has a special meaning in a term.
 */
export function searchTerms(search: string): string[] {
  const terms = new Set<string>();
  for (const rawWord of splitWords(search)) {
    const word = rawWord.replace(/^,+|,+$/g, "");
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

/** Splits at white space outside of closed quotes, in linear time even if many quotes are not closed. */
function splitWords(search: string): string[] {
  const words: string[] = [];
  /** Once a quote has no closing partner, no later one has. */
  const unpaired = new Set<string>();
  const endOf = (pattern: RegExp, start: number): number => {
    pattern.lastIndex = start;
    return pattern.test(search) ? pattern.lastIndex : start;
  };
  for (let at = endOf(space, 0); at < search.length;) {
    let end = at;
    for (let next = endOf(plain, at); ;) {
      const quote = search[next];
      if ((quote !== '"' && quote !== "'") || unpaired.has(quote)) break;
      const quoteEnd = endOf(quote === '"' ? doubleQuoted : singleQuoted, next);
      if (quoteEnd === next) {
        unpaired.add(quote);
        break;
      }
      next = endOf(plain, quoteEnd);
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

/** Whether a term cannot occur in any stored text. */
export function isUnsearchable(term: string): boolean {
  return validateText(term) !== undefined;
}

/** A search with the full-text index. */
export interface IndexedSearch {
  /** FTS5 query of the trigram index. */
  readonly match: string;
  /** Terms that `match` omits or cannot match exactly; to be checked in each row found. */
  readonly rest: readonly string[];
}

/**
 * Converts terms into a query of the trigram index. Terms of three or more characters match anywhere,
 * shorter ones at the start of a field. Returns undefined if nothing can match.
 */
export function toIndexedSearch(terms: readonly string[]): IndexedSearch | undefined {
  if (terms.some(isUnsearchable)) return undefined;
  const longestFirst = terms.toSorted((left, right) => right.length - left.length).map(indexedForm);
  const indexed = longestFirst.slice(0, maxIndexedTerms);
  const match = indexed.map((term) => `"${term.replaceAll('"', '""')}"`).join(" ");
  const rest = longestFirst.filter((term, index) => index >= maxIndexedTerms || ambiguous.test(term));
  return { match, rest };
}

/** Characters that the index does not distinguish: it reads all of them as U+FFFD. */
const ambiguous = /[\p{Noncharacter_Code_Point}\ufffd]/u;

function indexedForm(term: string): string {
  return [...term].length < 3 ? fieldStart.slice(0, 3 - [...term].length) + term : term;
}
