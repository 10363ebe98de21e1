// Which labels have room: of those that would cover one another the first stays.

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** For each box, in the order of their rank, whether it lies on the stage and clear of those kept before it. */
export function haveRoom(boxes: readonly Box[], width: number, height: number): boolean[] {
  const kept: Box[] = [];
  return boxes.map((box) => {
    const inside =
      box.left >= 0 &&
      box.top >= 0 &&
      box.left + box.width <= width &&
      box.top + box.height <= height;
    if (!inside || kept.some((other) => overlap(box, other))) return false;
    kept.push(box);
    return true;
  });
}

function overlap(a: Box, b: Box): boolean {
  return (
    a.left < b.left + b.width &&
    b.left < a.left + a.width &&
    a.top < b.top + b.height &&
    b.top < a.top + a.height
  );
}
