import type { Exchanged, SecretCall } from '@ioi/drivers/shell';
import { EdgeFault } from '@ioi/wallet/client';
import { type Connecting, packetOf, textsFor } from '../mcp/connector.ts';

/** Which candidate of a question is asked, and whether its answer is to come in pieces. */
type Asking = { readonly candidate: number; readonly streams: boolean };

/** Has the edge perform a sealed request whose placeholder stands for a secret. Never rejects. */
export async function exchange(
  { action, given, ...more }: SecretCall & Partial<Asking>,
  { edge, contents, proof }: Connecting,
  signal: AbortSignal,
): Promise<Exchanged> {
  if (edge === undefined) {
    return { kind: 'not_sent', reason: 'edge.missing: no edge runs; ioi down, then ioi up' };
  }
  try {
    const { contract, request } = action;
    const about = { contract, contents: textsFor(request.params, contents) };
    const shown = { packet: packetOf(action, given), ...(await proof(action.seq)), ...about };
    const sealed = { ...shown, ...more };
    const cut = new AbortController();
    const either = AbortSignal.any([signal, cut.signal]);
    const { head, body, receipt } = await edge.exchange(sealed, either);
    return {
      kind: 'answer',
      coming: {
        head,
        chunks: body,
        // Without what the guardian signed of it nobody knows that it is all.
        isWhole: () => Object(receipt()) === receipt(),
        destroy: () => cut.abort(),
      },
    };
  } catch (fault) {
    const { code, message } = Object(fault) as { code?: unknown; message?: unknown };
    const why = `${fault instanceof EdgeFault ? message : (code ?? message)}`.toWellFormed();
    const isUnsent = fault instanceof EdgeFault && !fault.isSent;
    return { kind: isUnsent ? 'not_sent' : 'silent', reason: signal.aborted ? 'cancelled' : why };
  }
}
