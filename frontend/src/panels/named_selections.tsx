// Selections with names, and tags: kept by this browser, taken along as files.
import { useState } from "preact/hooks";
import { download } from "../controls/download";
import { forget_selection, name_selection, select } from "../state/choose";
import { rows_csv, tags_csv } from "../state/rows";
import type { Store } from "../state/store";

export function NamedSelections({ store }: { store: Store }) {
  const { named, tags, selection, unkept, columns } = store.choosing;
  const [name, set_name] = useState("");
  return (
    <section class="named" aria-label="Named selections">
      {selection.value !== null && (
        <form
          class="row-of-fields"
          onSubmit={(event) => {
            event.preventDefault();
            name_selection(store, name);
            set_name("");
          }}
        >
          <input
            type="text"
            aria-label="Name of this selection"
            title="Under which it can be selected again, also on the next visit"
            placeholder="Name this selection"
            maxLength={80}
            value={name}
            onInput={(event) => set_name(event.currentTarget.value)}
          />
          <button
            type="submit"
            title="Keep this selection under that name"
            disabled={name.trim() === ""}
          >
            Keep
          </button>
        </form>
      )}
      {named.value.length > 0 && (
        <ul>
          {named.value.map((one) => (
            <li key={one.name}>
              <button
                type="button"
                class="link"
                title="Select these samples again"
                onClick={() => select(store, one.ids, "list")}
              >
                {one.name}
              </button>
              <span class="count">{one.ids.length.toLocaleString("en-US")}</span>
              <button
                type="button"
                class="icon"
                aria-label={`Download ${one.name}`}
                title="Download its rows as a CSV file"
                onClick={() =>
                  download(`${one.name}.csv`, rows_csv(one.ids, columns.value), "text/csv")
                }
              >
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d="M11 4h2v8h4l-5 5-5-5h4zM5 18h14v2H5z" />
                </svg>
              </button>
              <button
                type="button"
                class="icon"
                aria-label={`Forget ${one.name}`}
                title="Forget this selection"
                onClick={() => forget_selection(store, one.name)}
              >
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d="M9 4h6l1 1h4v2H4V5h4zM6 8h12l-1 12H7z" />
                </svg>
              </button>
            </li>
          ))}
        </ul>
      )}
      {tags.value.size > 0 && (
        <p class="tagged">
          {tags.value.size.toLocaleString("en-US")} tagged{" "}
          <button
            type="button"
            title="Sample and tag of each as a CSV file"
            onClick={() => download("tags.csv", tags_csv(tags.value), "text/csv")}
          >
            Download tags
          </button>
        </p>
      )}
      {unkept.value && (
        <p role="alert">
          This browser keeps nothing for this page: download tags and selections before you leave.
        </p>
      )}
    </section>
  );
}
