// Views with names.
import { useState } from "preact/hooks";
import { download } from "../controls/download";
import { NamedList } from "../controls/named_list";
import { addBookmark, addBookmarksOf, openBookmark } from "../effects/open_bookmarks";
import { writeBookmarks } from "../state/parts/bookmarks";
import type { Store } from "../state/store";

const MOST_BYTES = 50_000_000;

export function BookmarkList({ store }: { store: Store }) {
  const { list, unkept } = store.bookmarks;
  const [said, setSaid] = useState("");
  const load = async (file: File) => {
    try {
      if (file.size > MOST_BYTES) throw new Error("The file is larger than 50 MB.");
      const notTaken = addBookmarksOf(store, await file.text());
      setSaid(notTaken === "" ? "" : `Left out: ${notTaken}.`);
    } catch (reason) {
      setSaid(reason instanceof Error ? reason.message : String(reason));
    }
  };
  return (
    <>
      <h2>Bookmarks</h2>
      <NamedList
        name="Bookmarks"
        named={list.value.map((one) => one.name)}
        present="view"
        title="Bookmark this view: run, camera, selection, overlays"
        openTitle="Show this view"
        removeTitle="Remove this bookmark"
        keep={(name) => addBookmark(store, name)}
        open={(name) => openBookmark(store, name)}
        remove={(name) => store.bookmarks.removeBookmark(name)}
      />
      <div class="row-of-fields">
        <button
          type="button"
          disabled={list.value.length === 0}
          title="Save all bookmarks as one file"
          onClick={() => download("bookmarks.json", writeBookmarks(list.value), "application/json")}
        >
          Save as file
        </button>
        <label class="file" title="Load bookmarks saved here or by the Projector">
          Load file
          <input
            type="file"
            class="unseen"
            accept=".json,.txt,application/json"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file !== undefined) load(file);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </div>
      {said !== "" && (
        <p class="hint" role="status">
          {said}
        </p>
      )}
      {unkept.value && (
        <p role="alert">This browser stores nothing for this page: save bookmarks as a file.</p>
      )}
    </>
  );
}
