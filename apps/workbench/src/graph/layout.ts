/** One thing that waits for another. */
export type GraphEdge = {
  readonly from: string;
  readonly to: string;
  /** `sure`: always so; `maybe`: on a condition, or of order alone; `instead`: where it failed. */
  readonly kind: 'sure' | 'maybe' | 'instead';
};

export type Spot = { readonly left: number; readonly top: number };

export type Layout = {
  readonly width: number;
  readonly height: number;
  readonly spots: ReadonlyMap<string, Spot>;
  /** Lines, as paths of SVG. */
  readonly lines: readonly { readonly edge: GraphEdge; readonly path: string }[];
};

type Layers = readonly (readonly string[])[];

export const BOX = { width: 148, height: 60 } as const;
const GAP = { across: 36, down: 16 } as const;
const MARGIN = 8;
/** Room above the boxes of a layer for one line that passes it. */
const LANE = 14;
const BEND = GAP.across / 2;

/** Layers from left to right; a line that passes one goes above its boxes. */
export function layoutOf(layers: Layers, edges: readonly GraphEdge[]): Layout {
  const at = new Map(layers.flatMap((names, layer) => names.map((name) => [name, layer])));
  const drawn = edges.filter(({ from, to }) => (at.get(from) ?? 0) < (at.get(to) ?? 0));
  const passing = layers.map((_, layer) => {
    const over = drawn.filter(
      ({ from, to }) => (at.get(from) ?? 0) < layer && layer < (at.get(to) ?? 0),
    );
    return [...new Set(over.map(wayOf))];
  });
  const heights = layers.map((names, layer) => heightOf(names.length, passing[layer] ?? []));
  const tallest = Math.max(0, ...heights);
  const spots = new Map<string, Spot>();
  const lanes = new Map<string, Spot[]>();
  for (const [layer, names] of layers.entries()) {
    const left = MARGIN + layer * (BOX.width + GAP.across);
    const over = passing[layer] ?? [];
    const top = MARGIN + (tallest - (heights[layer] ?? 0)) / 2;
    for (const [lane, way] of over.entries()) {
      const spot = { left, top: top + lane * LANE + LANE / 2 };
      lanes.set(way, [...(lanes.get(way) ?? []), spot]);
    }
    for (const [down, name] of names.entries()) {
      spots.set(name, { left, top: top + over.length * LANE + down * (BOX.height + GAP.down) });
    }
  }
  const lines = drawn.map((edge) => {
    return { edge, path: pathOf(spots.get(edge.from), lanes.get(wayOf(edge)), spots.get(edge.to)) };
  });
  const width = 2 * MARGIN + layers.length * (BOX.width + GAP.across) - GAP.across;
  return { width, height: tallest + 2 * MARGIN, spots, lines };
}

function wayOf({ from, to }: GraphEdge): string {
  return `${from} ${to}`;
}

function heightOf(boxes: number, lanes: readonly string[]): number {
  return lanes.length * LANE + boxes * (BOX.height + GAP.down) - GAP.down;
}

/** From the right side of one, along its lanes, to the left side of the other. */
function pathOf(from: Spot | undefined, lanes: readonly Spot[] = [], to: Spot | undefined): string {
  if (from === undefined || to === undefined) return '';
  const start = { left: from.left + BOX.width, top: from.top + BOX.height / 2 };
  const parts = [`M${start.left},${start.top}`];
  let last: Spot = start;
  for (const lane of lanes) {
    parts.push(bend(last, lane), `H${lane.left + BOX.width}`);
    last = { left: lane.left + BOX.width, top: lane.top };
  }
  parts.push(bend(last, { left: to.left, top: to.top + BOX.height / 2 }));
  return parts.join(' ');
}

function bend(from: Spot, to: Spot): string {
  return `C${from.left + BEND},${from.top} ${to.left - BEND},${to.top} ${to.left},${to.top}`;
}

type Walk = { readonly layers: Layers; readonly edges: readonly GraphEdge[] };

/** Where an arrow key leads from here: along a line, or to a neighbour of the same layer. */
export function neighbourOf(here: string, key: string, { layers, edges }: Walk) {
  if (key === 'ArrowRight') return edges.find(({ from }) => from === here)?.to;
  if (key === 'ArrowLeft') return edges.find(({ to }) => to === here)?.from;
  if (key === 'Home') return layers[0]?.[0];
  if (key === 'End') return layers.at(-1)?.at(-1);
  const layer = layers.find((names) => names.includes(here)) ?? [];
  const at = layer.indexOf(here);
  if (key === 'ArrowDown') return layer[at + 1];
  return key === 'ArrowUp' && at > 0 ? layer[at - 1] : undefined;
}
