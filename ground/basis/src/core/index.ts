export {
  decodeBase64,
  decodeHex,
  decodeUtf8,
  encodeBase64,
  encodeHex,
  encodeUtf8,
  type ParsedUrl,
  parseUrl,
} from '#platform';
export { AssertionFault, assert, unreachable } from './assert.ts';
export { BoundedMap } from './bounded-map.ts';
export type { Brand } from './brand.ts';
export { faultCode } from './fault-code.ts';
export { neverConnected } from './never-connected.ts';
export { Pace } from './pace.ts';
export { finish, type Pausing } from './pausing.ts';
export { err, ok, type Result } from './result.ts';
export { type SecureUrl, secureUrl } from './secure-url.ts';
export { type SeededRandom, seededRandom } from './seeded-random.ts';
export { type SshOrigin, sshOrigin } from './ssh-origin.ts';
export { formatUint64 } from './uint64.ts';
export { utcText } from './utc-text.ts';
