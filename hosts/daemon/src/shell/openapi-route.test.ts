import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiOptions, apiOf } from './api.ts';

/** Routes are registered before anything of a node is looked at. */
const nothing: unknown = new Proxy(() => {}, { get: () => nothing });

type Operation = { readonly parameters?: readonly { readonly name: string }[] };
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

test('every route is an operation of the document, and every operation a route', async () => {
  const app = apiOf(nothing as ApiOptions);
  const answer = await app.request('/v1/openapi.json');
  const { paths } = (await answer.json()) as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${inBraces(path)}`);
  const keyed = Object.entries(paths).flatMap(([path, { post }]) => {
    const isKeyed = post?.parameters?.some(({ name }) => name === 'idempotency-key');
    return isKeyed ? [`POST ${path}`] : [];
  });
  // What looks at the key stands before what is done for it, under the same route.
  assert.deepEqual([...operations, ...keyed].toSorted(), routes.toSorted());
  assert.ok(operations.length > 60 && keyed.length > 10);
});

/** `/a/:b/*` as `/a/{b}/{path}`. */
function inBraces(path: string): string {
  return path.replace(/:([a-z_]+)/g, '{$1}').replace(/\*$/, '{path}');
}
