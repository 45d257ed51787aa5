export { isDeviceHost } from './device-host.ts';
export {
  linkProofBytes,
  MOST_RELAY_BYTES,
  type NodeSays,
  nodeSaysIn,
  type RelaySays,
  relayFrame,
  relaySaysIn,
} from './messages.ts';
export { type RelayAddress, relayAddressIn } from './relay-address.ts';
