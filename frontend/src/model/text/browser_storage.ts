// What this browser keeps for the next visit: tags and named selections, apart for each set of samples. Where it keeps
// nothing (a private window, a full store) the page works all the same and says so.
import { readIds, writeIds } from "../samples/selection";
import { TAGS, type Tag, type Tags } from "../samples/tags";

export interface NamedSelection {
  readonly name: string;
  readonly ids: readonly number[];
}

export interface Kept {
  readonly tags: Tags;
  readonly named: readonly NamedSelection[];
}

const PREFIX = "tb_embed.samples.";

export function readKept(fingerprint: string, samples: number): Kept {
  const nothing: Kept = { tags: new Map(), named: [] };
  try {
    const text = localStorage.getItem(PREFIX + fingerprint);
    return text === null ? nothing : parseKept(text, samples);
  } catch {
    // No store at all; that writing fails too is what the page tells.
    return nothing;
  }
}

/** False where the browser does not keep it. */
export function writeKept(fingerprint: string, kept: Kept): boolean {
  try {
    if (kept.tags.size === 0 && kept.named.length === 0) {
      localStorage.removeItem(PREFIX + fingerprint);
    } else {
      localStorage.setItem(PREFIX + fingerprint, formatKept(kept));
    }
    return true;
  } catch {
    return false;
  }
}

export function formatKept({ tags, named }: Kept): string {
  const byTag = TAGS.map((tag): [Tag, string] => {
    const ids = [...tags].filter(([, one]) => one === tag).map(([id]) => id);
    return [tag, writeIds(ids.sort((a, b) => a - b))];
  });
  return JSON.stringify({
    tags: Object.fromEntries(byTag.filter(([, ids]) => ids !== "")),
    named: named.map(({ name, ids }) => ({ name, ids: writeIds(ids) })),
  });
}

/** Takes what it understands; the store is anybody's who runs a script on this host. */
export function parseKept(text: string, samples: number): Kept {
  const said: unknown = JSON.parse(text);
  const { tags, named } = (said ?? {}) as { tags?: unknown; named?: unknown };
  const read = new Map<number, Tag>();
  for (const tag of TAGS) {
    const ids: unknown = (tags as Partial<Record<Tag, unknown>> | undefined)?.[tag];
    for (const id of (typeof ids === "string" && readIds(ids, samples)) || []) read.set(id, tag);
  }
  const selections = (Array.isArray(named) ? named : []).flatMap((one): NamedSelection[] => {
    const { name, ids } = (one ?? {}) as Record<string, unknown>;
    if (typeof name !== "string" || typeof ids !== "string") return [];
    const list = readIds(ids, samples);
    return list === null ? [] : [{ name, ids: list }];
  });
  return { tags: read, named: selections };
}
