// One sample's image, cut out of the sheets.
import { useEffect, useRef } from "preact/hooks";
import { cellOf } from "../canvas/sprites";
import type { SpriteFacts } from "../types";

export interface ThumbnailSheets {
  readonly facts: SpriteFacts;
  readonly sheets: readonly ImageBitmap[];
}

interface ThumbnailProps {
  readonly sprites: ThumbnailSheets;
  readonly sample: number;
  /** Longer side in CSS pixels. */
  readonly side: number;
  /** Said elsewhere already. */
  readonly silent?: boolean;
}

export function Thumbnail({ sprites, sample, side, silent = false }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, height] = sprites.facts.cell;
  useEffect(() => {
    const heights = sprites.sheets.map((sheet) => sheet.height);
    const cell = cellOf(heights, sprites.facts, sample);
    const sheet = cell === null ? undefined : sprites.sheets[cell.page];
    const pen = canvas.current?.getContext("2d");
    pen?.clearRect(0, 0, width, height);
    if (cell === null || sheet === undefined) return;
    pen?.drawImage(sheet, cell.x, cell.y, width, height, 0, 0, width, height);
  }, [sprites, sample, width, height]);
  const scale = side / Math.max(width, height);
  return (
    <canvas
      ref={canvas}
      class="thumbnail"
      role="img"
      aria-hidden={silent}
      aria-label={silent ? undefined : `Image of sample ${sample}`}
      width={width}
      height={height}
      style={{ width: `${width * scale}px`, height: `${height * scale}px` }}
    />
  );
}
