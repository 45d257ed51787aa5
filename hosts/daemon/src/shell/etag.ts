import type { Context } from 'hono';
import { problem } from './problem.ts';

const TAGS = /(W\/)?"[^"]*"/g;

/** A text answered under its tag; nothing but the tag to whoever has it already. */
export function tagged(context: Context, etag: string, text: string): Response {
  const headers = { etag };
  const known = context.req.header('if-none-match');
  // Whoever reads may take one that differs in nothing that matters (RFC 9110 13.1.2).
  if (
    known !== undefined &&
    (known.trim() === '*' || tagsIn(known).map(bare).includes(bare(etag)))
  ) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(text, { headers: { ...headers, 'content-type': 'application/json' } });
}

/**
 * Refuses a change where what is to be changed is not what the caller saw; `etag` is of what there
 * is now, where there is anything.
 */
export function refusedMatch(context: Context, etag: string | undefined): Response | undefined {
  const [wanted, unwanted] = ['if-match', 'if-none-match'].map((name) => context.req.header(name));
  const isSeen = wanted === undefined || (etag !== undefined && meets(wanted, etag));
  const isNew = unwanted === undefined || etag === undefined || !meets(unwanted, etag);
  if (isSeen && isNew) return undefined;
  const now = etag === undefined ? 'there is none' : `it is ${etag}`;
  return problem('precondition.failed', `not as the request wants it: ${now}`, 412);
}

/** One that may stand for different bytes is no match for a change (RFC 9110 13.1.1). */
function meets(header: string, etag: string): boolean {
  return header.trim() === '*' || tagsIn(header).includes(etag);
}

function tagsIn(header: string): string[] {
  return header.match(TAGS) ?? [];
}

function bare(tag: string): string {
  return tag.replace(/^W\//, '');
}
