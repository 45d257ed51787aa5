/** One step of an RFC 6901 JSON pointer, escaped as its section 3 says. */
export function pointerStep(step: string | number): string {
  return `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
