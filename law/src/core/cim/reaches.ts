import type { RuntimeToolContract } from '@ioi/protocol';

/** Namespaces in which every act sends something out, reads included: an address can carry it. */
const OUTWARD: readonly string[] = ['browser', 'chat', 'mail', 'message', 'model', 'net', 'ucp'];
/** Single acts of namespaces that otherwise stay inside. */
const OUTWARD_TARGETS: readonly string[] = ['clipboard::write', 'gui::type'];

/**
 * Whether what an action is given leaves the boundary. The contract decides, in one place: its
 * target, its domain, and for a tool that has no target of ours whether it only reads.
 */
export function isEgress({ target, rrsa_domain, effect }: RuntimeToolContract): boolean {
  const namespace = target.slice(0, target.indexOf('::'));
  if (OUTWARD.includes(namespace) || OUTWARD_TARGETS.includes(target)) return true;
  if (rrsa_domain === 'network') return true;
  return namespace === 'mcp' && effect !== 'read';
}
