export {
  admit,
  type Header,
  type Outgoing,
  readTargets,
  type Target,
  type Wanted,
} from './admit.ts';
export { authenticated, type ClientAuth } from './client-auth.ts';
export { type Credential, readCredential } from './credential.ts';
export { addressOf, signTransaction, transactionOf } from './evm.ts';
export { formsOf } from './forms.ts';
export { type Grant, type GrantClient, isStale, readGrant, secretsOf } from './grant.ts';
export {
  type CheckedInvocation,
  type Checking,
  checkInvocation,
  ENFORCED_BOUNDS,
  type Invocation,
  unsealed,
} from './invocation.ts';
export { checkModelInvocation, type ModelInvocation } from './model-invocation.ts';
export { Redactor } from './redact.ts';
export { type EdgeRefusal, unsent } from './refusal.ts';
export { returnedHeaders } from './returned.ts';
export { scrub } from './scrub.ts';
export { authorise, type LeasedSecret, type Unsigned } from './sealed-credential.ts';
export {
  agreeing,
  type CheckingMessages,
  checkMessage,
  isProof,
  type MessageProof,
  type Posted,
} from './sealed-message.ts';
export { type SshRequest, sshRequestOf } from './ssh-request.ts';
export {
  type CheckedWeb,
  checkWebInvocation,
  placeholderOf,
  type WebChecking,
  type WebInvocation,
} from './web-invocation.ts';
