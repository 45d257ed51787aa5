import type { NodeProcess } from '@ioi/kit';
import type { World } from './world.ts';

const CALLERS = 4;

/** Calls until the server has sent that many frames ahead of its answers; returns what ended. */
export async function framesFromUpstream(world: World, frames: number): Promise<string[]> {
  let calls = 0;
  const caller = async (): Promise<void> => {
    const peer = world.node.connectMcp();
    await peer.initialize();
    while (world.noise() < frames) {
      calls += 1;
      await peer.call('append', { id: String(calls) });
    }
    peer.close();
  };
  try {
    await Promise.all(Array.from({ length: CALLERS }, caller));
    return [];
  } catch (fault) {
    return [`after ${world.noise()} frames: ${String(fault)} ${await isThere(world.node)}`];
  }
}

async function isThere(node: NodeProcess): Promise<string> {
  const answer = await node.api('GET', '/v1/status').catch(() => undefined);
  return answer?.status === 200 ? 'the node answers' : 'the node does not answer';
}
