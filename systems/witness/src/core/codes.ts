/** Why a witness does not cosign, in order of precedence, with the status C2SP gives it. */
export const refusals = [
  { code: 'witness.malformed', status: 400 },
  { code: 'witness.unknown_log', status: 404 },
  { code: 'witness.not_signed', status: 403 },
  { code: 'witness.bad_old_size', status: 400 },
  { code: 'witness.other_size', status: 409 },
  { code: 'witness.other_root', status: 409 },
  { code: 'witness.inconsistent', status: 422 },
] as const;

export type WitnessCode = (typeof refusals)[number]['code'];

export type WitnessRefusal = {
  readonly code: WitnessCode;
  readonly message: string;
  /** Size of what this witness cosigned last, where that is the answer. */
  readonly size?: number;
};

export function statusOf(code: WitnessCode): number {
  return refusals.find((each) => each.code === code)?.status ?? 400;
}
