import type { SessionWords } from '@ioi/guardian/shell';
import { good, type Handler, refused } from './answers.ts';

export type SessionServing = { readonly sessionWords: SessionWords };

/** What the owner carries to other nodes that take this node's sessions. */
export function sessionRoutes({ sessionWords }: SessionServing): Record<string, Handler> {
  const told = (word: object | undefined) =>
    word
      ? good(word)
      : refused({ code: 'node.no_genesis', message: 'the node has no genesis yet' });
  return {
    'GET /sessions/issuer': () => told(sessionWords.issuer()),
    'GET /sessions/revocations': () => told(sessionWords.revocations()),
  };
}
