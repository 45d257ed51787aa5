/** Of an OpenAPI document, what a person looks for in it. */
export type OpenApiDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary: string }>>>>;
};

/** Method, path and summary of every operation, by path. */
export function operationRows({ paths }: OpenApiDocument): string[][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary }]) => [method.toUpperCase(), path, summary]),
  );
}
