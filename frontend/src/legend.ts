// What explains the colors of the samples.
export interface LegendEntry {
  readonly name: string;
  readonly count: number;
  readonly color: string;
  /** Drawn as a ring: the sample has no value. */
  readonly hollow: boolean;
  /** The codes of the category that it stands for; -1 where there is no value. */
  readonly codes: readonly number[];
}

export type Legend =
  | { readonly kind: "none" }
  | {
      readonly kind: "categories";
      readonly entries: readonly LegendEntry[];
      /** Where classes share colours: those of each. */
      readonly groups?: readonly LegendEntry[];
    }
  | {
      readonly kind: "ramp";
      readonly low: number;
      readonly high: number;
      /** The ends are seconds since 1970 in UTC. */
      readonly ofTime: boolean;
      readonly gradient: string;
      readonly missing: LegendEntry | null;
    };
