export { timestampRequest } from '../../core/timestamp/request.ts';
export { freshNonce } from './fresh-nonce.ts';
export {
  type TimestampDemand,
  trustedCertificates,
  type VerifiedTimestamp,
  verifyTimestamp,
} from './verify-timestamp.ts';
