// How a sample is marked on the stage, whatever its colour.

export const MARK = { plain: 0, dimmed: 1, selected: 2, chosen: 3, hidden: 4, raised: 5 } as const;
