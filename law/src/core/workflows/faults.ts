import type { CanonCode } from '@ioi/canon';

/** Why a workflow is refused, beyond what `parseStrict` refuses. Every fault is reported. */
export type WorkflowCode =
  | 'workflow.wrong_type'
  | 'workflow.missing_field'
  | 'workflow.unknown_field'
  | 'workflow.out_of_range'
  | 'workflow.duplicate_name'
  | 'workflow.reserved_name'
  | 'workflow.unknown_tool'
  | 'workflow.unknown_step'
  | 'workflow.unknown_port'
  | 'workflow.type_mismatch'
  | 'workflow.fed_twice'
  | 'workflow.not_fed'
  | 'workflow.budget_exceeds'
  | 'workflow.cycle'
  | 'workflow.unknown_task'
  | 'workflow.authority_exceeds'
  | 'workflow.schema_mismatch'
  | 'workflow.not_carried_out';

export type WorkflowTextCode = WorkflowCode | CanonCode;

/** `pointer`: RFC 6901, into the text. */
export type WorkflowFlaw = {
  readonly code: WorkflowTextCode;
  readonly pointer: string;
  readonly message: string;
};
