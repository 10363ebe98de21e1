// Lets the regular expressions of the search field be tried, and those of what an address or a bookmark selects.
import { effect } from "@preact/signals";
import { readQuery } from "../model/samples/search";
import type { Store } from "../state/store";
import { findPatterns, PatternError } from "./pattern_search";

export function tryPatterns(store: Store, signal: AbortSignal): void {
  const { search, tried } = store.samples;
  effect(() => {
    const asked = search.value;
    if (asked === null || "error" in asked || asked.patterns.length === 0) return;
    const unwanted = new AbortController();
    const wanted = AbortSignal.any([signal, unwanted.signal]);
    const tell = (share: number) => {
      if (!wanted.aborted) tried.value = { search: asked, share };
    };
    findPatterns(asked.patterns, wanted, tell).then(
      (masks) => {
        if (!wanted.aborted) tried.value = { search: asked, masks };
      },
      (reason) => {
        if (!wanted.aborted) tried.value = { search: asked, error: inWords(reason) };
      },
    );
    return () => unwanted.abort();
  });
}

/** The samples that a query finds, hidden ones too; what is wrong with it in words. */
export async function samplesFound(
  store: Store,
  query: string,
  signal: AbortSignal,
): Promise<{ readonly ids: number[] } | { readonly error: string }> {
  const search = readQuery(query, store.samples.columns.value, {
    label: store.label.value,
    samples: store.samples.count.value,
  });
  if (search === null) return { ids: [] };
  if ("error" in search) return search;
  try {
    const masks = await findPatterns(search.patterns, signal);
    const all = Array.from({ length: store.samples.count.value }, (_, i) => i);
    return { ids: all.filter((sample) => search.matches(sample, masks)) };
  } catch (reason) {
    return { error: inWords(reason) };
  }
}

function inWords(reason: unknown): string {
  if (reason instanceof PatternError) return reason.message;
  throw reason;
}
