import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import type { HeadChange, HeadKey, Module, NamedOperation } from '@ioi/protocol';
import { evolve as governed, touches as governs } from '../governance/evolve.ts';
import { type AddOnHead, addOnKeys, addOnName } from './heads.ts';
import { ADD_ONS, type AddOnEvent, installAddOn, removeAddOn } from './installs.ts';

const VERSION = '1';
const MOST_ADD_ONS = 1000;

/** Skills and extensions that the owner installed beside workers (whitepaper 2.3). */
export function addOnsModule(registry: VerifierRegistry): Module<AddOnEvent> {
  const operations = {
    'add_on.install': installAddOn(registry) as unknown as NamedOperation<AddOnEvent>,
    'add_on.remove': removeAddOn(registry) as unknown as NamedOperation<AddOnEvent>,
  };
  const manifest = { name: ADD_ONS, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: ADD_ONS,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: { add_on_installed: { limit: MOST_ADD_ONS } },
    operations,
    touches: (event): readonly HeadKey[] => {
      const head = headIn(event);
      return head === undefined ? governs(other(event)) : [keyOf(head)];
    },
    evolve: (view, event, at): readonly HeadChange[] => {
      const head = headIn(event);
      return head === undefined
        ? governed(view, other(event), at)
        : [{ key: keyOf(head), value: head }];
    },
  };
}

type Governed = Exclude<AddOnEvent, { readonly type: 'add_on.installed' | 'add_on.removed' }>;

function headIn(event: AddOnEvent): AddOnHead | undefined {
  if (event.type === 'add_on.installed') return event.installed;
  return event.type === 'add_on.removed' ? event.removed : undefined;
}

function other(event: AddOnEvent): Governed {
  return event as Governed;
}

function keyOf({ manifest }: AddOnHead): HeadKey {
  return addOnKeys.installed(addOnName(manifest));
}
