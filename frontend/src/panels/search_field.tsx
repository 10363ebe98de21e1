// The search: says at once how many samples it finds or what is wrong with the query; Enter selects them.
import { useEffect, useRef } from "preact/hooks";

import type { SearchResult } from "../model/samples/search_result";
import type { Store } from "../state/store";

/** Looking through many rows takes time that typing should not wait for. */
const PATIENCE = 150;

export function SearchField({ store }: { store: Store }) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef(0);
  const { query, found } = store.samples;
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // Somebody has cleared the query elsewhere.
    if (query.value === "" && field.current !== document.activeElement && field.current) {
      field.current.value = "";
    }
  }, [query.value]);
  const ask = () => {
    clearTimeout(timer.current);
    store.samples.searchFor(field.current?.value ?? "");
  };
  return (
    <search class="search">
      <input
        ref={field}
        id="search"
        type="search"
        aria-label="Search samples"
        aria-describedby="found"
        aria-invalid={found.value?.kind === "error"}
        placeholder="Search"
        title="text, /regular expression/, column:value, column<0.5, date<2024-02-01"
        autocomplete="off"
        spellcheck={false}
        onInput={() => {
          clearTimeout(timer.current);
          timer.current = window.setTimeout(ask, PATIENCE);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          ask();
          const subtract = event.ctrlKey || event.metaKey;
          store.samples.selectFound(event.shiftKey ? "add" : subtract ? "subtract" : "replace");
        }}
      />
      <div id="found" role="status" class={found.value?.kind === "error" ? "found error" : "found"}>
        {found.value !== null && <p>{sentence(found.value)}</p>}
      </div>
    </search>
  );
}

function sentence(found: SearchResult): string {
  if (found.kind === "error") return `${found.message}.`;
  if (found.kind === "searching") return `Searching: ${Math.floor(100 * found.share)} %…`;
  const count = found.ids.length.toLocaleString("en-US");
  const among = found.among.toLocaleString("en-US");
  const then = found.ids.length > 0 ? "; press Enter to select them" : "";
  return `${count} of ${among} samples${then}.`;
}
