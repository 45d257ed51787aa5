import { startDetached } from '../up/detach.ts';
import { findSockets, type Home } from './home.ts';
import { DaemonApi, GuardianApi } from './node-api.ts';
import { canonicalText, keepPolicy, readPolicyFile } from './policy-file.ts';

export type StartedNode = {
  readonly nodeId: string;
  readonly daemon: DaemonApi;
  readonly guardian: GuardianApi;
};

/** Starts a node that was just made, and puts a policy in force on it. */
export async function startNode(
  home: Home,
  policyFile: string,
  passphrase: string,
): Promise<StartedNode> {
  const { status } = await startDetached(home);
  const sockets = findSockets(home);
  const guardian = new GuardianApi(sockets);
  const policy = canonicalText(readPolicyFile(policyFile));
  const { policy_hash: hash } = await guardian.activate(policy, passphrase);
  keepPolicy(home, hash, policy);
  return { nodeId: status.node_id, daemon: new DaemonApi(sockets), guardian };
}
