export { contentKeys, type ForgottenHead, type HoldHead } from './heads.ts';
export { FORGET_OPERATION } from './module.ts';
export type { ContentEvent } from './operations.ts';
export {
  type ContentReference,
  contentsIn,
  REFERENCE_MARK,
  referenceIn,
  revealed,
  SALT_DIGITS,
  saltedText,
  unsaltedText,
} from './reference.ts';
