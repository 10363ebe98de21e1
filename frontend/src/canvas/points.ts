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
import type { Dimensions, Pose } from "../types";

const VERTEX = `
in vec4 from_position;
in vec4 to_position;
in vec4 paint;
uniform mat4 from_clip;
uniform mat4 to_clip;
uniform float size;
uniform float focus;
uniform float pixel_ratio;
out vec4 tint;
out float diameter;

void main() {
  gl_Position = from_clip * vec4(from_position.xyz, 1.0) + to_clip * vec4(to_position.xyz, 1.0);
  diameter = size * pixel_ratio * clamp(focus / gl_Position.w, 0.6, 2.5);
  // One pixel more for the soft rim.
  gl_PointSize = diameter + 1.0;
  tint = paint;
}`;

const FRAGMENT = `
precision highp float;
in vec4 tint;
in float diameter;
uniform float opacity;
uniform float pixel_ratio;
uniform float solid;
out vec4 color;

void main() {
  float away = length(gl_PointCoord - 0.5) * (diameter + 1.0);
  float radius = 0.5 * diameter;
  float cover = clamp(radius - away + 0.5, 0.0, 1.0);
  float ring = clamp(away - radius + 1.25 * pixel_ratio + 0.5, 0.0, 1.0);
  cover *= mix(ring, 1.0, tint.a);
  // With depth, a rim must not hide what lies behind it.
  if (cover <= 0.5 * solid) discard;
  cover *= opacity;
  color = vec4(tint.rgb * cover, cover);
}`;

export interface DotStyle {
  readonly size: number;
  readonly opacity: number;
  readonly pixel_ratio: number;
  /** Distance at which a dot has its nominal size. */
  readonly focus: number;
}

export class Dots {
  readonly object: Points;
  private readonly material: RawShaderMaterial;

  /** `order` is the order of drawing, shuffled so that no class lies on top because it was recorded last. */
  constructor(order: Uint32Array<ArrayBuffer>) {
    const samples = order.length;
    const geometry = new BufferGeometry();
    geometry.setAttribute("from_position", new BufferAttribute(new Int16Array(4 * samples), 4));
    geometry.setAttribute("to_position", new BufferAttribute(new Int16Array(4 * samples), 4));
    geometry.setAttribute("paint", new BufferAttribute(new Uint8Array(4 * samples), 4, true));
    geometry.setIndex(new BufferAttribute(order, 1));
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
        pixel_ratio: { value: 1 },
        focus: { value: 1 },
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

  set_poses(from: Pose, to: Pose): void {
    this.fill("from_position", from.positions);
    this.fill("to_position", to.positions);
  }

  set_paint(bytes: Uint8Array): void {
    this.fill("paint", bytes);
  }

  set_clip([from, to]: readonly [Matrix4, Matrix4]): void {
    this.set_uniform("from_clip", from);
    this.set_uniform("to_clip", to);
  }

  set_style(style: DotStyle, dimensions: Dimensions): void {
    this.set_uniform("size", style.size);
    this.set_uniform("pixel_ratio", style.pixel_ratio);
    this.set_uniform("focus", style.focus);
    // Depth and transparency do not go together: 3-D is opaque.
    this.set_uniform("opacity", dimensions === 3 ? 1 : style.opacity);
    this.set_uniform("solid", dimensions === 3 ? 1 : 0);
    this.material.depthTest = dimensions === 3;
    this.material.depthWrite = dimensions === 3;
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.material.dispose();
  }

  private fill(name: string, values: Int16Array | Uint8Array): void {
    const attribute = this.attribute(name);
    (attribute.array as Int16Array | Uint8Array).set(values);
    attribute.needsUpdate = true;
  }

  private attribute(name: string): BufferAttribute {
    return this.object.geometry.getAttribute(name) as BufferAttribute;
  }

  private set_uniform(name: string, value: unknown): void {
    const uniform = this.material.uniforms[name];
    if (uniform !== undefined) uniform.value = value;
  }
}
