export { type Certifying, type Issuer, issueCertificate } from './issue-certificate.ts';
export {
  connectPinned,
  groupOf,
  keyHashOf,
  listenPinned,
  pinnedTls,
  type TlsGroup,
  type TlsIdentity,
  type TlsKeyHash,
  tlsGroup,
  tlsIdentity,
} from './pinned-tls.ts';
