export { contentKeys, type ForgottenHead, type HoldHead } from './heads.ts';
export { FORGET_OPERATION } from './module.ts';
export type { ContentEvent } from './operations.ts';
export {
  type ContentReference,
  contentsIn,
  holdsStream,
  REFERENCE_MARK,
  referenceIn,
  revealed,
  SALT_DIGITS,
  STREAM_MARK,
  type StreamReference,
  saltedText,
  streamIn,
  unsaltedText,
} from './reference.ts';
