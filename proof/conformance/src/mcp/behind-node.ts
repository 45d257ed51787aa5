import { GatewayNode } from '@ioi/kit';

/**
 * A node with one server behind it whose tools have no effects, which is what their contracts say:
 * of a tool that may have had one, an error is more than the server's words.
 */
export function behindNode(
  name: string,
  url: string,
  asked: readonly string[] = [],
): Promise<GatewayNode> {
  return GatewayNode.start([{ name, url }], {
    asked,
    judge: (drafted) => ({ ...drafted, effect: 'read', risk_class: 'low' }),
  });
}
