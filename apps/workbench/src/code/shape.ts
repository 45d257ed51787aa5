/** As much of a JSON Schema as says what can stand where. */
export type Shape = {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
};

/** All that can stand at the end of a way of names; lists are not counted. */
export function shapesAt(schema: Shape, path: readonly string[]): readonly Shape[] {
  return path.reduce<readonly Shape[]>(
    (shapes, name) => shapes.flatMap((shape) => alternatives(shape.properties?.[name])),
    alternatives(schema),
  );
}

/** Names of members. */
export function namesIn(shapes: readonly Shape[]): readonly string[] {
  return [...new Set(shapes.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

/** Texts that are the only ones. */
export function constantsIn(shapes: readonly Shape[]): readonly string[] {
  const found = shapes.map((shape) => shape.const).filter((each) => typeof each === 'string');
  return [...new Set(found)];
}

function alternatives(shape: Shape | undefined): readonly Shape[] {
  if (shape === undefined) return [];
  if (shape.items !== undefined) return alternatives(shape.items);
  return shape.anyOf === undefined ? [shape] : shape.anyOf.flatMap(alternatives);
}
