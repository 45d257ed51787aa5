export {
  isWebContract,
  MOST_KEPT_BYTES,
  secretWebContract,
  WEB_SERVER,
  webContracts,
} from './web-contracts.ts';
export { type WebRequest, webRequestOf } from './web-request.ts';
