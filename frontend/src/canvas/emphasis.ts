// What the shaders make of a sample's mark: dimmed ones fade to a breath of their colour, selected ones get a ring.

import { MARK } from "../marks";
import type { Rgb } from "../palette";

/** Of the ring around the one sample whose card is shown, in CSS pixels. */
const CHOSEN_RING = 2.5;

export const MARK_GLSL = `
bool is_dimmed(float mark) { return mark == ${MARK.dimmed}.0; }
bool is_chosen(float mark) { return mark == ${MARK.chosen}.0; }
float ring_of(float mark, float ring) {
  return is_chosen(mark) ? ${CHOSEN_RING.toFixed(1)} : mark == ${MARK.selected}.0 ? ring : 0.0;
}
vec3 faded(vec3 color) {
  return mix(vec3(dot(color, vec3(0.2126, 0.7152, 0.0722))), color, 0.3);
}`;

/** A colour as shaders take it; plain numbers, which three.js does not convert. */
export function channels([red, green, blue]: Rgb): [number, number, number] {
  return [red / 255, green / 255, blue / 255];
}
