export { type Certifying, type Issuer, issueCertificate } from './issue-certificate.ts';
export {
  connectPinned,
  groupOf,
  listenPinned,
  type TlsGroup,
  type TlsIdentity,
  type TlsKeyHash,
  tlsGroup,
  tlsIdentity,
} from './pinned-tls.ts';
