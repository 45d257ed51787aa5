export {
  isWebContract,
  MOST_KEPT_BYTES,
  PUSH_PROBE_TOOL,
  PUSH_TOOL,
  SOCKET_TOOL,
  secretWebContract,
  WEB_SERVER,
  webContracts,
  webMethodOf,
} from './web-contracts.ts';
export { type WebRequest, webRequestOf } from './web-request.ts';
