export {
  isOpenSsh,
  jwkOfSshPublic,
  publicKeyLine,
  readOpenSsh,
  type SshJwk,
  type SshPrivate,
  type SshPublic,
  sshPublicOf,
} from './keys.ts';
export {
  armoredSignature,
  isSshHash,
  isSshLogin,
  isSshMessage,
  loginBytes,
  messageBytes,
  readLogin,
  readMessage,
  type SshHash,
  type SshLogin,
  type SshMessage,
} from './signed-data.ts';
export {
  isSameBytes,
  SshFields,
  sshJoined,
  sshNumber,
  sshPositive,
  sshString,
} from './wire.ts';
