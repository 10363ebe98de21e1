// The dots: one THREE.Points whose every point has two positions, so that a step from one frame to the next is one number
// that changes, however many samples there are.
import {
  BufferAttribute,
  BufferGeometry,
  CustomBlending,
  GLSL3,
  type Matrix4,
  OneFactor,
  OneMinusSrcAlphaFactor,
  Points,
  RawShaderMaterial,
  Sphere,
  Vector3,
} from "three";
import { RINGS } from "../palette";
import type { Dimensions, Pose, Theme } from "../types";
import { channels, MARK_GLSL } from "./emphasis";
import type { PointAttributes } from "./point_attributes";

const VERTEX = `${MARK_GLSL}
in vec4 from_position;
in vec4 to_position;
in vec4 paint;
in float mark;
in float scale;
uniform mat4 from_clip;
uniform mat4 to_clip;
uniform float size;
uniform float focus;
uniform float pixel_ratio;
uniform float opacity;
uniform float dimmed_opacity;
uniform float ring;
uniform float solid;
uniform vec3 selected_ring;
uniform vec3 chosen_ring;
out vec4 tint;
out vec4 ring_tint;
out float diameter;
out float ring_width;
out float strength;

void main() {
  gl_Position = from_clip * vec4(from_position.xyz, 1.0) + to_clip * vec4(to_position.xyz, 1.0);
  diameter = size * 0.01 * scale * pixel_ratio * clamp(focus / gl_Position.w, 0.6, 2.5);
  ring_width = pixel_ratio * ring_of(mark, ring);
  ring_tint = vec4(is_chosen(mark) ? chosen_ring : selected_ring, 1.0);
  // One pixel more for the soft rim.
  gl_PointSize = diameter + 2.0 * ring_width + 1.0;
  tint = vec4(is_dimmed(mark) ? faded(paint.rgb) : paint.rgb, paint.a);
  strength = is_dimmed(mark) ? dimmed_opacity : opacity;
  // Drawn first and at the far end, what is dimmed hides nothing and still shows through itself.
  if (solid > 0.5 && is_dimmed(mark)) gl_Position.z = 0.9999 * gl_Position.w;
}`;

const FRAGMENT = `
precision highp float;
in vec4 tint;
in vec4 ring_tint;
in float diameter;
in float ring_width;
in float strength;
uniform float pixel_ratio;
uniform float solid;
out vec4 color;

void main() {
  float away = length(gl_PointCoord - 0.5) * (diameter + 2.0 * ring_width + 1.0);
  float radius = 0.5 * diameter;
  float disc = clamp(radius - away + 0.5, 0.0, 1.0);
  float ring = clamp(radius + ring_width - away + 0.5, 0.0, 1.0) - disc;
  float rim = clamp(away - radius + 1.25 * pixel_ratio + 0.5, 0.0, 1.0);
  float cover = disc * mix(rim, 1.0, tint.a);
  // With depth, a rim must not hide what lies behind it.
  if (cover + ring <= 0.5 * solid) discard;
  color = vec4(tint.rgb, 1.0) * cover * strength + ring_tint * ring;
}`;

export interface DotStyle {
  readonly size: number;
  readonly opacity: number;
  readonly dimmedOpacity: number;
  readonly pixelRatio: number;
  /** Distance at which a dot has its nominal size. */
  readonly focus: number;
  /** Width of the ring around selected samples. */
  readonly ring: number;
  readonly theme: Theme;
}

/** Of so many samples that few of them are drawn, those few must not be as faint as all together would be. */
const SPARSE_OPACITY = 0.6;

export class Dots {
  readonly object: Points;
  /** The samples in the order of drawing. */
  private count = 0;
  private opacity = 1;
  private readonly material: RawShaderMaterial;

  constructor(samples: number) {
    const geometry = new BufferGeometry();
    geometry.setAttribute("from_position", new BufferAttribute(new Int16Array(4 * samples), 4));
    geometry.setAttribute("to_position", new BufferAttribute(new Int16Array(4 * samples), 4));
    geometry.setAttribute("paint", new BufferAttribute(new Uint8Array(4 * samples), 4, true));
    geometry.setAttribute("mark", new BufferAttribute(new Uint8Array(samples), 1));
    geometry.setAttribute("scale", new BufferAttribute(new Uint8Array(samples).fill(100), 1));
    geometry.setIndex(new BufferAttribute(new Uint32Array(samples), 1));
    // three.js would look for an attribute named "position" to find it.
    geometry.boundingSphere = new Sphere(new Vector3(), Number.POSITIVE_INFINITY);
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: {
        from_clip: { value: null },
        to_clip: { value: null },
        size: { value: 5 },
        opacity: { value: 1 },
        dimmed_opacity: { value: 1 },
        pixel_ratio: { value: 1 },
        focus: { value: 1 },
        ring: { value: 0 },
        selected_ring: { value: [0, 0, 0] },
        chosen_ring: { value: [0, 0, 0] },
        solid: { value: 0 },
      },
      transparent: true,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
    });
    this.object = new Points(geometry, this.material);
    this.object.frustumCulled = false;
    this.object.matrixAutoUpdate = false;
  }

  get samples(): number {
    return this.attribute("paint").count;
  }

  setPoses(from: Pose, to: Pose): void {
    this.fill("from_position", from.positions);
    this.fill("to_position", to.positions);
  }

  setLooks(looks: PointAttributes): void {
    this.fill("paint", looks.paint);
    this.fill("mark", looks.marks);
    this.setScales(looks.scales);
    const index = this.object.geometry.index as BufferAttribute;
    (index.array as Uint32Array).set(looks.order);
    index.needsUpdate = true;
    this.count = looks.order.length;
    this.object.geometry.setDrawRange(0, this.count);
  }

  /** Draws some in the order of drawing alone; with none all of them. */
  setPart(part: { from: number; to: number; sparse: boolean } | null): void {
    const { from, to, sparse } = part ?? { from: 0, to: this.count, sparse: false };
    const end = Math.min(to, this.count);
    this.object.geometry.setDrawRange(from, Math.max(0, end - from));
    this.setUniform("opacity", sparse ? Math.max(this.opacity, SPARSE_OPACITY) : this.opacity);
  }

  setClip([from, to]: readonly [Matrix4, Matrix4]): void {
    this.setUniform("from_clip", from);
    this.setUniform("to_clip", to);
  }

  setStyle(style: DotStyle, dimensions: Dimensions): void {
    this.setUniform("size", style.size);
    this.setUniform("pixel_ratio", style.pixelRatio);
    this.setUniform("focus", style.focus);
    this.setUniform("dimmed_opacity", style.dimmedOpacity);
    this.setUniform("ring", style.ring);
    this.setUniform("selected_ring", channels(RINGS[style.theme].selected));
    this.setUniform("chosen_ring", channels(RINGS[style.theme].chosen));
    // Depth and transparency do not go together: 3-D is opaque.
    this.opacity = dimensions === 3 ? 1 : style.opacity;
    this.setUniform("opacity", this.opacity);
    this.setUniform("solid", dimensions === 3 ? 1 : 0);
    this.material.depthTest = dimensions === 3;
    this.material.depthWrite = dimensions === 3;
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.material.dispose();
  }

  private setScales(scales: Uint8Array): void {
    const attribute = this.attribute("scale");
    if (scales.length === this.samples) this.fill("scale", scales);
    else if ((attribute.array as Uint8Array).some((one) => one !== 100)) {
      this.fill("scale", new Uint8Array(this.samples).fill(100));
    }
  }

  private fill(name: string, values: Int16Array | Uint8Array): void {
    const attribute = this.attribute(name);
    (attribute.array as Int16Array | Uint8Array).set(values);
    attribute.needsUpdate = true;
  }

  private attribute(name: string): BufferAttribute {
    return this.object.geometry.getAttribute(name) as BufferAttribute;
  }

  private setUniform(name: string, value: unknown): void {
    const uniform = this.material.uniforms[name];
    if (uniform !== undefined) uniform.value = value;
  }
}
