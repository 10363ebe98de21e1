// What a query has found so far.
import type { Masks, Search } from "./search";

/** What the search field has found; nothing has been asked where it is null. */
export type SearchResult =
  | { readonly kind: "samples"; readonly ids: readonly number[]; readonly among: number }
  /** Regular expressions are being tried: on which share of the texts they have been. */
  | { readonly kind: "searching"; readonly share: number }
  | { readonly kind: "error"; readonly message: string };

/** What the worker has said of a query's regular expressions. */
export type PatternSearch =
  | { readonly search: Search; readonly masks: Masks }
  | { readonly search: Search; readonly share: number }
  | { readonly search: Search; readonly error: string };
