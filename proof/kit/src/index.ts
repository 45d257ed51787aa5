export { ClusterWriter } from './cluster-writer.ts';
export { IOI } from './command.ts';
export { enrolDevice, inviteDevice, openListener } from './device.ts';
export { GatewayNode, policyFor } from './gateway-node.ts';
export { type Era, HttpPeer } from './http-peer.ts';
export { type Answers, canWall, Machine, type Ran } from './machine.ts';
export { McpPeer, type Message } from './mcp-peer.ts';
export {
  type Answer,
  activationOf,
  ask,
  exited,
  type Launchers,
  makeHome,
  NodeProcess,
  OPEN_HTTP,
  PASSPHRASE,
} from './node-process.ts';
export { DEVICE_NAME, findChromium, Person, startBrowser } from './page-browser.ts';
export { overChannel, SealedDomain } from './sealed-domain.ts';
export { SupervisedNode } from './supervised-node.ts';
export type { Waiting } from './waiting.ts';
export { WitnessProcess } from './witness-process.ts';
