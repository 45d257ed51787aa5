const CLASS = /^[A-Z][A-Za-z0-9]{0,63}$/;
const PLAIN_ID = /^[\x20-\x7e]{1,512}$/;
const CONTROL = /\p{Cc}/u;
const MAX_ID_LENGTH = 512;

export function isObjectClass(value: unknown): value is string {
  return typeof value === 'string' && CLASS.test(value);
}

/** 1..512 characters in NFC, none of them a control character. */
export function isObjectId(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  if (PLAIN_ID.test(value)) return true;
  const length = [...value.slice(0, 2 * MAX_ID_LENGTH + 1)].length;
  if (length < 1 || length > MAX_ID_LENGTH || CONTROL.test(value)) return false;
  return value.isWellFormed() && value.normalize('NFC') === value;
}
