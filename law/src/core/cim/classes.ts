/** What the detectors know, in the order findings are listed. */
export const piiClasses = [
  'private_key',
  'api_key',
  'jwt',
  'generic_secret',
  'card_pan',
  'iban',
  'ssn',
  'email',
  'phone',
  'ip_address',
] as const;

export type PiiClass = (typeof piiClasses)[number];

/** From the least to the most severe. */
export const severities = ['low', 'moderate', 'severe', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** From the least to the most certain. */
export const confidences = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof confidences)[number];

const SEVERITIES: Readonly<Record<PiiClass, Severity>> = {
  private_key: 'critical',
  api_key: 'critical',
  jwt: 'critical',
  generic_secret: 'critical',
  card_pan: 'severe',
  iban: 'severe',
  ssn: 'severe',
  email: 'moderate',
  phone: 'moderate',
  ip_address: 'low',
};

export function severityOf(piiClass: PiiClass): Severity {
  return SEVERITIES[piiClass];
}

/** Whether `name` is a class; names come from policies and operations. */
export function isPiiClass(name: unknown): name is PiiClass {
  return piiClasses.some((each) => each === name);
}

/** The more severe class first, then the order of `piiClasses`. */
export function compareClasses(left: PiiClass, right: PiiClass): number {
  return piiClasses.indexOf(left) - piiClasses.indexOf(right);
}
