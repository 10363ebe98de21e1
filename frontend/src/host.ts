// The page around us. TensorBoard shows the plugin in a frame and tells it nothing, so what can be learned is read from
// the parent's document, each time guarded: in a notebook or behind a proxy the parent may be of another origin.
import type { Theme } from "./types";

/** Milliseconds between two returns to the page. */
const PATIENCE = 2000;

/** Follows TensorBoard's dark mode, else the browser's wish. */
export function watchTheme(tell: (theme: Theme) => void, signal: AbortSignal): void {
  const wish = matchMedia("(prefers-color-scheme: dark)");
  const body = parentDocument()?.body;
  if (body === undefined) {
    const follow = () => tell(wish.matches ? "dark" : "light");
    wish.addEventListener("change", follow, { signal });
    follow();
    return;
  }
  const follow = () => tell(body.classList.contains("dark-mode") ? "dark" : "light");
  const observer = new MutationObserver(follow);
  observer.observe(body, { attributes: true, attributeFilter: ["class"] });
  signal.addEventListener("abort", () => observer.disconnect());
  follow();
}

/** Copies the parent's Roboto, which a frame does not inherit. Without it the system's font serves. */
export function borrowFonts(): void {
  const outer = parentDocument();
  if (outer === undefined) return;
  const rules: string[] = [];
  for (const sheet of outer.styleSheets) {
    try {
      const base = sheet.href ?? outer.baseURI;
      for (const rule of sheet.cssRules) {
        if (rule instanceof sheetWindow(outer).CSSFontFaceRule && rule.cssText.includes("Roboto")) {
          rules.push(withAbsoluteAddresses(rule.cssText, base));
        }
      }
    } catch {
      // A sheet of another origin does not show its rules.
    }
  }
  if (rules.length === 0) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules.join("\n"));
  document.adoptedStyleSheets.push(sheet);
}

/** TensorBoard hides an inactive tab by giving its frame no height; the browser goes on calling us all the same. */
export function watchVisibility(tell: (visible: boolean) => void, signal: AbortSignal): void {
  const look = () => tell(window.innerHeight > 0 && document.visibilityState === "visible");
  window.addEventListener("resize", look, { signal });
  document.addEventListener("visibilitychange", look, { signal });
  look();
}

/** Calls back when somebody comes back to the page, from a terminal beside it say, at most every few seconds. */
export function watchReturns(tell: () => void, signal: AbortSignal): void {
  let told = performance.now();
  const look = () => {
    const now = performance.now();
    if (now - told < PATIENCE) return;
    told = now;
    tell();
  };
  window.addEventListener("focus", look, { signal });
  document.documentElement.addEventListener("pointerenter", look, { signal });
}

/** Tells whether the window is so many pixels wide. */
export function watchRoom(width: number, tell: (room: boolean) => void, signal: AbortSignal): void {
  const wide = matchMedia(`(min-width: ${width}px)`);
  const look = () => tell(wide.matches);
  wide.addEventListener("change", look, { signal });
  look();
}

/** TensorBoard's document where it can be reached, else our own. */
export function outerDocument(): Document {
  return parentDocument() ?? document;
}

export function readHash(): string {
  return (parentWindow() ?? window).location.hash;
}

/** The whole address with another hash. */
export function outerAddress(hash: string): string {
  return new URL(hash || "#", (parentWindow() ?? window).location.href).href;
}

/** Replaces the address without a new entry in the history. */
export function replaceHash(hash: string): void {
  const outer = parentWindow() ?? window;
  const { pathname, search } = outer.location;
  outer.history.replaceState(outer.history.state, "", `${pathname}${search}${hash}`);
}

/** Calls back when somebody changes the address; our own writing does not count. */
export function watchHash(tell: () => void, signal: AbortSignal): void {
  (parentWindow() ?? window).addEventListener("hashchange", tell, { signal });
}

const reloadListeners: (() => void)[] = [];

/** Calls back when TensorBoard's reload button was pressed or its automatic reload has run. */
export function watchReload(tell: () => void): void {
  reloadListeners.push(tell);
  // One channel serves all who listen.
  if (reloadListeners.length > 1 || window.parent === window) return;
  const channel = new MessageChannel();
  channel.port1.onmessage = ({ data }) => {
    const message = readMessage(data);
    if (message === null || message.isReply) return;
    const { type, id } = message;
    channel.port1.postMessage(
      JSON.stringify({ type, id, payload: null, error: null, isReply: true }),
    );
    if (type === "experimental.DataReloaded" || type === "experimental.RunsChanged") {
      for (const listener of reloadListeners) listener();
    }
  };
  window.parent.postMessage("experimental.bootstrap", "*", [channel.port2]);
}

interface HostMessage {
  readonly type: string;
  readonly id: number;
  readonly isReply: boolean;
}

function readMessage(data: unknown): HostMessage | null {
  try {
    return typeof data === "string" ? (JSON.parse(data) as HostMessage) : null;
  } catch {
    return null;
  }
}

function parentWindow(): Window | undefined {
  try {
    // Reading the hash is what fails when the parent is of another origin.
    return typeof window.parent.location.hash === "string" ? window.parent : undefined;
  } catch {
    return undefined;
  }
}

function parentDocument(): Document | undefined {
  const outer = parentWindow();
  return outer === undefined || outer === window ? undefined : outer.document;
}

function sheetWindow(outer: Document): typeof globalThis {
  return outer.defaultView ?? globalThis;
}

function withAbsoluteAddresses(rule: string, base: string): string {
  return rule.replace(/url\((["']?)([^"')]+)\1\)/g, (_, _quote, at: string) => {
    const address = new URL(at, base);
    // TensorBoard names its fonts from the root of the host, wherever it is served itself.
    const prefix = location.pathname.replace(/\/data\/plugin_entry\.html$/, "");
    if (address.origin === location.origin && !address.pathname.startsWith(`${prefix}/`)) {
      address.pathname = prefix + address.pathname;
    }
    return `url("${address.href}")`;
  });
}
