// What the address keeps of the page, as TensorBoard's plugins write it: `#tab&p.tb_embed.key=value&…`. What others keep
// there stays untouched.

const PREFIX = "p.tb_embed.";
const MOST_CHARACTERS = 2000;

/** In order of worth: where not all fits into an address, the last of them are left out. */
export const KEYS = [
  "run",
  "layer",
  "step",
  "color",
  "label",
  "types",
  "only",
  "view",
  "drawing",
  "engine",
  "settings",
  "basis",
  "onto",
  "pinned",
  "axes",
  "companion",
  "camera",
  "show",
  "filters",
  "selection",
] as const;

/** A view in words; `settings` and `show` are what differs from the defaults, `perplexity:50,seed:3`. */
export type Address = { readonly [Key in (typeof KEYS)[number]]?: string };

export function readAddress(hash: string): Address {
  const found: { -readonly [Key in keyof Address]: string } = {};
  for (const part of parts(hash)) {
    const [name = "", value = ""] = splitOnce(part);
    const key = KEYS.find((known) => name === PREFIX + known);
    if (key === undefined) continue;
    try {
      found[key] = decodeURIComponent(value);
    } catch {
      // Mangled by whoever passed it on: as good as absent.
    }
  }
  return found;
}

export function writeAddress(hash: string, address: Address): string {
  const others = parts(hash).filter((part) => !part.startsWith(PREFIX));
  const ours = KEYS.flatMap((key) => {
    const value = address[key];
    return value === undefined ? [] : [`${PREFIX}${key}=${encodeURIComponent(value)}`];
  });
  for (; ours.length > 0; ours.pop()) {
    const written = `#${[...others, ...ours].join("&")}`;
    if (written.length <= MOST_CHARACTERS) return written;
  }
  return others.length === parts(hash).length ? hash : `#${others.join("&")}`;
}

function parts(hash: string): string[] {
  return hash
    .replace(/^#/, "")
    .split("&")
    .filter((part) => part !== "");
}

function splitOnce(part: string): [string, string] {
  const at = part.indexOf("=");
  return at === -1 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
}

/** `name:value` pairs; what is mangled is left out. */
export function readSettings(text: string): Record<string, string> {
  const pairs = text.split(",").flatMap((part) => {
    const at = part.indexOf(":");
    return at > 0 ? [[part.slice(0, at), decode(part.slice(at + 1))] as const] : [];
  });
  return Object.fromEntries(pairs);
}

export function writeSettings(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}:${encodeURIComponent(value)}`)
    .join(",");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
