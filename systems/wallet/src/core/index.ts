export {
  admit,
  type Header,
  type Outgoing,
  readTargets,
  type Target,
  type Wanted,
} from './admit.ts';
export { type Credential, readCredential } from './credential.ts';
export { type Grant, type GrantClient, isStale, secretsOf } from './grant.ts';
export { Redactor } from './redact.ts';
export { type EdgeRefusal, unsent } from './refusal.ts';
export { returnedHeaders } from './returned.ts';
