import { httpUpstream, minimalEnvironment, stdioUpstream, type Upstream } from '@ioi/drivers/shell';
import { edgeSend } from '@ioi/wallet/client';
import { skillUpstream } from '../add-ons/skill-upstream.ts';
import type { ServerConfig } from '../config.ts';
import { proofFrom, upstreamOfConnector } from './connector.ts';
import { boundsOf } from './server-bounds.ts';
import type { ServersOptions } from './servers.ts';

type Reaching = Pick<ServersOptions, 'runFolder' | 'edge' | 'sandbox' | 'contents' | 'proof'>;

/** How a server is reached: by its program, over HTTP, through the edge, or not at all as text. */
export function upstreamOf(config: ServerConfig, options: Reaching): Upstream {
  const { runFolder, edge, sandbox } = options;
  const { name, url, credential, transport, manifest } = config;
  const skill = config.add_on?.skill;
  if (skill !== undefined) return skillUpstream(skill());
  if (config.connector !== undefined) {
    return upstreamOfConnector({ ...config, connector: config.connector });
  }
  const bounds = boundsOf(config);
  if (url !== undefined) {
    const send = credential === undefined ? {} : { send: edgeSend(edge, name, proofFrom(options)) };
    return httpUpstream({ name, url, ...send, ...bounds, ...(transport ? { transport } : {}) });
  }
  return stdioUpstream({
    name: config.name,
    command: config.command ?? '',
    args: config.args ?? [],
    env: minimalEnvironment(process.env, config.env),
    recordFolder: runFolder,
    ...bounds,
    ...(manifest ? { manifest, launch: sandbox.launch } : {}),
  });
}
