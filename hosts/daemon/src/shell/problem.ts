import type { Problem } from '@ioi/protocol';

/** RFC 9457, with our dotted code. */
export function problem(code: string, title: string, status: number): Response {
  const body: Problem = { type: 'about:blank', title, status, code };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
}
