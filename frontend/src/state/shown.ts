// What the menus of the stage and the timeline have set, in words: what an address and a bookmark hold of it, and the way
// back. Reading takes what it understands: an address comes from anywhere.
import type { Overlay } from "../types";
import { read_settings, write_settings } from "./address";
import type { Showing } from "./showing";

const OVERLAYS: readonly Overlay[] = ["none", "ghost", "onion", "density", "regions"];
const YES = "1";
const NO = "0";
const MOST_FACTOR = 4;

/** `trails:1,overlay:ghost,size:2`: only what differs from what a fresh page shows; empty where nothing does. */
export function write_shown(showing: Showing): string {
  const said: Record<string, string> = {};
  if (showing.trails.value) said.trails = YES;
  if (showing.class_names.value) said.names = YES;
  if (showing.sequence.value) said.sequence = YES;
  if (showing.label_by.value !== "") said.label = showing.label_by.value;
  if (showing.size_by.value !== "") said.size_by = showing.size_by.value;
  if (showing.overlay_wanted.value !== null) said.overlay = showing.overlay_wanted.value;
  if (showing.ghost_step.value !== null) said.ghost = String(showing.ghost_step.value);
  if (showing.other_step.value !== null) said.other = String(showing.other_step.value);
  if (showing.dot_size.value !== 1) said.size = short(showing.dot_size.value);
  if (showing.opacity.value !== 1) said.opacity = short(showing.opacity.value);
  if (showing.loop.value) said.loop = YES;
  if (!showing.even.value) said.even = NO;
  return write_settings(said);
}

/** Sets all of it: what is not said is as on a fresh page. */
export function take_shown(showing: Showing, text: string): void {
  const said = read_settings(text);
  showing.trails.value = said.trails === YES;
  showing.class_names.value = said.names === YES;
  showing.sequence.value = said.sequence === YES;
  showing.label_by.value = said.label ?? "";
  showing.size_by.value = said.size_by ?? "";
  showing.overlay_wanted.value = OVERLAYS.find((one) => one === said.overlay) ?? null;
  showing.ghost_step.value = read_step(said.ghost);
  showing.other_step.value = read_step(said.other);
  showing.dot_size.value = read_factor(said.size);
  showing.opacity.value = read_factor(said.opacity);
  showing.loop.value = said.loop === YES;
  showing.even.value = said.even !== NO;
}

export function read_step(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function read_factor(text: string | undefined): number {
  const factor = Number(text);
  return factor >= 1 / MOST_FACTOR && factor <= MOST_FACTOR ? factor : 1;
}

function short(factor: number): string {
  return String(Number(factor.toPrecision(3)));
}
