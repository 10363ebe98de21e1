// Selections with names, and tags: kept by this browser, taken along as files.
import { download } from "../controls/download";
import { NamedList } from "../controls/named_list";

import { rowsCsv, tagsCsv } from "../model/samples/csv";
import type { Store } from "../state/store";

export function NamedSelections({ store }: { store: Store }) {
  const { named, tags, selection, unkept, columns } = store.samples;
  const idsOf = (name: string) => named.value.find((one) => one.name === name)?.ids ?? [];
  return (
    <section class="named" aria-label="Named selections">
      <NamedList
        name="Saved selections"
        named={named.value.map((one) => one.name)}
        present={selection.value === null ? null : "selection"}
        title="Save the selection under this name, for later visits too"
        openTitle="Select these samples again"
        removeTitle="Remove this selection"
        keep={(name) => store.samples.nameSelection(name)}
        open={(name) => store.samples.select(idsOf(name), "list")}
        remove={(name) => store.samples.forgetSelection(name)}
      >
        {(name) => (
          <>
            <span class="count">{idsOf(name).length.toLocaleString("en-US")}</span>
            <button
              type="button"
              class="icon"
              aria-label={`Save ${name} as CSV`}
              title="Save its rows as a CSV file"
              onClick={() =>
                download(`${name}.csv`, rowsCsv(idsOf(name), columns.value), "text/csv")
              }
            >
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d="M11 4h2v8h4l-5 5-5-5h4zM5 18h14v2H5z" />
              </svg>
            </button>
          </>
        )}
      </NamedList>
      {tags.value.size > 0 && (
        <p class="tagged">
          {tags.value.size.toLocaleString("en-US")} {tags.value.size === 1 ? "sample" : "samples"}{" "}
          tagged{" "}
          <button
            type="button"
            title="Samples and their tags as a CSV file"
            onClick={() => download("tags.csv", tagsCsv(tags.value), "text/csv")}
          >
            Save tags
          </button>
        </p>
      )}
      {unkept.value && (
        <p role="alert">
          This browser stores nothing for this page: save tags and selections before you leave.
        </p>
      )}
    </section>
  );
}
