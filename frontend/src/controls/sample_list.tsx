// Samples in a given order: the thumbnail, the number and the value that colours each, and what the list has to say of it.
import type { ComponentChildren } from "preact";
import { ListBox } from "./list_box";
import { Thumbnail, type ThumbnailSheets } from "./thumbnail";

const ROW_HEIGHT = 40;
const IMAGE = 32;

export interface SampleListProps {
  readonly name: string;
  readonly ids: readonly number[];
  readonly sprites: ThumbnailSheets | null;
  /** The sample whose card is shown, if it is to be marked. */
  readonly chosen: number | null;
  readonly choose: (sample: number) => void;
  /** The pointer is over one, or over none any more. */
  readonly point: (sample: number | null) => void;
  /** What is written beside a sample, with its color where that is what colors it; null where nothing is. */
  readonly sampleValue: ((sample: number) => { color: string | undefined; word: string }) | null;
  /** What stands at the end of the row at a place. */
  readonly children: (place: number) => ComponentChildren;
}

export function SampleList(props: SampleListProps) {
  const { name, ids, sprites, chosen, choose, point, sampleValue, children } = props;
  const at = (place: number) => ids[place] ?? 0;
  return (
    <ListBox
      name={name}
      count={ids.length}
      rowHeight={ROW_HEIGHT}
      chosen={chosen === null ? null : ids.indexOf(chosen)}
      keyOf={at}
      choose={(place) => choose(at(place))}
      point={(place) => point(place === null ? null : at(place))}
    >
      {(place) => {
        const value = sampleValue?.(at(place));
        return (
          <div class="of-sample">
            {sprites !== null && (
              <Thumbnail sprites={sprites} sample={at(place)} side={IMAGE} silent />
            )}
            <span>
              <span class="unseen">Sample </span>
              {at(place)}
            </span>
            {value !== undefined && (
              <>
                {value.color !== undefined && (
                  <span class="swatch" style={{ background: value.color }} />
                )}
                <span class="name">{value.word}</span>
              </>
            )}
            {children(place)}
          </div>
        );
      }}
    </ListBox>
  );
}
