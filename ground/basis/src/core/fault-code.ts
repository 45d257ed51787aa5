const DOTTED = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/;

/** The dotted code that a fault carries; `otherwise` for those of the platform, which have none. */
export function faultCode(fault: unknown, otherwise: string): string {
  const code = fault instanceof Error && 'code' in fault ? fault.code : undefined;
  return typeof code === 'string' && DOTTED.test(code) ? code : otherwise;
}
