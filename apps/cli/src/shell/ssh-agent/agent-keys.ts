import { decodeBase64 } from '@ioi/basis';
import { operationIn } from '@ioi/law';
import type { AgentKey } from '../../core/ssh-agent.ts';
import { findSockets, type Home } from '../home.ts';
import { NodeConfigEditor } from '../node-config.ts';
import { VaultApi } from '../vault-api.ts';

type Tool = { readonly inputSchema: Readonly<Record<string, unknown>> };

/** The keys that connectors of node.json sign with, as the vault tells their public halves. */
export async function agentKeys(home: Home): Promise<readonly AgentKey[]> {
  const items = await new VaultApi(findSockets(home)).items();
  return new NodeConfigEditor(home).servers.flatMap(({ name: server, credential, connector }) => {
    const item = items.find((each) => each.name === credential);
    if (item?.kind !== 'ssh_key' || item.bound_to.server !== server) return [];
    const [type = '', text = ''] = item.public_key?.split(' ') ?? [];
    const blob = decodeBase64(text);
    const { tools = [] } = Object(connector) as { tools?: readonly Tool[] };
    return blob === undefined
      ? []
      : [{ publicKey: { type, blob }, server, hostKeys: keysIn(tools) }];
  });
}

function keysIn(tools: readonly Tool[]): readonly string[] {
  return tools.flatMap(({ inputSchema }) => {
    const operation = operationIn(inputSchema);
    if (operation?.kind !== 'ssh' || operation.ssh.effect !== 'authenticate') return [];
    return operation.ssh.host_keys;
  });
}
