import type { Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { webDriver } from '@ioi/drivers/shell';
import { metaOf } from '@ioi/firewall';
import type { BodySpool } from '@ioi/gateway/shell';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Driver, Rejection, SealedAction } from '@ioi/protocol';
import { type Connecting, wasBegun } from '../mcp/connector.ts';
import { argumentsFrom } from '../mcp/mounted-server.ts';
import { longAnswers } from './long-answers.ts';
import { mayPass, type Passing } from './may-pass.ts';
import { exchange } from './web-edge.ts';

/** Performs what programs in a sandbox ask for over HTTP. */
export function webOf(connecting: Connecting, passing: Passing, spool: BodySpool): Driver {
  const { contents } = connecting;
  const lookup = (digest: Digest) => contents.salted(digest);
  return webDriver({
    argumentsOf: argumentsFrom(contents),
    metaOf: ({ request }: SealedAction) =>
      metaOf(request.params, lookup) as Result<JsonObject | undefined, Rejection>,
    exchange: (call, signal) => exchange(call, connecting, signal),
    bodyOf: (digest) => spool.pieces(digest),
    keepLong: longAnswers(spool, contents),
    wasBegun: (action) => wasBegun(action, connecting),
    mayPass: (request, contract) => mayPass(request, contract, passing),
  });
}
