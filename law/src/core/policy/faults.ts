import type { CanonCode } from '@ioi/canon';

/**
 * Why an authored policy is refused, beyond what `parseStrict` refuses. Every fault is reported;
 * the order here is the order of the checks on one value.
 */
export type PolicyCode =
  | 'policy.wrong_type'
  | 'policy.missing_field'
  | 'policy.unknown_field'
  | 'policy.unknown_condition'
  | 'policy.unknown_action'
  | 'policy.out_of_range'
  | 'policy.not_default_deny'
  | 'policy.unknown_mode'
  | 'policy.invalid_target'
  | 'policy.deprecated_target'
  | 'policy.capability_uri'
  | 'policy.invalid_host'
  | 'policy.invalid_address'
  | 'policy.invalid_command'
  | 'policy.invalid_context'
  | 'policy.invalid_method'
  | 'policy.invalid_path'
  | 'policy.invalid_pattern'
  | 'policy.invalid_port'
  | 'policy.invalid_protocol'
  | 'policy.invalid_amount'
  | 'policy.invalid_rate'
  | 'policy.invalid_time'
  | 'policy.unknown_origin'
  | 'policy.invalid_label'
  | 'policy.conflicting_alias'
  | 'policy.condition_not_for_action'
  | 'policy.duplicate_rule_id'
  | 'policy.invalid_class'
  | 'policy.invalid_capability'
  | 'policy.duplicate_egress'
  | 'policy.too_many_windows'
  | 'policy.invalid_example'
  | 'policy.too_many_errors';

export type PolicyFault = {
  readonly code: PolicyCode | CanonCode;
  /** RFC 6901, into the authored text. */
  readonly pointer: string;
  readonly message: string;
  /** What the author probably meant. */
  readonly hint?: string;
};

/** `line` and `column` count from 1; columns in UTF-16 code units. */
export type PolicyError = PolicyFault & { readonly line: number; readonly column: number };

const MOST_FAULTS = 1000;

/** Collects every fault of a text, up to a bound that keeps a hostile file from filling memory. */
export class FaultList {
  readonly #faults: PolicyFault[] = [];

  get isEmpty(): boolean {
    return this.#faults.length === 0;
  }

  get all(): readonly PolicyFault[] {
    return this.#faults;
  }

  add(fault: PolicyFault): undefined {
    if (this.#faults.length < MOST_FAULTS) this.#faults.push(fault);
    else if (this.#faults.length === MOST_FAULTS) {
      const message = `more than ${MOST_FAULTS} errors; the rest is not listed`;
      this.#faults.push({ code: 'policy.too_many_errors', pointer: '', message });
    }
    return undefined;
  }
}
