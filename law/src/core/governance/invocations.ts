import { ok } from '@ioi/basis';
import {
  type FinishInvocation,
  type InvokeModule,
  isFinishInvocation,
  isInvokeModule,
  type View,
} from '@ioi/protocol';
import { type ActionHead, keys } from '../boundary/heads.ts';
import { chainReceipt } from '../boundary/receipts.ts';
import { type GovernanceOperation, reject, requireNode, SPEAKERS } from './authority.ts';
import { governanceKeys, type InvocationHead, type ModuleHead, type MountedHead } from './heads.ts';
import { hashOf, invocationRef, nodeActor, speakerOf } from './names.ts';
import { emitted } from './swap-module.ts';

/** A consequential step begins (whitepaper 2.2.3): of a module as it is now, under one chain. */
export const invokeModule: GovernanceOperation<InvokeModule> = {
  authors: SPEAKERS,
  accepts: isInvokeModule,
  reads: (payload) => [
    keys.node,
    governanceKeys.module(payload.module_ref),
    governanceKeys.mounted(payload.module_ref),
    governanceKeys.invocation(hashOf(payload)),
    ...(payload.chain_id === undefined ? [] : [governanceKeys.chain(payload.chain_id)]),
  ],
  needs: () => [],
  decide: (payload, { view, author }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    const invocation_id = hashOf(payload);
    if (view.get(governanceKeys.invocation(invocation_id))) {
      return reject('invocation.exists', 'this invocation began before');
    }
    const strange = notAsItIs(payload, view);
    if (strange !== undefined) return reject('module.moved', strange);
    const { chain_id } = payload;
    if (chain_id !== undefined && !view.get(governanceKeys.chain(chain_id))) {
      return reject('chain.unknown', `no chain ${chain_id}`);
    }
    const started: InvocationHead = {
      state: 'started',
      author: speakerOf(author),
      invocation: payload,
    };
    const invocation_ref = invocationRef(node.value.node_id, invocation_id);
    return ok([{ type: 'module.invocation_started', invocation_id, invocation_ref, started }]);
  },
};

function notAsItIs(payload: InvokeModule, view: View): string | undefined {
  const governed = view.get<ModuleHead>(governanceKeys.module(payload.module_ref));
  const module = governed ?? view.get<MountedHead>(governanceKeys.mounted(payload.module_ref));
  if (module?.manifest.module_id !== payload.module_ref) return 'no such version of the module';
  if (module.manifest_hash !== payload.manifest_hash) return 'its manifest is another one';
  const bound = governed?.chain_id;
  if (bound !== undefined && bound !== payload.chain_id) return `it belongs to ${bound}`;
  return undefined;
}

/** How it ended; it covers the execution receipts of the actions it performed. */
export const finishInvocation: GovernanceOperation<FinishInvocation> = {
  authors: SPEAKERS,
  accepts: isFinishInvocation,
  reads: ({ invocation_id, request_hashes }) => [
    keys.node,
    keys.lastReceipt,
    governanceKeys.invocation(invocation_id),
    ...request_hashes.map(keys.action),
  ],
  needs: () => [],
  decide: (payload, { view, at, author }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    const { invocation_id, request_hashes, output_payload_hash } = payload;
    const begun = view.get<InvocationHead>(governanceKeys.invocation(invocation_id));
    if (begun?.state !== 'started' || begun.author !== speakerOf(author)) {
      return reject('invocation.not_started', 'whoever began it ends it, once');
    }
    const executed = request_hashes.map(
      (hash) => view.get<ActionHead>(keys.action(hash))?.execution_hash,
    );
    const receipt_hashes = executed.flatMap((hash) => hash ?? []);
    if (new Set(receipt_hashes).size !== request_hashes.length) {
      return reject('invocation.not_executed', 'it covers actions that have receipts, once each');
    }
    const { nonce: _, module_ref, ...invocation } = begun.invocation;
    const receipt = chainReceipt(
      {
        type: 'module_invocation',
        actorId: nodeActor(node.value.node_id),
        inputHash: invocation.input_payload_hash,
        outputHash: output_payload_hash,
        body: {
          artifact_class: 1,
          invocation_id,
          module_ref,
          ...invocation,
          output_payload_hash,
          execution_gas_spent: payload.execution_gas_spent,
          status: payload.status,
          receipt_hashes,
        },
      },
      view,
      at,
    );
    const ended = payload.status === 'Success' ? 'completed' : 'failed';
    const id = invocation_id as `sha256:${string}`;
    return ok([{ type: `module.invocation_${ended}`, invocation_id: id }, emitted(receipt)]);
  },
};
