// Samples in the order in which to look at them, each with its image and what is said of it.
import type { SpriteFacts } from "../types";
import { ListBox } from "./list_box";
import { Thumbnail } from "./thumbnail";

/** What stands beside a sample's number. */
export interface About {
  readonly color?: string | undefined;
  readonly name?: string;
  readonly count?: string;
}

interface RankedSamplesProps {
  readonly name: string;
  readonly ids: readonly number[];
  readonly sprites: {
    readonly facts: SpriteFacts;
    readonly sheets: readonly ImageBitmap[];
  } | null;
  /** The sample that is looked at. */
  readonly chosen: number | null;
  readonly choose: (sample: number) => void;
  /** The pointer is over one, or over none any more. */
  readonly point: (sample: number | null) => void;
  readonly about: (place: number) => About;
}

const ROW_HEIGHT = 40;
const IMAGE = 32;

export function RankedSamples(props: RankedSamplesProps) {
  const { name, ids, sprites, chosen, choose, point, about } = props;
  const at = (place: number) => ids[place] ?? 0;
  return (
    <ListBox
      name={name}
      count={ids.length}
      row_height={ROW_HEIGHT}
      chosen={chosen === null ? null : ids.indexOf(chosen)}
      key_of={at}
      choose={(place) => choose(at(place))}
      point={(place) => point(place === null ? null : at(place))}
    >
      {(place) => {
        const { color, name, count } = about(place);
        return (
          <div class="neighbor">
            {sprites !== null && (
              <Thumbnail sprites={sprites} sample={at(place)} side={IMAGE} silent />
            )}
            <span>
              <span class="unseen">Sample </span>
              {at(place)}
            </span>
            {color !== undefined && <span class="swatch" style={{ background: color }} />}
            {name !== undefined && <span class="name">{name}</span>}
            {count !== undefined && <span class="count">{count}</span>}
          </div>
        );
      }}
    </ListBox>
  );
}

interface RankingHeadProps {
  /** How many of them are listed, and how many there are. */
  readonly listed: number;
  readonly total: number;
  /** What the scores count; "" where there are none. */
  readonly score: string;
  readonly select: () => void;
}

/** Above a list: selects what it holds, and says what ranks it. */
export function RankingHead({ listed, total, score, select }: RankingHeadProps) {
  return (
    <div class="row-of-fields">
      <button type="button" onClick={select}>
        Select {listed < total ? `the first ${listed} of ${total}` : "all"}
      </button>
      <div class="spring" />
      {score !== "" && <small title={sentence(score)}>by {score}</small>}
    </div>
  );
}

export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1) + (words.endsWith(".") ? "" : ".");
}
