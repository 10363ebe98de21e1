// Tags for some samples, by button or by key.

import { TAGS } from "../model/samples/tags";
import type { Store } from "../state/store";

interface TagBarProps {
  readonly store: Store;
  readonly ids: readonly number[];
}

export function TagBar({ store, ids }: TagBarProps) {
  const { tags } = store.samples;
  if (ids.length === 0) return null;
  return (
    <fieldset class="tags">
      <legend class="unseen">{ids.length === 1 ? "Tag this sample" : "Tag these samples"}</legend>
      {TAGS.map((tag, i) => (
        <button
          key={tag}
          type="button"
          aria-pressed={ids.every((id) => tags.value.get(id) === tag)}
          title={`Tag as "${tag}", or remove the tag (key ${i + 1})`}
          onClick={() => store.samples.tagSamples(ids, tag)}
        >
          <span class="key" aria-hidden="true">
            {i + 1}
          </span>{" "}
          {tag}
        </button>
      ))}
    </fieldset>
  );
}
