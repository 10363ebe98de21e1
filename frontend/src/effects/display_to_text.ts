// What the menus of the stage and the timeline have set, in words: what an address and a bookmark hold of it, and the way
// back. Reading takes what it understands: an address comes from anywhere.

import { readSettings, writeSettings } from "../model/text/address";
import type { DisplayState } from "../state/parts/display";
import type { Overlay } from "../types";

const OVERLAYS: readonly Overlay[] = ["none", "ghost", "onion", "density", "regions"];
const YES = "1";
const NO = "0";
const MOST_FACTOR = 4;

/** `trails:1,overlay:ghost,size:2`: only what differs from what a fresh page shows; empty where nothing does. */
export function writeShown(showing: DisplayState): string {
  const said: Record<string, string> = {};
  if (showing.trails.value) said.trails = YES;
  if (showing.classNames.value) said.names = YES;
  if (showing.sequence.value) said.sequence = YES;
  if (showing.labelBy.value !== "") said.label = showing.labelBy.value;
  if (showing.sizeBy.value !== "") said.size_by = showing.sizeBy.value;
  if (showing.overlayWanted.value !== null) said.overlay = showing.overlayWanted.value;
  if (showing.ghostStep.value !== null) said.ghost = String(showing.ghostStep.value);
  if (showing.otherStep.value !== null) said.other = String(showing.otherStep.value);
  if (showing.dotSize.value !== 1) said.size = short(showing.dotSize.value);
  if (showing.opacity.value !== 1) said.opacity = short(showing.opacity.value);
  if (showing.loop.value) said.loop = YES;
  if (!showing.even.value) said.even = NO;
  return writeSettings(said);
}

/** Sets all of it: what is not said is as on a fresh page. */
export function takeShown(showing: DisplayState, text: string): void {
  const said = readSettings(text);
  showing.trails.value = said.trails === YES;
  showing.classNames.value = said.names === YES;
  showing.sequence.value = said.sequence === YES;
  showing.labelBy.value = said.label ?? "";
  showing.sizeBy.value = said.size_by ?? "";
  showing.overlayWanted.value = OVERLAYS.find((one) => one === said.overlay) ?? null;
  showing.ghostStep.value = readStep(said.ghost);
  showing.otherStep.value = readStep(said.other);
  showing.dotSize.value = readFactor(said.size);
  showing.opacity.value = readFactor(said.opacity);
  showing.loop.value = said.loop === YES;
  showing.even.value = said.even !== NO;
}

export function readStep(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function readFactor(text: string | undefined): number {
  const factor = Number(text);
  return factor >= 1 / MOST_FACTOR && factor <= MOST_FACTOR ? factor : 1;
}

function short(factor: number): string {
  return String(Number(factor.toPrecision(3)));
}
