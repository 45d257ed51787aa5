export { GatewayNode } from './gateway-node.ts';
export { type Era, HttpPeer } from './http-peer.ts';
export { McpPeer, type Message } from './mcp-peer.ts';
export {
  type Answer,
  exited,
  type Launchers,
  makeHome,
  NodeProcess,
  OPEN_HTTP,
  PASSPHRASE,
} from './node-process.ts';
export { overChannel, SealedDomain } from './sealed-domain.ts';
export { WitnessProcess } from './witness-process.ts';
