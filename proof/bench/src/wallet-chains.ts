import { verifierRegistry } from '@ioi/crypto';
import { prefixCache, verifyChain } from '@ioi/law';
import { TestNode, TestOwner } from '@ioi/law/testing';
import type { IssueCertificate } from '@ioi/protocol';
import { interleave, median } from './measure.ts';
import type { Report } from './report.ts';

const LINKS = 5;
const ROUNDS = { batch: 5, rounds: 40, warmUp: 10 };
const PEER = '@biscuit-auth/biscuit-wasm 0.6.0, Ed25519 alone';

/** A chain of five links, none of it seen before, beside a biscuit of as many blocks. */
export async function chains(report: Report): Promise<void> {
  const owner = new TestOwner(new TestNode());
  const chain = chainOf(owner);
  const verifying = {
    node: owner.node.genesis,
    ownerKey: owner.node.owner.publicKey,
    registry: verifierRegistry(),
    revocationEpoch: '0',
    chainTime: owner.node.chainTime,
    isRevoked: () => false,
  };
  const ours = (): number => {
    const verified = verifyChain(chain, { ...verifying, cache: prefixCache() });
    if (!verified.ok) throw new Error(verified.error.message);
    return chain.length;
  };
  const samples = interleave({ ours, theirs: await biscuit() }, ROUNDS);
  const [value, peer] = [median(samples.ours) / 1000, median(samples.theirs) / 1000];
  const target = { op: '<=', value: 2 } as const;
  const beside = { name: PEER, value: peer, ratio: value / peer };
  report.figure({ figure: 'chain5_hybrid_ms', value, unit: 'ms', target, peer: beside });
}

function chainOf(owner: TestOwner): IssueCertificate[] {
  const chain: IssueCertificate[] = [];
  for (let at = 0; at < LINKS; at += 1) {
    const parent_id = chain.at(-1)?.certificate.certificate_id;
    const link = parent_id === undefined ? {} : { parent_id };
    chain.push(owner.certificate(`link${at}`, link, at === 0 ? undefined : `link${at - 1}`));
  }
  return chain;
}

/** Reads and verifies a token whose four blocks each narrow the one before. */
async function biscuit(): Promise<() => number> {
  const {
    Biscuit,
    KeyPair,
    SignatureAlgorithm,
    biscuit: first,
    block,
  } = await quietly(() => import('@biscuit-auth/biscuit-wasm'));
  const root = new KeyPair(SignatureAlgorithm.Ed25519);
  let token = first`right("notes", "write"); right("shop", "pay");`.build(root.getPrivateKey());
  for (let at = 1; at < LINKS; at += 1) {
    const budget = 10 - at;
    token = token.appendBlock(block`check if resource("notes"); budget(${budget});`);
  }
  const bytes = token.toBytes();
  const key = root.getPublicKey();
  return () => Biscuit.fromBytes(bytes, key).countBlocks();
}

/** It greets on standard output, where only figures may stand. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = console.error;
  try {
    return await load();
  } finally {
    console.log = log;
  }
}
